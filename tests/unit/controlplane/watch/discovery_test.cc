#include "controlplane/watch/discovery.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using What = ApiExchange::Step::What;

class DiscoveryTest : public testing::Test {
 protected:
  // What is asked for now; empty if nothing is.
  std::string asked() {
    const ApiExchange::Step step = discovery.next(now);
    until = step.until;
    return step.what == What::kStart ? step.request.target : "";
  }
  void answer(int status, const std::string& body, const std::string& type = "application/json") {
    discovery.on_head({status, type, std::nullopt}, now);
    discovery.on_data(body, now);
    discovery.on_end(absl::OkStatus(), now);
  }
  static std::string group(const std::vector<std::string>& versions) {
    std::string text =
        R"({"kind":"APIGroup","apiVersion":"v1","name":"discovery.k8s.io","versions":[)";
    for (const std::string& version : versions) {
      if (text.back() != '[') text += ",";
      text +=
          R"({"groupVersion":"discovery.k8s.io/)" + version + R"(","version":")" + version + "\"}";
    }
    return text + R"(],"preferredVersion":{"groupVersion":"x","version":"x"}})";
  }

  ApiExchange::Time now{std::chrono::hours(1)};
  ApiExchange::Time until{};
  Discovery discovery{[] { return 0.0; }};
};

TEST_F(DiscoveryTest, PrefersSlicesOfV1ThenV1beta1) {
  EXPECT_EQ(asked(), "/apis/discovery.k8s.io");
  answer(200, group({"v1", "v1beta1"}));
  EXPECT_EQ(discovery.found(), EndpointApi::kSlicesV1);
  EXPECT_EQ(asked(), "");
  discovery.forget(now);
  EXPECT_EQ(discovery.found(), std::nullopt);
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(until, now + milliseconds(800));
  now += milliseconds(800);
  EXPECT_EQ(asked(), "/apis/discovery.k8s.io");
  answer(200, group({"v1beta1"}));
  EXPECT_EQ(discovery.found(), EndpointApi::kSlicesV1beta1);
}

TEST_F(DiscoveryTest, FallsBackToEndpoints) {
  asked();
  answer(404, "404 page not found\n", "text/plain");
  EXPECT_EQ(asked(), "/api");
  // As it is: without an apiVersion.
  answer(200, R"({"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":[]})");
  EXPECT_EQ(discovery.found(), EndpointApi::kEndpoints);
}

TEST_F(DiscoveryTest, FallsBackToEndpointsWhenSlicesAreOfNoVersionThatIsKnown) {
  asked();
  answer(200, group({"v1alpha1"}));
  EXPECT_EQ(asked(), "/api");
  answer(200, R"({"kind":"APIVersions","versions":["v1"]})");
  EXPECT_EQ(discovery.found(), EndpointApi::kEndpoints);
}

TEST_F(DiscoveryTest, SaysThatAServerIsNoKubernetes) {
  const auto fault_of = [this](int status, const std::string& body, const std::string& type) {
    EXPECT_EQ(asked(), "/apis/discovery.k8s.io");
    answer(404, "not found", "text/plain");
    EXPECT_EQ(asked(), "/api");
    answer(status, body, type);
    EXPECT_EQ(discovery.found(), std::nullopt);
    now += seconds(60);
    return discovery.take_fault().value_or("");
  };
  EXPECT_EQ(fault_of(404, "not\x1b found\n", "text/plain"),
            "GET /api: 404: not\\x1b found: this is no Kubernetes API server");
  EXPECT_THAT(fault_of(200, "<html>", "text/html"),
              HasSubstr("the answer is of content type \"text/html\": this is no Kubernetes"));
  EXPECT_THAT(fault_of(200, R"({"kind":"APIVersions","versions":["v0"]})", "application/json"),
              HasSubstr("this is no Kubernetes API server"));
  asked();
  answer(200, "{}");
  EXPECT_THAT(*discovery.take_fault(), HasSubstr("this is no Kubernetes API server"));
  EXPECT_EQ(discovery.take_fault(), std::nullopt);
}

TEST_F(DiscoveryTest, TriesAgainAfterABackoff) {
  asked();
  answer(403, R"({"kind":"Status","apiVersion":"v1","message":"no","code":403})");
  EXPECT_EQ(*discovery.take_fault(),
            "GET /apis/discovery.k8s.io: 403: no; the credentials need the ClusterRole "
            "system:discovery");
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(until, now + milliseconds(800));
  now += milliseconds(800);
  EXPECT_EQ(asked(), "/apis/discovery.k8s.io");
  discovery.on_end(absl::UnavailableError("connection refused"), now);
  EXPECT_THAT(*discovery.take_fault(), HasSubstr("connection refused"));
  asked();
  EXPECT_EQ(until, now + milliseconds(1600));
  now += milliseconds(1600);
  asked();
  discovery.on_head({503, "text/plain", seconds(9)}, now);
  discovery.on_end(absl::OkStatus(), now);
  asked();
  EXPECT_EQ(until, now + seconds(9));
}

TEST_F(DiscoveryTest, EndsARequestThatIsNotAnswered) {
  asked();
  now += seconds(60);
  EXPECT_EQ(discovery.next(now).what, What::kCancel);
  EXPECT_EQ(discovery.next(now).what, What::kWait);
  EXPECT_THAT(*discovery.take_fault(), HasSubstr("nothing was heard for too long"));
}

}  // namespace
}  // namespace portico
