// Lists: KUBERNETES' API concepts, "Retrieving large results sets in chunks" and "Resource
// versions".

#include <string>

#include "tests/unit/controlplane/watch/reflector_harness.h"
#include "tests/unit/controlplane/watch/wire.h"

namespace portico {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kServices[] =
    "labelSelector=%21service.kubernetes.io%2Fservice-proxy-name&"
    "fieldSelector=spec.clusterIP%21%3DNone";

class ReflectorList : public ReflectorTest {};

TEST_F(ReflectorList, SelectsWhatIsWatched) {
  make();
  EXPECT_EQ(request(), absl::StrCat("/api/v1/services?limit=500&resourceVersion=0&", kServices));
  make(false, endpoints(EndpointApi::kSlicesV1));
  EXPECT_EQ(request(),
            "/apis/discovery.k8s.io/v1/endpointslices?limit=500&resourceVersion=0&"
            "labelSelector=%21service.kubernetes.io%2Fheadless");
  make(false, nodes());
  EXPECT_EQ(request(), "/api/v1/nodes?limit=500&resourceVersion=0");
}

TEST_F(ReflectorList, PrefersProtobuf) {
  make();
  request();
  EXPECT_EQ(last.request.accept, "application/vnd.kubernetes.protobuf, application/json");
  head(200, kProtobuf);
  data(wire::list("v1", "ServiceList", "10", "", {wire::field(1, wire::metadata("a", "1"))}));
  end();
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "1"}}));
  request();
  EXPECT_EQ(last.request.accept,
            "application/vnd.kubernetes.protobuf;stream=watch, application/json");
}

TEST_F(ReflectorList, IsHandedOnWhenItIsComplete) {
  make();
  request();
  head(200);
  data(R"({"kind":"ServiceList","apiVersion":"v1","metadata":{"resourceVersion":"10"},"items":[)");
  data(object({"a", "1"}));
  EXPECT_FALSE(statistics.synced);
  EXPECT_EQ(sink.lists, 0);
  data("]}");
  EXPECT_EQ(sink.lists, 0);
  end();
  EXPECT_EQ(sink.lists, 1);
  EXPECT_TRUE(statistics.synced);
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "1"}}));
}

TEST_F(ReflectorList, GoesOnUntilThereIsNoToken) {
  make();
  request();
  answer(200, list("10", {{"a", "1"}}, "to/ken="));
  EXPECT_EQ(sink.lists, 0);
  EXPECT_EQ(request(), absl::StrCat("/api/v1/services?limit=500&continue=to%2Fken%3D&", kServices));
  answer(200, list("10", {}, "next"));  // a page without items is not the last
  EXPECT_EQ(request(), absl::StrCat("/api/v1/services?limit=500&continue=next&", kServices));
  answer(200, list("10", {{"b", "2"}}));
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "1"}, {"shop/b", "2"}}));
  EXPECT_THAT(request(), HasSubstr("watch=1&allowWatchBookmarks=true&resourceVersion=10&"));
}

TEST_F(ReflectorList, WithoutPagesWhenTheyExpire) {
  make();
  request();
  answer(200, list("10", {{"a", "1"}, {"gone", "1"}}, "token"));
  request();
  answer(410, status(410, "Expired"));
  EXPECT_EQ(request(), absl::StrCat("/api/v1/services?resourceVersion=0&", kServices));
  answer(200, list("12", {{"a", "1"}}));
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "1"}}));
}

TEST_F(ReflectorList, RetriesThePageThatFailed) {
  make();
  request();
  answer(200, list("10", {{"a", "1"}}, "token"));
  request();
  end(absl::UnavailableError("connection lost"));
  EXPECT_EQ(step(), "800");
  pass(milliseconds(800));
  EXPECT_THAT(request(), HasSubstr("continue=token"));
  answer(200, list("10", {{"b", "2"}}));
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "1"}, {"shop/b", "2"}}));
}

TEST_F(ReflectorList, OfWhatIsNotOlderThanWhatWasSeen) {
  watch();
  data(event("ADDED", {"c", "15"}));
  data(error_event(410, "Expired"));
  EXPECT_EQ(step(), "cancel");
  EXPECT_EQ(request(), absl::StrCat("/api/v1/services?resourceVersion=15&", kServices));
  answer(200, list("20", {{"c", "15"}}));
  EXPECT_EQ(sink.objects, (Objects{{"shop/c", "15"}}));  // a and b are absent: deleted
}

TEST_F(ReflectorList, OfTheNewestWhenTheVersionIsGone) {
  for (const std::string& error :
       {status(410, "Expired"), status(410, "Gone"),
        status(504, "Timeout", R"({"causes":[{"reason":"ResourceVersionTooLarge"}]})"),
        status(504, "Timeout", R"({"causes":[{"message":"Too large resource version"}]})")}) {
    watch();
    data(error_event(410, "Expired"));
    EXPECT_EQ(step(), "cancel");
    EXPECT_THAT(request(), HasSubstr("resourceVersion=10"));
    answer(error.find("504") == std::string::npos ? 410 : 504, error);
    EXPECT_EQ(request(), absl::StrCat("/api/v1/services?limit=500&", kServices)) << error;
    answer(200, list("3", {{"a", "1"}}));
    EXPECT_THAT(request(), HasSubstr("watch=1&allowWatchBookmarks=true&resourceVersion=3&"));
  }
}

TEST_F(ReflectorList, DoesNotRetryAtOnceForEver) {
  make();
  int at_once = 0;
  while (step() == "start" && at_once < 100) {
    ++at_once;
    answer(410, status(410, "Expired"));
  }
  EXPECT_EQ(at_once, 6);
  EXPECT_EQ(step(), "800");
}

TEST_F(ReflectorList, PassesOverWhatCannotBeDecoded) {
  make();
  request();
  answer(200,
         R"({"kind":"ServiceList","apiVersion":"v1","metadata":{"resourceVersion":"10"},"items":[
      {"metadata":{"name":"a","namespace":"shop","resourceVersion":"1"}},
      {"metadata":{"name":"b","namespace":"shop"},"spec":{"ports":[{"port":"many"}]}},
      {"metadata":{}},
      {"metadata":{"name":"c","namespace":"shop","resourceVersion":"3"}}]})");
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "1"}, {"shop/c", "3"}}));
  EXPECT_EQ(statistics.decode_errors, 2u);
  EXPECT_THAT(sink.warnings,
              ElementsAre("Service shop/b is passed over: spec.ports[0].port: is no number",
                          "a Service (number 3 of a list) is passed over: metadata.name: is not "
                          "there"));
}

// What a watch leaves in use is not deleted by a list that has it.
TEST_F(ReflectorList, KeepsWhatWasThereOfWhatCannotBeRead) {
  watch();  // a and b
  data(error_event(410, "Expired"));
  step();
  request();
  const std::string filling(std::size_t{17} << 20, 'x');
  answer(200, absl::StrCat(
                  R"({"kind":"ServiceList","apiVersion":"v1","metadata":{"resourceVersion":"20"},)",
                  R"("items":[{"metadata":{"name":"a","namespace":"shop"},"spec":7},)",
                  R"({"metadata":{"name":"b","namespace":"shop","uid":")", filling, R"("}},)",
                  R"({"metadata":{"name":"c","namespace":"shop"},"spec":7}]})"));
  EXPECT_EQ(sink.lists, 2);
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "1"}, {"shop/b", "2"}}));
  EXPECT_EQ(statistics.decode_errors, 3u);
  EXPECT_THAT(sink.warnings, testing::Contains("Service shop/b is passed over: it is too large"));
}

TEST_F(ReflectorList, TellsSoManyOfWhatIsPassedOver) {
  make();
  request();
  head(200);
  data(
      R"({"kind":"ServiceList","apiVersion":"v1","metadata":{"resourceVersion":"10"},"items":[{})");
  for (int i = 0; i < 99; ++i) data(",{}");
  EXPECT_EQ(statistics.decode_errors, 100u);
  EXPECT_EQ(sink.warnings.size(), std::size_t{Reflector::kMaxTold} + 1);
  EXPECT_EQ(sink.warnings.back(),
            "more of the services that are passed over within a minute are only counted");
  pass(seconds(60));
  data(",{}");
  EXPECT_THAT(sink.warnings.back(), HasSubstr("a Service (number 101 of a list)"));
}

TEST_F(ReflectorList, FallsBackToJson) {
  make();
  request();
  answer(406, status(406, "NotAcceptable"));
  expect_told(
      "the API server does not tell of services in protobuf: in JSON from now on (406 "
      "NotAcceptable: for a reason)");
  request();
  EXPECT_EQ(last.request.accept, "application/json");
  answer(200, list("10", {}));
  request();
  EXPECT_EQ(last.request.accept, "application/json");
}

// Before Kubernetes 1.31 Services can't be selected by their cluster IP.
TEST_F(ReflectorList, GoesWithoutAFieldSelectorThatIsNotKnown) {
  make();
  request();
  answer(400, status(400, "BadRequest"));
  expect_told(
      "the API server does not choose services by spec.clusterIP!=None: asking for all of them "
      "(400 BadRequest: for a reason)");
  EXPECT_EQ(request(),
            "/api/v1/services?limit=500&resourceVersion=0&"
            "labelSelector=%21service.kubernetes.io%2Fservice-proxy-name");
  answer(400, status(400, "BadRequest"));  // so it was not that
  EXPECT_EQ(statistics.failures, 1u);
  EXPECT_EQ(step(), "800");
}

TEST_F(ReflectorList, SaysWhichRightIsMissingAndComesBack) {
  make();
  for (const char* wait : {"800", "1600", "3200"}) {
    request();
    answer(403, status(403, "Forbidden"));
    EXPECT_EQ(sink.warnings.back(),
              "the API server's authorization lacks the verb \"list\" on services: 403 Forbidden: "
              "for a reason");
    EXPECT_EQ(step(), wait);
    pass(milliseconds(std::stoi(wait)));
  }
  make(false, endpoints(EndpointApi::kSlicesV1));
  request();
  answer(401, status(401, "Unauthorized"));
  EXPECT_THAT(
      sink.warnings.back(),
      HasSubstr("does not accept our credentials (to list endpointslices.discovery.k8s.io)"));
  EXPECT_EQ(statistics.last_error, sink.warnings.back());
}

TEST_F(ReflectorList, ObeysRetryAfter) {
  make();
  request();
  answer(429, status(429, "TooManyRequests"), seconds(7));
  EXPECT_EQ(step(), "7000");
  pass(seconds(7));
  request();
  answer(503, status(503, "ServiceUnavailable", R"({"retryAfterSeconds":2})"));
  EXPECT_EQ(step(), "2000");
  pass(seconds(2));
  request();
  answer(429, "Too many requests, please try again later.");
  EXPECT_EQ(step(), "3200");
}

TEST_F(ReflectorList, EndsWhenNothingIsHeard) {
  make();
  request();
  EXPECT_EQ(step(), "60000");
  pass(seconds(50));
  head(200);
  pass(seconds(59));
  data("{");
  EXPECT_EQ(step(), "60000");
  pass(seconds(60));
  EXPECT_EQ(step(), "cancel");
  EXPECT_EQ(step(), "800");
  EXPECT_EQ(sink.warnings.back(), "list services: nothing was heard for too long");
}

TEST_F(ReflectorList, BeginsAnewWhenItIsCutOff) {
  make();
  request();
  head(200);
  data(list("10", {{"gone", "1"}}).substr(0, 150));
  end(absl::DataLossError("the body ended early"));
  EXPECT_EQ(sink.lists, 0);
  pass(milliseconds(800));
  request();
  answer(200, list("11", {{"a", "1"}}));
  EXPECT_EQ(sink.objects, (Objects{{"shop/a", "1"}}));
}

// New certificates: nobody is to blame, and nothing to be waited for.
TEST_F(ReflectorList, BeginsAnewAtOnceOnANewConnection) {
  make();
  request();
  end(absl::AbortedError("settings changed"));
  EXPECT_EQ(step(), "start");
}

TEST_F(ReflectorList, IsOfAnApiServer) {
  make();
  request();
  head(200, "text/html; charset=utf-8");
  EXPECT_EQ(step(), "cancel");
  EXPECT_THAT(sink.warnings.back(),
              HasSubstr("GET /api/v1/services: answered with content type \"text/html; "
                        "charset=utf-8\": is this a Kubernetes API server?"));
  for (const char* body :
       {R"({"kind":"PodList","apiVersion":"v1","metadata":{}})", "{}", "[]", ""}) {
    make();
    request();
    answer(200, body);
    EXPECT_EQ(step(), "800") << body;
    EXPECT_EQ(sink.lists, 0);
  }
}

TEST_F(ReflectorList, SaysWhenThereIsNoSuchResource) {
  make();
  request();
  EXPECT_FALSE(reflector->is_missing());
  answer(404, status(404, "NotFound"));
  EXPECT_TRUE(reflector->is_missing());
  EXPECT_EQ(step(), "800");
}

}  // namespace
}  // namespace portico
