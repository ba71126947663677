// CategorizeEndpoints and topologyModeFromHints in k8s.io/kubernetes/pkg/proxy/topology.go, case by
// case. Each endpoint is a word or two, and so is what becomes of it.

#include "controlplane/translate/availability.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/controlplane/translate/objects.h"

namespace portico {
namespace {

constexpr char kReady[] = "conditions { ready: true serving: true terminating: false } ";
constexpr char kTerminating[] = "conditions { ready: false serving: true terminating: true } ";
constexpr char kNotReady[] = "conditions { ready: false serving: true terminating: false } ";
constexpr char kDone[] = "conditions { ready: false serving: false terminating: true } ";

std::string on(const char* node, const std::string& conditions) {
  return conditions + "node_name: '" + node + "' ";
}
std::string hinted(const std::string& conditions, const std::string& zone,
                   const std::string& node = "") {
  std::string hints = zone.empty() ? "" : "for_zones { name: '" + zone + "' } ";
  if (!node.empty()) hints += "for_nodes { name: '" + node + "' } ";
  return conditions + "hints { " + hints + "} ";
}

class Standing {
 public:
  Standing(const Standpoint& standpoint, const std::vector<std::string>& endpoints)
      : standpoint_(standpoint) {
    for (const std::string& text : endpoints) {
      messages_.push_back(
          std::make_unique<kubernetes::Endpoint>(parse_text<kubernetes::Endpoint>(text)));
      const std::string address = "192.168.1." + std::to_string(messages_.size());
      candidates_[{*IpAddress::parse(address), 8080}] = {messages_.back().get(), nullptr};
    }
  }

  // One letter for each endpoint: Active, Draining, or - for nothing.
  std::string cluster() const {
    const Availability availability(candidates_, standpoint_);
    std::string states;
    for (const auto& [socket, candidate] : candidates_) {
      const auto state = availability.cluster_state(candidate);
      states += !state.has_value() ? '-' : *state == v1::Endpoint::STATE_ACTIVE ? 'A' : 'D';
    }
    return states;
  }
  std::string local() const {
    const Availability availability(candidates_, standpoint_);
    std::string states;
    for (const auto& [socket, candidate] : candidates_) {
      states += availability.local_state(candidate) == v1::Endpoint::STATE_ACTIVE ? 'A' : 'D';
    }
    return states;
  }

 private:
  const Standpoint standpoint_;
  std::vector<std::unique_ptr<kubernetes::Endpoint>> messages_;
  Candidates candidates_;
};

std::string cluster(const std::vector<std::string>& endpoints, const Standpoint& standpoint = {}) {
  return Standing(standpoint, endpoints).cluster();
}

// discovery/v1, EndpointConditions: unknown is ready, serving, and not terminating.
struct Conditions {
  const char* name;
  const char* text;
  const char* alone;         // its state when there is no other
  const char* beside_ready;  // and when another is ready
};

class AvailabilityOf : public testing::TestWithParam<Conditions> {};

TEST_P(AvailabilityOf, FollowsItsConditions) {
  const std::string endpoint = std::string("conditions { ") + GetParam().text + " }";
  EXPECT_EQ(cluster({endpoint}), GetParam().alone);
  EXPECT_EQ(cluster({endpoint, kReady}), std::string(GetParam().beside_ready) + "A");
}

INSTANTIATE_TEST_SUITE_P(
    All, AvailabilityOf,
    testing::Values(
        Conditions{"unknown", "", "A", "A"},
        Conditions{"ready", "ready: true serving: true terminating: false", "A", "A"},
        Conditions{"starting", "ready: false serving: false", "-", "-"},
        // It gets nothing new, and kube-proxy does not clear its connections.
        Conditions{"not_ready", "ready: false", "D", "D"},
        Conditions{"not_ready_but_serving", "ready: false serving: true", "D", "D"},
        Conditions{"terminating", "ready: false serving: true terminating: true", "A", "D"},
        Conditions{"terminating_serving_unknown", "ready: false terminating: true", "A", "D"},
        Conditions{"terminating_not_serving", "ready: false serving: false terminating: true", "-",
                   "-"},
        // publishNotReadyAddresses makes this.
        Conditions{"ready_and_terminating", "ready: true serving: true terminating: true", "A",
                   "A"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Availability, FallsBackToAllThatStillServeWhileTheyTerminate) {
  EXPECT_EQ(cluster({kTerminating, kTerminating, kDone, kNotReady}), "AA-D");
  EXPECT_EQ(cluster({kTerminating, kTerminating, kReady}), "DDA");
  EXPECT_EQ(cluster({}), "");
}

const Standpoint kInZone{LocalTraffic::kPreserveClientIp, {}, "eu-1a"};

TEST(Availability, PrefersItsZoneByHints) {
  const std::string here = hinted(kReady, "eu-1a"), there = hinted(kReady, "eu-1b");
  EXPECT_EQ(cluster({here, there, here}, kInZone), "ADA");
  // Nobody is for us; one says nothing; we do not know where we are.
  EXPECT_EQ(cluster({there, there}, kInZone), "AA");
  EXPECT_EQ(cluster({here, there, kReady}, kInZone), "AAA");
  EXPECT_EQ(cluster({here, there}), "AA");
}

TEST(Availability, AsksTheReadyForHintsAndNobodyElse) {
  const std::string here = hinted(kReady, "eu-1a"), there = hinted(kReady, "eu-1b");
  EXPECT_EQ(cluster({here, there, kNotReady, kTerminating}, kInZone), "ADDD");
  EXPECT_EQ(cluster({hinted(kTerminating, "eu-1a"), there}, kInZone), "DA");
}

TEST(Availability, IgnoresHintsAmongTheTerminating) {
  EXPECT_EQ(cluster({hinted(kTerminating, "eu-1a"), hinted(kTerminating, "eu-1b")}, kInZone), "AA");
}

TEST(Availability, PutsHintsByNodeBeforeThoseByZone) {
  const Standpoint standpoint{LocalTraffic::kStrict, {"n1"}, "eu-1a"};
  const std::string near = hinted(kReady, "eu-1a", "n1"), far = hinted(kReady, "eu-1a", "n2");
  EXPECT_EQ(cluster({near, far}, standpoint), "AD");
  // Not all have one by node, or none is for us: then by zone.
  EXPECT_EQ(cluster({near, hinted(kReady, "eu-1a"), hinted(kReady, "eu-1b")}, standpoint), "AAD");
  EXPECT_EQ(cluster({far, hinted(kReady, "eu-1b", "n3")}, standpoint), "AD");
  // A gateway that is no node has no use for them.
  EXPECT_EQ(cluster({near, far, hinted(kReady, "eu-1b", "n1")}, kInZone), "AAD");
}

TEST(Availability, MayTakeEveryEndpointForLocal) {
  const std::vector<std::string> endpoints = {on("n1", kReady), on("n2", kTerminating),
                                              on("n3", kDone), kReady};
  EXPECT_EQ(Standing({}, endpoints).cluster(), "AD-A");
  EXPECT_EQ(Standing({}, endpoints).local(), "ADDA");
  EXPECT_EQ(Standing({}, {kTerminating}).local(), "A");
}

// CategorizeEndpoints' second half.
TEST(Availability, IsLocalOnItsNodesAlone) {
  const Standpoint strict{LocalTraffic::kStrict, {"n1", "n2"}, ""};
  const auto local = [&](const std::vector<std::string>& endpoints) {
    return Standing(strict, endpoints).local();
  };
  EXPECT_EQ(local({on("n1", kReady), on("n2", kReady), on("n3", kReady), kReady}), "AADD");
  EXPECT_EQ(local({on("n3", kReady)}), "D");
  // Terminating ones serve when no local one is ready, whatever is ready elsewhere.
  EXPECT_EQ(local({on("n1", kTerminating), on("n2", kDone), on("n3", kReady)}), "ADD");
  EXPECT_EQ(local({on("n1", kTerminating), on("n2", kReady), on("n3", kTerminating)}), "DAD");
  EXPECT_EQ(local({on("n1", kNotReady)}), "D");
  EXPECT_EQ(Standing({LocalTraffic::kStrict, {}, ""}, {kReady}).local(), "D");
}

TEST(Availability, IsLocalWhateverHintsSay) {
  const Standpoint strict{LocalTraffic::kStrict, {"n1"}, "eu-1a"};
  const std::vector<std::string> endpoints = {hinted(on("n1", kReady), "eu-1b"),
                                              hinted(on("n2", kReady), "eu-1a")};
  EXPECT_EQ(Standing(strict, endpoints).cluster(), "DA");
  EXPECT_EQ(Standing(strict, endpoints).local(), "AD");
}

}  // namespace
}  // namespace portico
