#include "controlplane/kubernetes/object_set.h"

#include "gtest/gtest.h"

namespace portico {
namespace {

TEST(ObjectPlace, NamesTheLineOfAField) {
  const ObjectPlace place("web.yaml", 3,
                          [](absl::string_view field) { return field == "spec" ? 9 : 0; });
  EXPECT_EQ(place.at(""), "web.yaml:3");
  EXPECT_EQ(place.at("spec"), "web.yaml:9");
  EXPECT_EQ(place.at("status"), "web.yaml:3");
  EXPECT_EQ(ObjectPlace("web.yaml", 0, nullptr).at("spec"), "web.yaml");
  EXPECT_EQ(ObjectPlace().at("spec"), "");
}

TEST(ObjectFault, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ((ObjectFault{"a.yaml:1", "Service default/web", "spec.type", "is wrong"}).to_string(),
            "a.yaml:1: Service default/web: spec.type: is wrong");
  EXPECT_EQ((ObjectFault{"", "Node w", "", "is wrong"}).to_string(), "Node w: is wrong");
}

}  // namespace
}  // namespace portico
