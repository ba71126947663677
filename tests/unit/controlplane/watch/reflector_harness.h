#pragma once

// A reflector, its server and its clock: all in a test's hands.

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controlplane/kubernetes/object_set.h"
#include "controlplane/watch/reflector.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace portico {

// What a reflector has made of the answers: "web@7" by key, and how it came to be.
class RecordingSink : public ObjectSink {
 public:
  void begin_list() override {
    listing = true;
    listed.clear();
  }
  void end_list() override {
    listing = false;
    objects = listed;
    ++lists;
  }
  void set(MessagePtr object) override {
    const kubernetes::ObjectMeta& metadata = metadata_of(*object);
    (listing ? listed : objects)[key_of(metadata)] = metadata.resource_version();
  }
  void erase(const kubernetes::ObjectMeta& metadata) override {
    (listing ? listed : objects).erase(key_of(metadata));
  }
  void keep(const kubernetes::ObjectMeta& metadata) override {
    const auto known = objects.find(key_of(metadata));
    if (known != objects.end()) listed.insert(*known);
  }
  void warn(const std::string& text) override { warnings.push_back(text); }
  void inform(const std::string& text) override { told.push_back(text); }

  std::map<std::string, std::string> objects, listed;
  std::vector<std::string> warnings, told;
  bool listing = false;
  int lists = 0;
};

class ReflectorTest : public testing::Test {
 protected:
  using Time = ApiExchange::Time;
  using What = ApiExchange::Step::What;
  using Objects = std::map<std::string, std::string>;

  static constexpr char kJson[] = "application/json";
  static constexpr char kProtobuf[] = "application/vnd.kubernetes.protobuf";

  // {name, resourceVersion} of a Service in the namespace shop.
  using Named = std::pair<std::string, std::string>;

  static std::string object(const Named& named) {
    return absl::StrCat(R"({"kind":"Service","apiVersion":"v1","metadata":{"name":")", named.first,
                        R"(","namespace":"shop","resourceVersion":")", named.second, R"("}})");
  }
  static std::string list(const std::string& version, const std::vector<Named>& items,
                          const std::string& continuation = "") {
    std::vector<std::string> texts;
    for (const Named& item : items) texts.push_back(object(item));
    return absl::StrCat(
        R"({"kind":"ServiceList","apiVersion":"v1","metadata":{"resourceVersion":")", version,
        R"(","continue":")", continuation, R"("},"items":[)", absl::StrJoin(texts, ","), "]}");
  }
  static std::string event(const std::string& type, const Named& named) {
    return absl::StrCat(R"({"type":")", type, R"(","object":)", object(named), "}\n");
  }
  static std::string bookmark(const std::string& version, bool end_of_list = false) {
    return absl::StrCat(
        R"({"type":"BOOKMARK","object":{"kind":"Service","apiVersion":"v1","metadata":{)",
        end_of_list ? R"("annotations":{"k8s.io/initial-events-end":"true"},)" : "",
        R"("resourceVersion":")", version, R"("}}})");
  }
  static std::string status(int code, const std::string& reason,
                            const std::string& details = "{}") {
    return absl::StrCat(R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":")",
                        reason, R"(","message":"for a reason","details":)", details, R"(,"code":)",
                        code, "}");
  }
  static std::string error_event(int code, const std::string& reason,
                                 const std::string& details = "{}") {
    return absl::StrCat(R"({"type":"ERROR","object":)", status(code, reason, details), "}");
  }

  void make(bool streaming_lists = false, Resource resource = services()) {
    reflector = std::make_unique<Reflector>(
        std::move(resource), streaming_lists, [this] { return random; }, &sink, &statistics);
  }

  // The server has been taken for an older one, which was told and is no failure.
  void expect_told(const std::string& text) {
    EXPECT_THAT(sink.told, testing::ElementsAre(text));
    EXPECT_THAT(sink.warnings, testing::IsEmpty());
    EXPECT_EQ(statistics.failures, 0u);
    EXPECT_EQ(statistics.last_error, "");
    sink.told.clear();
  }

  void pass(std::chrono::milliseconds time) { now += time; }
  // What there is to do: "start", "cancel", or how many milliseconds to wait.
  std::string step() {
    last = reflector->next(now);
    if (last.what == What::kStart) return "start";
    if (last.what == What::kCancel) return "cancel";
    return absl::StrCat(
        std::chrono::duration_cast<std::chrono::milliseconds>(last.until - now).count());
  }
  // The request that is started now.
  std::string request() {
    EXPECT_EQ(step(), "start");
    return last.request.target;
  }
  // The resource version that a request names; empty if none.
  static std::string version_of(const std::string& target) {
    const std::string name = "resourceVersion=";
    const std::size_t begin = target.find(name);
    if (begin == std::string::npos) return "";
    return target.substr(begin + name.size(), target.find('&', begin) - begin - name.size());
  }
  void head(int code, const std::string& content_type = kJson,
            std::optional<std::chrono::seconds> retry_after = std::nullopt) {
    reflector->on_head({code, content_type, retry_after}, now);
  }
  void data(const std::string& bytes) { reflector->on_data(bytes, now); }
  void end(const absl::Status& how = absl::OkStatus()) { reflector->on_end(how, now); }
  void answer(int code, const std::string& body,
              std::optional<std::chrono::seconds> retry_after = std::nullopt) {
    head(code, kJson, retry_after);
    data(body);
    end();
  }
  // Lists {a, b}, and opens a watch.
  void watch() {
    make();
    request();
    answer(200, list("10", {{"a", "1"}, {"b", "2"}}));
    request();
    head(200);
  }

  Time now{std::chrono::hours(5)};
  double random = 0;
  RecordingSink sink;
  WatchStatistics statistics;
  std::unique_ptr<Reflector> reflector;
  ApiExchange::Step last;
};

}  // namespace portico
