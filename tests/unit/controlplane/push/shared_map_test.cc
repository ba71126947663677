#include "controlplane/push/shared_map.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Map = SharedMap<int>;

void set(const std::string& key, int value, Map* map) {
  map->set(key, std::make_shared<const int>(value));
}

std::vector<std::pair<std::string, int>> all_of(const Map& map) {
  std::vector<std::pair<std::string, int>> all;
  map.for_each([&](const std::string& key, int value) {
    all.emplace_back(key, value);
    return true;
  });
  return all;
}

// "1->2", "->3", "4->"
std::vector<std::string> between(const Map& before, const Map& after) {
  std::vector<std::string> all;
  Map::compare(before, after, [&](const int* left, const int* right) {
    all.push_back((left == nullptr ? "" : std::to_string(*left)) + "->" +
                  (right == nullptr ? "" : std::to_string(*right)));
    return true;
  });
  return all;
}

TEST(SharedMap, HoldsKeysInOrder) {
  Map map;
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.find("a"), nullptr);
  map.erase("a");
  set("b", 2, &map);
  set("a", 1, &map);
  set("c", 3, &map);
  set("b", 4, &map);
  EXPECT_THAT(all_of(map), ElementsAre(std::pair("a", 1), std::pair("b", 4), std::pair("c", 3)));
  EXPECT_EQ(map.size(), 3u);
  EXPECT_EQ(*map.find("b"), 4);
  map.erase("b");
  EXPECT_EQ(map.find("b"), nullptr);
  EXPECT_EQ(map.size(), 2u);
}

TEST(SharedMap, LeavesCopiesAsTheyWere) {
  Map map;
  set("a", 1, &map);
  const Map before = map;
  EXPECT_TRUE(map.is(before));
  map.set("a", before.find("a"));
  EXPECT_TRUE(map.is(before));
  set("a", 2, &map);
  set("b", 3, &map);
  EXPECT_FALSE(map.is(before));
  EXPECT_THAT(all_of(before), ElementsAre(std::pair("a", 1)));
}

TEST(SharedMap, TellsWhatDiffersInOrder) {
  Map before;
  set("a", 1, &before);
  set("b", 2, &before);
  set("c", 3, &before);
  Map after = before;
  EXPECT_THAT(between(before, after), IsEmpty());
  set("d", 4, &after);
  set("b", 5, &after);
  after.erase("a");
  EXPECT_THAT(between(before, after), ElementsAre("1->", "2->5", "->4"));
  EXPECT_THAT(between(after, before), ElementsAre("->1", "5->2", "4->"));
  EXPECT_THAT(between({}, before), ElementsAre("->1", "->2", "->3"));
}

TEST(SharedMap, StopsWhenItIsTold) {
  Map map;
  for (int i = 0; i < 10; ++i) set(absl::StrCat(i), i, &map);
  int visited = 0;
  EXPECT_FALSE(map.for_each([&](const std::string&, int) { return ++visited < 3; }));
  EXPECT_EQ(visited, 3);
  EXPECT_FALSE(Map::compare({}, map, [&](const int*, const int*) { return ++visited < 5; }));
  EXPECT_EQ(visited, 5);
}

// Of ten thousand keys a hundred change: against std::map, in every direction.
TEST(SharedMap, AgreesWithAPlainMap) {
  Map map;
  std::map<std::string, int> plain;
  for (int i = 0; i < 10'000; ++i) {
    set(absl::StrCat(i * 7919 % 10'000), i, &map);
    plain[absl::StrCat(i * 7919 % 10'000)] = i;
  }
  const Map before = map;
  std::vector<std::string> expected;
  std::map<std::string, int> changed = plain;
  for (int i = 0; i < 100; ++i) {
    const std::string key = absl::StrCat(i * 104729 % 15'000);
    if (i % 2 == 0) {
      map.erase(key);
      changed.erase(key);
    } else {
      set(key, -i, &map);
      changed[key] = -i;
    }
  }
  std::size_t differences = 0;
  for (const auto& [key, value] : plain) {
    const auto now = changed.find(key);
    if (now == changed.end() || now->second != value) ++differences;
  }
  for (const auto& [key, value] : changed) {
    if (!plain.contains(key)) ++differences;
  }
  EXPECT_THAT(all_of(map), testing::ElementsAreArray(changed.begin(), changed.end()));
  EXPECT_EQ(between(before, map).size(), differences);
  EXPECT_EQ(between(map, before).size(), differences);
  EXPECT_EQ(map.size(), changed.size());
}

}  // namespace
}  // namespace portico
