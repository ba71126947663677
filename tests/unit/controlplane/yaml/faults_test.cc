#include "controlplane/yaml/faults.h"

#include <gtest/gtest.h>

namespace portico {
namespace {

TEST(Faults, TellFileLineFieldAndMessage) {
  Faults faults("porticod.yaml");
  EXPECT_TRUE(faults.status().ok());
  faults.add({12, 5}, "ports[0].mtu", "must be at least 1280");
  EXPECT_EQ(faults.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(faults.status().message(), "porticod.yaml:12: ports[0].mtu: must be at least 1280");
}

TEST(Faults, StandInTheOrderOfTheFile) {
  Faults faults("f");
  faults.add({7, 1}, "b", "second");
  faults.add({7, 9}, "c", "third");
  faults.add({2, 1}, "a", "first");
  faults.add({}, "", "as a whole");
  EXPECT_EQ(faults.to_string(), "f: as a whole\nf:2: a: first\nf:7: b: second\nf:7: c: third");
}

TEST(Faults, AreKeptUpToABoundAndCountedBeyond) {
  Faults faults("f");
  for (int i = 0; i < 250; ++i) faults.add({1, 1}, "x", "bad");
  EXPECT_EQ(faults.count(), 250u);
  EXPECT_EQ(faults.kept().size(), Faults::kMaxKept);
  EXPECT_NE(faults.to_string().find("f: and 150 more faults"), std::string::npos);
}

TEST(Faults, KeepToOneLineWhateverTheFileSays) {
  Faults faults("f");
  faults.add({1, 1}, "a\nb", "\x1b[31m not \"x\" \xc3\xa9\x7f");
  EXPECT_EQ(faults.to_string(), "f:1: a\\x0ab: \\x1b[31m not \"x\" \xc3\xa9\\x7f");
}

TEST(Faults, CutWhatIsLongBetweenCharacters) {
  Faults faults("f");
  std::string text = "x";
  for (int i = 0; i < 1000; ++i) text += "\xc3\xa9";
  faults.add({1, 1}, "", text);
  const std::string message = faults.kept()[0].message;
  EXPECT_EQ(message.size(), 501u + 3u);
  EXPECT_EQ(message.substr(499), "\xc3\xa9...");
}

TEST(YamlLocations, FallBackToTheNearestParent) {
  YamlLocations locations;
  locations.add("", {1, 1});
  locations.add("ports", {3, 1});
  locations.add("ports[1]", {9, 5});
  locations.add("ports[1].mtu", {11, 10});
  EXPECT_EQ(locations.find("ports[1].mtu").line, 11);
  EXPECT_EQ(locations.find("ports[1].vlan").line, 9);
  EXPECT_EQ(locations.find("ports[1].addresses[0]").line, 9);
  EXPECT_EQ(locations.find("ports[7].mtu").line, 3);
  EXPECT_EQ(locations.find("snat").line, 1);
  EXPECT_EQ(YamlLocations().find("snat").line, 0);
}

}  // namespace
}  // namespace portico
