#include "controlplane/watch/partial_object.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/unit/controlplane/watch/wire.h"

namespace portico {
namespace {

constexpr char kItem[] =
    R"({"kind":"Service","metadata":{"name":"web","namespace":"shop","ownerReferences":[{"name":)"
    R"("x","namespace":"y"}],"labels":{"name":"z"}},"spec":{"metadata":{"name":"no"},"ports":7}})";
const std::string kWireItem = wire::field(1, wire::metadata("web", "7")) + wire::field(2, "\xff");

std::string key_of(const PartialObject& object) {
  return object.metadata.namespace_() + "/" + object.metadata.name();
}

TEST(PartialObject, IsNamedByWhatCanBeFound) {
  EXPECT_EQ(key_of(find_partial_item(Encoding::kJson, kItem)), "shop/web");
  EXPECT_EQ(key_of(find_partial_item(Encoding::kProtobuf, kWireItem)), "shop/web");
  EXPECT_EQ(key_of(find_partial_item(Encoding::kJson, R"({"metadata":{"name":"n1"},"spec":)")),
            "/n1");
  EXPECT_EQ(key_of(find_partial_item(Encoding::kProtobuf, wire::field(1, wire::field(1, "n1")))),
            "/n1");
  for (const char* none : {R"([])", R"({"metadata":7})", R"({"metadata":{"name":{}}})", ""}) {
    EXPECT_EQ(key_of(find_partial_item(Encoding::kJson, none)), "/") << none;
    EXPECT_EQ(key_of(find_partial_item(Encoding::kProtobuf, none)), "/") << none;
  }
}

// Half a name would be another object's.
TEST(PartialObject, IsNeverNamedWrongly) {
  const std::string json = absl::StrCat(R"({"type":"DELETED","object":)", kItem, "}");
  const std::string protobuf =
      wire::event("DELETED", wire::envelope("v1", "Service", kWireItem)).substr(4);
  for (const auto& [encoding, event] :
       {std::pair(Encoding::kJson, json), std::pair(Encoding::kProtobuf, protobuf)}) {
    int named = 0;
    for (std::size_t size = 0; size <= event.size(); ++size) {
      const PartialObject object = find_partial_event(encoding, event.substr(0, size));
      if (object.metadata.name().empty()) {
        EXPECT_EQ(named, 0);
        continue;
      }
      ++named;
      EXPECT_EQ(key_of(object), "shop/web") << size;
      EXPECT_EQ(object.event_type, "DELETED");
    }
    EXPECT_GT(named, 1);
  }
}

}  // namespace
}  // namespace portico
