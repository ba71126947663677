#include "dataplane/state/maglev.h"

#include <gtest/gtest.h>

namespace portico {
namespace {

std::vector<std::string> by_name(const std::vector<std::uint16_t>& table,
                                 const std::vector<std::string>& names) {
  std::vector<std::string> result;
  for (const std::uint16_t index : table) result.push_back(names[index]);
  return result;
}

TEST(Maglev, NoEndpointsNoTable) {
  EXPECT_TRUE(build_maglev({}, 251).empty());
}

TEST(Maglev, OneEndpointHasAllPlaces) {
  EXPECT_EQ(build_maglev({"pod"}, 251), std::vector<std::uint16_t>(251, 0));
}

TEST(Maglev, OrderOfTheNamesDoesNotMatter) {
  const std::vector<std::string> one = {"a", "b", "c", "d"};
  const std::vector<std::string> other = {"c", "a", "d", "b"};
  EXPECT_EQ(by_name(build_maglev(one, 1021), one), by_name(build_maglev(other, 1021), other));
}

// The paper's own example (section 3.4, table 1) can't be built, as its hashes are not given; but
// with more endpoints than places the first in the order of names have one place each.
TEST(Maglev, MoreEndpointsThanPlaces) {
  std::vector<std::string> names;
  for (char c = 'a'; c <= 'z'; ++c) names.emplace_back(1, c);
  std::vector<int> places(names.size());
  for (const std::uint16_t index : build_maglev(names, 7)) ++places[index];
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(places[i], i < 7 ? 1 : 0);
}

// What every gateway of every release must agree on. Computed by an independent implementation of
// section 3.4 in Python with the hash that maglev.cc describes.
TEST(Maglev, TableIsTheSameEverywhere) {
  EXPECT_EQ(build_maglev({"a", "b", "c"}, 13),
            std::vector<std::uint16_t>({0, 1, 1, 2, 0, 2, 1, 2, 1, 0, 2, 0, 0}));
}

TEST(Maglev, SizeIsAHundredTimesTheEndpoints) {
  EXPECT_EQ(maglev_size(0), 251);
  EXPECT_EQ(maglev_size(2), 251);
  EXPECT_EQ(maglev_size(3), 1021);
  EXPECT_EQ(maglev_size(10), 1021);
  EXPECT_EQ(maglev_size(40), 4093);
  EXPECT_EQ(maglev_size(41), 16381);
  EXPECT_EQ(maglev_size(163), 16381);
  EXPECT_EQ(maglev_size(164), 65521);
  EXPECT_EQ(maglev_size(5000), 65521);
}

}  // namespace
}  // namespace portico
