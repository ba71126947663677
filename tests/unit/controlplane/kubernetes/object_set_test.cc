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

// A manifest's author must not paint on the terminal of who reads the fault.
TEST(ObjectFault, ShowsControlCharactersAndDoesNotSendThem) {
  EXPECT_EQ((ObjectFault{"a.yaml:1", "Service default/w\x1b[2J", "metadata.annotations.a\nb",
                         "\"\xc2\x9b"
                         "31m\x7f \xc3\xa9\" is wrong"})
                .to_string(),
            "a.yaml:1: Service default/w\\x1b[2J: metadata.annotations.a\\x0ab: "
            "\"\\x9b31m\\x7f \xc3\xa9\" is wrong");
}

}  // namespace
}  // namespace portico
