// Streaming lists: KEP-3157.

#include <string>
#include <utility>

#include "tests/unit/controlplane/watch/reflector_harness.h"

namespace portico {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ReflectorStream : public ReflectorTest {
 protected:
  void stream() {
    make(true);
    target = request();
    head(200);
  }
  std::string target;
};

TEST_F(ReflectorStream, IsAListAndThenAWatch) {
  stream();
  EXPECT_THAT(target,
              StartsWith("/api/v1/services?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&"
                         "resourceVersionMatch=NotOlderThan&timeoutSeconds=300&"));
  EXPECT_EQ(version_of(target), "");
  data(event("ADDED", {"a", "1"}) + event("ADDED", {"b", "2"}));
  data(event("DELETED", {"b", "9"}) + bookmark("9"));
  EXPECT_EQ(sink.lists, 0);
  EXPECT_FALSE(statistics.synced);
  data(bookmark("10", true));
  EXPECT_EQ(sink.lists, 1);
  EXPECT_TRUE(statistics.synced);
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "1"}}));
  data(event("ADDED", {"c", "11"}));
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "1"}, {"shop/c", "11"}}));
  EXPECT_EQ(step(), "330000");
  end();
  target = request();
  EXPECT_THAT(target, Not(HasSubstr("sendInitialEvents")));
  EXPECT_EQ(version_of(target), "11");
}

TEST_F(ReflectorStream, LeavesWhatWasThereUntilItIsComplete) {
  stream();
  data(event("ADDED", {"a", "1"}) + bookmark("10", true));
  data(error_event(410, "Expired"));
  EXPECT_EQ(step(), "cancel");
  target = request();
  EXPECT_THAT(target, HasSubstr("sendInitialEvents=true"));
  EXPECT_EQ(version_of(target), "10");
  head(200);
  data(event("ADDED", {"b", "12"}));
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "1"}}));
  data(bookmark("12", true));
  EXPECT_EQ(sink.objects, (Objects{{"shop/b", "12"}}));
}

TEST_F(ReflectorStream, IsAListWhereTheServerHasNone) {
  for (const auto& [code, reason] : {std::pair(422, "Invalid"), std::pair(403, "Forbidden"),
                                     std::pair(415, "UnsupportedMediaType")}) {
    make(true);
    request();
    statistics = {};
    answer(code, status(code, reason));
    expect_told(absl::StrCat("the API server does not stream lists of services: asking for lists (",
                             code, " ", reason, ": for a reason)"));
    EXPECT_THAT(request(), HasSubstr("/api/v1/services?limit=500&resourceVersion=0"));
    answer(200, list("10", {{"a", "1"}}));
    request();
    head(200);
    data(error_event(410, "Expired"));
    step();
    EXPECT_THAT(request(), Not(HasSubstr("sendInitialEvents")));  // for good
    sink.warnings.clear();
  }
}

// What Kubernetes 1.20 says to all that is new to it, one after the other.
TEST_F(ReflectorStream, IsAListWithoutAFieldSelectorForAnOlderServer) {
  make(true);
  request();
  answer(400, status(400, "BadRequest"));
  target = request();
  EXPECT_THAT(target, HasSubstr("sendInitialEvents"));
  EXPECT_THAT(target, Not(HasSubstr("fieldSelector")));
  answer(422, status(422, "Invalid"));
  target = request();
  EXPECT_THAT(target, EndsWith("?limit=500&resourceVersion=0&"
                               "labelSelector=%21service.kubernetes.io%2Fservice-proxy-name"));
}

TEST_F(ReflectorStream, IsAListWhenItsEndDoesNotCome) {
  stream();
  data(event("ADDED", {"a", "1"}));
  pass(seconds(60));
  EXPECT_EQ(step(), "cancel");
  EXPECT_THAT(request(), HasSubstr("limit=500&resourceVersion=0"));
  stream();
  data(event("ADDED", {"a", "1"}));
  end();
  EXPECT_THAT(request(), HasSubstr("limit=500&resourceVersion=0"));
  EXPECT_EQ(sink.lists, 0);
}

TEST_F(ReflectorStream, IsAListWhenItsEndHasNoVersion) {
  stream();
  data(event("ADDED", {"a", "1"}) + bookmark("", true));
  EXPECT_EQ(step(), "cancel");
  EXPECT_EQ(sink.lists, 0);
  EXPECT_EQ(statistics.failures, 1u);
  pass(milliseconds(800));
  target = request();
  EXPECT_THAT(target, HasSubstr("limit=500&resourceVersion=0"));
  EXPECT_THAT(target, Not(HasSubstr("sendInitialEvents")));
}

TEST_F(ReflectorStream, IsTriedAgainWhenTheConnectionIsLost) {
  stream();
  data(event("ADDED", {"gone", "1"}));
  end(absl::UnavailableError("connection reset"));
  EXPECT_EQ(step(), "800");
  pass(milliseconds(800));
  EXPECT_THAT(request(), HasSubstr("sendInitialEvents=true"));
  head(200);
  data(event("ADDED", {"a", "1"}) + bookmark("10", true));
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "1"}}));
}

TEST_F(ReflectorStream, OfTheNewestWhenTheVersionIsGone) {
  stream();
  data(bookmark("10", true));
  data(error_event(410, "Expired"));
  step();
  EXPECT_EQ(version_of(request()), "10");
  answer(504, status(504, "Timeout", R"({"causes":[{"reason":"ResourceVersionTooLarge"}]})"));
  target = request();
  EXPECT_THAT(target, HasSubstr("sendInitialEvents=true"));
  EXPECT_EQ(version_of(target), "");
}

}  // namespace
}  // namespace portico
