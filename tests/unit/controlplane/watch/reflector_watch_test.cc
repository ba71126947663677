// Watches: Kubernetes' API concepts, "Efficient detection of changes".

#include <string>

#include "tests/unit/controlplane/watch/reflector_harness.h"
#include "tests/unit/controlplane/watch/wire.h"

namespace portico {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ReflectorWatch : public ReflectorTest {};

TEST_F(ReflectorWatch, AsksForBookmarksAndARandomEnd) {
  random = 0;
  make();
  request();
  answer(200, list("10", {}));
  EXPECT_THAT(request(), StartsWith("/api/v1/services?watch=1&allowWatchBookmarks=true&"
                                    "resourceVersion=10&timeoutSeconds=300&labelSelector=%21"));
  head(200);
  pass(seconds(300));
  end();
  random = 0.9999;
  EXPECT_THAT(request(), HasSubstr("timeoutSeconds=600&"));
}

TEST_F(ReflectorWatch, FollowsEvents) {
  watch();
  data(event("ADDED", {"c", "11"}) + event("MODIFIED", {"a", "12"}) +
       event("DELETED", {"b", "13"}));
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "12"}, {"shop/c", "11"}}));
  EXPECT_EQ(statistics.added, 1u);
  EXPECT_EQ(statistics.modified, 1u);
  EXPECT_EQ(statistics.deleted, 1u);
}

TEST_F(ReflectorWatch, TakesAddedForAnUpdateAndModifiedForANewOne) {
  watch();
  data(event("ADDED", {"a", "11"}) + event("MODIFIED", {"new", "12"}) +
       event("DELETED", {"x", "13"}));
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "11"}, {"shop/b", "2"}, {"shop/new", "12"}}));
}

TEST_F(ReflectorWatch, OfEventsCutAnywhere) {
  const std::string all = event("ADDED", {"c", "11"}) + event("DELETED", {"a", "12"}) +
                          bookmark("15") + event("MODIFIED", {"b", "16"});
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    watch();
    data(all.substr(0, cut));
    data(all.substr(cut));
    EXPECT_EQ(sink.objects, (Objects{{"shop/b", "16"}, {"shop/c", "11"}})) << cut;
    end();
    EXPECT_EQ(version_of(request()), "16");
  }
}

TEST_F(ReflectorWatch, OfProtobufCutAnywhere) {
  const auto frame = [](const char* type, const char* name, const char* version) {
    return wire::event(
        type, wire::envelope("v1", "Service", wire::field(1, wire::metadata(name, version))));
  };
  const std::string all =
      frame("ADDED", "c", "11") + frame("DELETED", "a", "12") + frame("MODIFIED", "b", "16");
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    make();
    request();
    answer(200, list("10", {{"a", "1"}, {"b", "2"}}));
    request();
    head(200, "application/vnd.kubernetes.protobuf;stream=watch");
    data(all.substr(0, cut));
    data(all.substr(cut));
    EXPECT_EQ(sink.objects, (Objects{{"shop/b", "16"}, {"shop/c", "11"}})) << cut;
  }
  EXPECT_EQ(statistics.decode_errors, 0u);
}

TEST_F(ReflectorWatch, GoesOnFromTheLastVersionWithoutAList) {
  watch();
  data(event("ADDED", {"c", "11"}));
  end();
  EXPECT_EQ(version_of(request()), "11");
  EXPECT_EQ(sink.lists, 1);
  EXPECT_EQ(statistics.failures, 0u);
}

// A server that goes away in order (GOAWAY, then the end of its streams): the same.
TEST_F(ReflectorWatch, GoesOnFromABookmarkAfterAnHourWithoutEvents) {
  watch();
  for (int minute = 1; minute <= 60; ++minute) {
    pass(seconds(60));
    data(bookmark(std::to_string(100 + minute)));
    if (minute % 5 != 0) continue;
    end();
    EXPECT_EQ(version_of(request()), std::to_string(100 + minute));
    head(200);
  }
  pass(seconds(2));
  end(absl::UnavailableError("connection reset"));
  EXPECT_EQ(version_of(request()), "160");
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "1"}, {"shop/b", "2"}}));
  EXPECT_EQ(statistics.bookmarks, 60u);
  EXPECT_EQ(sink.lists, 1);
}

TEST_F(ReflectorWatch, OfLessThanASecondWithoutAnEventIsAFailure) {
  watch();
  pass(milliseconds(999));
  end();
  EXPECT_EQ(step(), "800");
  EXPECT_THAT(sink.warnings.back(), HasSubstr("ended at once without an event"));
  pass(milliseconds(800));
  EXPECT_EQ(version_of(request()), "10");
  EXPECT_EQ(sink.lists, 1);
}

TEST_F(ReflectorWatch, GoesOnAtOnceWhenTheConnectionIsLost) {
  watch();
  data(event("ADDED", {"c", "11"}).substr(0, 30));
  pass(seconds(5));
  end(absl::UnavailableError("connection reset"));
  EXPECT_EQ(version_of(request()), "10");
  end(absl::UnavailableError("connection refused"));  // and then nobody is there
  EXPECT_EQ(step(), "800");
  pass(milliseconds(800));
  EXPECT_EQ(version_of(request()), "10");
  EXPECT_EQ(sink.lists, 1);
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "1"}, {"shop/b", "2"}}));
}

TEST_F(ReflectorWatch, IsDeadPastItsEnd) {
  watch();
  EXPECT_EQ(step(), "330000");
  pass(seconds(200));
  data(bookmark("20"));
  EXPECT_EQ(step(), "130000");
  pass(seconds(130));
  EXPECT_EQ(step(), "cancel");
  EXPECT_EQ(version_of(request()), "20");
  EXPECT_EQ(sink.lists, 1);
}

TEST_F(ReflectorWatch, ThatExpiresWhileItRunsMakesAList) {
  watch();
  data(error_event(410, "Expired"));
  data(event("ADDED", {"late", "99"}));  // of a stream that is over
  EXPECT_EQ(step(), "cancel");
  EXPECT_THAT(request(), Not(HasSubstr("watch=1")));
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "1"}, {"shop/b", "2"}}));
  EXPECT_EQ(statistics.errors, 1u);
}

TEST_F(ReflectorWatch, ThatExpiresWhenOpenedMakesAList) {
  watch();
  pass(seconds(400));
  end();
  request();
  answer(410, status(410, "Gone"));
  EXPECT_THAT(request(), HasSubstr("/api/v1/services?resourceVersion=10&"));
}

TEST_F(ReflectorWatch, ThatExpiresAgainAndAgainIsNoLoop) {
  watch();
  for (int i = 0; i < 3; ++i) {
    data(error_event(410, "Expired"));
    EXPECT_EQ(step(), "cancel");
    ASSERT_EQ(step(), "start") << i;
    answer(200, list("10", {}));
    ASSERT_EQ(step(), "start") << i;
    head(200);
  }
  for (int i = 0; i < 2; ++i) {
    data(error_event(410, "Expired"));
    step();
    request();
    answer(200, list("10", {}));
    request();
    head(200);
  }
  data(error_event(410, "Expired"));
  EXPECT_EQ(step(), "cancel");
  EXPECT_EQ(step(), "800");
}

TEST_F(ReflectorWatch, OfTooManyRequestsWaitsAndGoesOn) {
  watch();
  pass(seconds(400));
  end();
  request();
  answer(429, status(429, "TooManyRequests"), seconds(3));
  EXPECT_EQ(step(), "3000");
  pass(seconds(3));
  EXPECT_EQ(version_of(request()), "10");
  head(200);
  data(error_event(429, "TooManyRequests", R"({"retryAfterSeconds":4})"));
  EXPECT_EQ(step(), "cancel");
  EXPECT_EQ(step(), "4000");
  pass(seconds(4));
  EXPECT_THAT(request(), HasSubstr("watch=1"));
  EXPECT_EQ(sink.lists, 1);
}

TEST_F(ReflectorWatch, BearsTheServersFaultsForAMinute) {
  watch();
  data(error_event(500, "InternalError"));
  EXPECT_EQ(step(), "cancel");
  int watches = 0;
  for (; watches < 100; ++watches) {
    step();
    now = last.until;
    if (request().find("watch=1") == std::string::npos) break;
    answer(500, status(500, "InternalError"));
  }
  // They fail 0.8, 2.4, 5.6, 12, 24.8, 50.4 and 80.4 s after the first.
  EXPECT_EQ(watches, 7);
}

TEST_F(ReflectorWatch, OfAnotherErrorMakesAListAfterABackoff) {
  watch();
  data(error_event(422, "Invalid"));
  EXPECT_EQ(step(), "cancel");
  EXPECT_EQ(step(), "800");
  pass(milliseconds(800));
  EXPECT_THAT(request(), HasSubstr("/api/v1/services?resourceVersion=10"));
}

TEST_F(ReflectorWatch, SaysWhichRightIsMissing) {
  watch();
  pass(seconds(400));
  end();
  request();
  answer(403, status(403, "Forbidden"));
  EXPECT_THAT(sink.warnings.back(), HasSubstr("lacks the verb \"watch\" on services"));
  EXPECT_EQ(step(), "800");
  pass(milliseconds(800));
  EXPECT_THAT(request(), HasSubstr("watch=1"));
}

TEST_F(ReflectorWatch, PassesOverWhatCannotBeUnderstood) {
  watch();
  data(R"({"type":"ADDED","object":{"kind":"Table","apiVersion":"meta.k8s.io/v1"}})");
  data(R"({"type":"ADDED","object":{"kind":"Service","apiVersion":"v1","metadata":{}}})");
  data(R"({"type":"ADDED","object":{"kind":"Service","apiVersion":"v1","spec":7}})");
  data(R"({"type":"ADDED"})");
  data(event("RENAMED", {"a", "11"}));
  EXPECT_EQ(statistics.decode_errors, 5u);
  data(event("ADDED", {"c", "12"}));
  EXPECT_EQ(sink.objects.at("shop/c"), "12");
  EXPECT_EQ(step(), "330000");
}

TEST_F(ReflectorWatch, LeavesAndDeletesByNameWhatItCannotRead) {
  watch();  // a and b
  const std::string bad = R"({"kind":"Service","apiVersion":"v1","metadata":{"name":")";
  data(R"({"type":"MODIFIED","object":)" + bad + R"(a","namespace":"shop"},"spec":7}})");
  data(R"({"type":"DELETED","object":)" + bad + R"(b","namespace":"shop"},"spec":7}})");
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "1"}}));
  EXPECT_THAT(sink.warnings, testing::Each(HasSubstr("is passed over: spec: ")));
  EXPECT_THAT(sink.warnings.front(), HasSubstr("Service shop/a "));
}

TEST_F(ReflectorWatch, PassesOverWhatIsTooLarge) {
  watch();
  const std::string filling(std::size_t{9} << 20, 'x');
  data(R"({"type":"ADDED","object":{"x":")" + filling);
  data(filling + "\"}}");
  data(event("ADDED", {"c", "12"}));
  EXPECT_EQ(statistics.decode_errors, 1u);
  EXPECT_THAT(sink.warnings.back(), HasSubstr("it is too large"));
  EXPECT_EQ(sink.objects.at("shop/c"), "12");
}

TEST_F(ReflectorWatch, BeginsAnewWhenTheStreamMakesNoSense) {
  watch();
  data(event("ADDED", {"c", "11"}) + "<html>");
  EXPECT_EQ(step(), "cancel");
  EXPECT_EQ(version_of(request()), "11");
}

}  // namespace
}  // namespace portico
