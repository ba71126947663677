#include "controlplane/watch/collection.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CollectionTest : public testing::Test {
 protected:
  void set(const std::string& name, const std::string& version) {
    auto node = std::make_unique<kubernetes::Node>();
    node->mutable_metadata()->set_name(name);
    node->mutable_metadata()->set_resource_version(version);
    nodes.set(std::move(node));
  }
  void erase(const std::string& name) {
    kubernetes::ObjectMeta metadata;
    metadata.set_name(name);
    nodes.erase(metadata);
  }
  void list(const std::vector<std::pair<std::string, std::string>>& objects) {
    nodes.begin_list();
    for (const auto& [name, version] : objects) set(name, version);
    nodes.end_list();
  }
  // "+a@1" for what is set, "-a" for what is deleted.
  std::vector<std::string> changes() {
    std::vector<std::string> out;
    const KindUpdate<kubernetes::Node> update = nodes.take_changes();
    for (const auto& node : update.set) {
      out.push_back("+" + node->message.metadata().name() + "@" +
                    node->message.metadata().resource_version());
    }
    for (const ObjectKey& key : update.deleted) out.push_back("-" + key);
    std::sort(out.begin(), out.end());
    return out;
  }

  WatchStatistics statistics;
  Collection<kubernetes::Node> nodes{&statistics};
};

TEST_F(CollectionTest, HandsOnAChangeOnce) {
  list({{"a", "1"}, {"b", "2"}});
  EXPECT_THAT(changes(), ElementsAre("+a@1", "+b@2"));
  EXPECT_FALSE(nodes.has_changes());
  set("a", "3");
  set("a", "4");
  set("c", "5");
  erase("c");
  erase("b");
  set("d", "6");
  EXPECT_EQ(statistics.objects, 2u);
  EXPECT_THAT(changes(), ElementsAre("+a@4", "+d@6", "-b", "-c"));
  EXPECT_THAT(changes(), IsEmpty());
}

// The same name and another object: a Service deleted and made anew.
TEST_F(CollectionTest, TakesWhatWasDeletedAndMadeAnewForAChange) {
  list({{"a", "1"}});
  changes();
  erase("a");
  set("a", "7");
  EXPECT_THAT(changes(), ElementsAre("+a@7"));
}

TEST_F(CollectionTest, IsReplacedByAListAtOnce) {
  list({{"a", "1"}, {"b", "2"}, {"c", "3"}});
  changes();
  nodes.begin_list();
  set("gone", "9");
  nodes.begin_list();  // the list had to be made anew
  set("a", "1");
  set("b", "4");
  set("d", "5");
  erase("d");
  set("e", "6");
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_EQ(statistics.objects, 3u);
  nodes.end_list();
  EXPECT_THAT(changes(), ElementsAre("+b@4", "+e@6", "-c"));
  EXPECT_EQ(statistics.objects, 3u);
}

TEST_F(CollectionTest, IgnoresWhatItKnows) {
  list({{"a", "1"}});
  changes();
  set("a", "1");
  erase("b");
  EXPECT_FALSE(nodes.has_changes());
}

TEST_F(CollectionTest, CountsListsThatAreEmptyAllOfASudden) {
  list({});
  EXPECT_EQ(statistics.emptied, 0u);
  list({{"a", "1"}, {"b", "2"}});
  changes();
  list({});
  EXPECT_EQ(statistics.emptied, 1u);
  EXPECT_THAT(changes(), ElementsAre("-a", "-b"));
  list({});
  EXPECT_EQ(statistics.emptied, 1u);
}

TEST_F(CollectionTest, KeepsNoCopiesOfManifests) {
  auto node = std::make_unique<kubernetes::Node>();
  node->mutable_metadata()->set_name("a");
  auto& annotations = *node->mutable_metadata()->mutable_annotations();
  annotations["kubectl.kubernetes.io/last-applied-configuration"] = "{}";
  annotations["other"] = "x";
  nodes.set(std::move(node));
  const KindUpdate<kubernetes::Node> update = nodes.take_changes();
  EXPECT_EQ(update.set[0]->message.metadata().annotations().size(), 1u);
}

TEST_F(CollectionTest, KeepsWhatAListCannotTell) {
  const auto keep = [this](const std::string& name) {
    kubernetes::ObjectMeta metadata;
    metadata.set_name(name);
    nodes.keep(metadata);
  };
  list({{"a", "1"}, {"b", "2"}, {"c", "3"}});
  changes();
  nodes.begin_list();
  set("b", "4");
  for (const char* name : {"a", "b", "unknown"}) keep(name);
  nodes.end_list();
  EXPECT_THAT(changes(), ElementsAre("+b@4", "-c"));
  EXPECT_EQ(statistics.objects, 2u);
}

}  // namespace
}  // namespace portico
