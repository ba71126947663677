#include "controlplane/kubernetes/object_set.h"

#include <chrono>
#include <memory>

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

TEST(ObjectKey, IsTheNameInItsNamespace) {
  kubernetes::ObjectMeta metadata;
  metadata.set_name("web");
  EXPECT_EQ(key_of(metadata), "web");
  metadata.set_namespace_("default");
  EXPECT_EQ(key_of(metadata), "default/web");
  EXPECT_EQ(object_name("Service", metadata), "Service default/web");
}

TEST(ObjectUpdate, OfAWholeSetIsAReset) {
  ObjectSet objects;
  objects.nodes = {std::make_shared<const Sourced<kubernetes::Node>>()};
  const auto now = std::chrono::steady_clock::now();
  const ObjectUpdate update = reset_to(objects, now);
  EXPECT_TRUE(update.reset);
  EXPECT_EQ(update.nodes.set, objects.nodes);
  EXPECT_TRUE(update.services.empty());
  EXPECT_TRUE(update.endpoint_slices.empty());
  EXPECT_EQ(update.changed_at, now);
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
