#include "controlplane/translate/endpoints.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/controlplane/translate/objects.h"

namespace portico {
namespace {

using kubernetes::EndpointSlice;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kService[] = R"(name: 'default/web'
  addresses { address: '10.0.0.1' } ports { name: 'http' protocol: PROTOCOL_TCP port: 80 })";
constexpr char kDualStack[] = R"(name: 'default/web'
  addresses { address: '10.0.0.1' } addresses { address: '2001:db8::1' }
  ports { name: 'http' protocol: PROTOCOL_TCP port: 80 })";
constexpr char kTwoPorts[] = R"(name: 'default/web' addresses { address: '10.0.0.1' }
  ports { name: 'http' protocol: PROTOCOL_TCP port: 80 }
  ports { name: 'dns' protocol: PROTOCOL_UDP port: 53 })";

// "NAME ADDRESS STATE port-name=number ..." of each, in the result's order.
std::vector<std::string> merge(const std::string& service,
                               const std::vector<EndpointSlice>& slices) {
  std::vector<const EndpointSlice*> pointers;
  for (const EndpointSlice& slice : slices) pointers.push_back(&slice);
  std::vector<std::string> lines;
  const TranslatedService translated{parse_text<v1::Service>(service), {}, {}};
  for (const v1::Endpoint& endpoint : translate_endpoints(translated, pointers, {})) {
    EXPECT_EQ(endpoint.service(), "default/web");
    std::string& line = lines.emplace_back(
        absl::StrCat(endpoint.name(), " ", endpoint.address(), " ",
                     endpoint.state() == v1::Endpoint::STATE_DRAINING ? "draining" : "active"));
    for (const v1::EndpointPort& port : endpoint.ports()) {
      absl::StrAppend(&line, " ", port.name(), "=", port.port());
    }
  }
  return lines;
}

// An endpoint in text format, of a Pod with this UID.
std::string pod(const std::string& uid, const std::string& address,
                const std::string& conditions = "") {
  return absl::StrCat("endpoints { addresses: '", address, "' target_ref { uid: '", uid,
                      "' } conditions { ", conditions, " } } ");
}

constexpr char kTerminating[] = "ready: false serving: true terminating: true";
constexpr char kDone[] = "ready: false serving: false terminating: true";

TEST(ServiceOf, IsToldByTheLabel) {
  EndpointSlice slice = web_slice("s", "IPv4", "");
  EXPECT_EQ(why_not_used(slice), std::nullopt);
  EXPECT_EQ(service_of(slice), "default/web");
  slice.mutable_metadata()->mutable_labels()->clear();
  EXPECT_EQ(why_not_used(slice), "is of no Service: it has no label kubernetes.io/service-name");
}

TEST(WhyNotUsed, NamesHeadlessServicesAndHostNames) {
  EndpointSlice slice = web_slice("s", "FQDN", "");
  EXPECT_EQ(why_not_used(slice), "has host names (FQDN), not addresses");
  slice.set_address_type("IPv4");
  (*slice.mutable_metadata()->mutable_labels())["service.kubernetes.io/headless"] = "";
  EXPECT_EQ(why_not_used(slice),
            "is of a headless Service by its label service.kubernetes.io/headless");
}

TEST(TranslateEndpoints, AreNamedByThePodAndItsAddress) {
  EXPECT_THAT(merge(kService, {web_slice("s", "IPv4", R"(
                  endpoints { addresses: '192.168.1.3' target_ref { uid: 'u1' name: 'a' } }
                  endpoints { addresses: '192.168.1.4' target_ref { namespace: 'x' name: 'b' } }
                  endpoints { addresses: '192.168.1.5' target_ref { name: 'c' } }
                  endpoints { addresses: '192.168.1.6' })")}),
              ElementsAre("192.168.1.6 192.168.1.6 active http=8080",
                          "default/c/192.168.1.5 192.168.1.5 active http=8080",
                          "u1/192.168.1.3 192.168.1.3 active http=8080",
                          "x/b/192.168.1.4 192.168.1.4 active http=8080"));
}

TEST(TranslateEndpoints, OfBothFamiliesOfAPodAreTwo) {
  EXPECT_THAT(merge(kDualStack, {web_slice("a", "IPv4", pod("u1", "192.168.1.3")),
                                 web_slice("b", "IPv6", pod("u1", "2001:DB8:1::3"))}),
              ElementsAre("u1/192.168.1.3 192.168.1.3 active http=8080",
                          "u1/2001:db8:1::3 2001:db8:1::3 active http=8080"));
}

TEST(TranslateEndpoints, NeedAServiceOfTheirFamily) {
  EXPECT_THAT(merge(kService, {web_slice("b", "IPv6", pod("u1", "2001:db8:1::3"))}), IsEmpty());
}

TEST(TranslateEndpoints, HaveOneAddressOnly) {
  EXPECT_THAT(merge(kService, {web_slice("s", "IPv4",
                                         "endpoints { addresses: '192.168.1.3' addresses: "
                                         "'192.168.1.4' }")}),
              ElementsAre("192.168.1.3 192.168.1.3 active http=8080"));
}

TEST(TranslateEndpoints, TellTheirNode) {
  const EndpointSlice slice =
      web_slice("s", "IPv4", "endpoints { addresses: '192.168.1.3' node_name: 'worker-1' }");
  const TranslatedService service{parse_text<v1::Service>(kService), {}, {}};
  const auto endpoints = translate_endpoints(service, {&slice}, {});
  ASSERT_EQ(endpoints.size(), 1u);
  EXPECT_EQ(endpoints[0].node(), "worker-1");
  EXPECT_FALSE(endpoints[0].has_weight());
  // Nobody asks.
  EXPECT_EQ(endpoints[0].local_state(), v1::Endpoint::STATE_UNSPECIFIED);
}

TEST(TranslateEndpoints, WeighByNodeAndElseByZone) {
  const EndpointSlice slice = web_slice("s", "IPv4", R"(
      endpoints { addresses: '192.168.1.1' node_name: 'n1' zone: 'z1' }
      endpoints { addresses: '192.168.1.2' node_name: 'n2' zone: 'z1' }
      endpoints { addresses: '192.168.1.3' node_name: 'n3' zone: 'z2' }
      endpoints { addresses: '192.168.1.4' })");
  const TranslatedService service{
      parse_text<v1::Service>(kService), {{"n1", 0}, {"gone", 9}}, {{"z1", 5}}};
  const auto endpoints = translate_endpoints(service, {&slice}, {});
  ASSERT_EQ(endpoints.size(), 4u);
  EXPECT_TRUE(endpoints[0].has_weight());
  EXPECT_EQ(endpoints[0].weight(), 0u);
  EXPECT_EQ(endpoints[1].weight(), 5u);
  EXPECT_FALSE(endpoints[2].has_weight());
  EXPECT_FALSE(endpoints[3].has_weight());
}

TEST(TranslateEndpoints, TellWhichAreLocalWhereAPolicyAsks) {
  const EndpointSlice slice =
      web_slice("s", "IPv4",
                "endpoints { addresses: '192.168.1.1' node_name: 'n1' } endpoints { addresses: "
                "'192.168.1.2' node_name: 'n2' }");
  TranslatedService service{parse_text<v1::Service>(kService), {}, {}};
  service.service.mutable_addresses(0)->set_traffic_policy(v1::TRAFFIC_POLICY_LOCAL);
  auto endpoints = translate_endpoints(service, {&slice}, {LocalTraffic::kStrict, {"n2"}, ""});
  ASSERT_EQ(endpoints.size(), 2u);
  EXPECT_EQ(endpoints[0].state(), v1::Endpoint::STATE_ACTIVE);
  EXPECT_EQ(endpoints[0].local_state(), v1::Endpoint::STATE_DRAINING);
  EXPECT_EQ(endpoints[1].local_state(), v1::Endpoint::STATE_ACTIVE);
  endpoints = translate_endpoints(service, {&slice}, {});
  EXPECT_EQ(endpoints[0].local_state(), v1::Endpoint::STATE_ACTIVE);
  EXPECT_EQ(endpoints[1].local_state(), v1::Endpoint::STATE_ACTIVE);
}

// kube-proxy's health check does not count them, even while they are all that serves.
TEST(TranslateEndpoints, TellWhichEndWhereAPolicyAsks) {
  const EndpointSlice slice = web_slice("s", "IPv4", R"(
      endpoints { addresses: '192.168.1.1' node_name: 'n1'
                  conditions { ready: false serving: true terminating: true } })");
  TranslatedService service{parse_text<v1::Service>(kService), {}, {}};
  EXPECT_FALSE(translate_endpoints(service, {&slice}, {}).at(0).terminating());
  service.service.mutable_addresses(0)->set_traffic_policy(v1::TRAFFIC_POLICY_LOCAL);
  const auto endpoints = translate_endpoints(service, {&slice}, {});
  EXPECT_EQ(endpoints.at(0).local_state(), v1::Endpoint::STATE_ACTIVE);
  EXPECT_TRUE(endpoints.at(0).terminating());
}

// The node ports' address is empty: the cluster IPs tell the families.
TEST(TranslateEndpoints, AreThereForNodePorts) {
  const std::string service = absl::StrCat(kService, " addresses { kind: KIND_NODE_PORT }");
  EXPECT_THAT(merge(service, {web_slice("a", "IPv4", pod("u1", "192.168.1.3")),
                              web_slice("b", "IPv6", pod("u1", "2001:db8:1::3"))}),
              ElementsAre("u1/192.168.1.3 192.168.1.3 active http=8080"));
}

TEST(TranslateEndpoints, MatchByPortNameAndProtocol) {
  EndpointSlice slice = web_slice("s", "IPv4", pod("u1", "192.168.1.3"));
  const auto with_port = [&](const std::string& port) {
    *slice.mutable_ports() = parse_text<EndpointSlice>(port).ports();
    return merge(kTwoPorts, {slice});
  };
  EXPECT_THAT(with_port("ports { name: 'dns' protocol: 'UDP' port: 5353 }"),
              ElementsAre("u1/192.168.1.3 192.168.1.3 active dns=5353"));
  EXPECT_THAT(with_port("ports { name: 'dns' protocol: 'TCP' port: 5353 }"), IsEmpty());
  EXPECT_THAT(with_port("ports { name: 'other' port: 80 }"), IsEmpty());
  // kube-proxy's endpointSliceCache.addEndpoints: no name, no number or number 0 is passed over.
  EXPECT_THAT(with_port("ports { port: 80 }"), IsEmpty());
  EXPECT_THAT(with_port("ports { name: 'http' }"), IsEmpty());
  EXPECT_THAT(with_port("ports { name: 'http' port: 0 }"), IsEmpty());
  EXPECT_THAT(
      with_port("ports { name: 'http' port: 1 } ports { name: 'dns' protocol: 'UDP' port: 2 }"),
      ElementsAre("u1/192.168.1.3 192.168.1.3 active http=1 dns=2"));
}

TEST(TranslateEndpoints, OfAnUnnamedPort) {
  EndpointSlice slice = web_slice("s", "IPv4", pod("u1", "192.168.1.3"));
  slice.mutable_ports(0)->set_name("");
  EXPECT_THAT(merge("name: 'default/web' addresses { address: '10.0.0.1' } "
                    "ports { protocol: PROTOCOL_TCP port: 80 }",
                    {slice}),
              ElementsAre("u1/192.168.1.3 192.168.1.3 active =8080"));
}

// A named targetPort may be another number on each Pod, so in each slice.
TEST(TranslateEndpoints, HaveThePortOfTheirSlice) {
  EndpointSlice other = web_slice("b", "IPv4", pod("u2", "192.168.1.4"));
  other.mutable_ports(0)->set_port(9090);
  EXPECT_THAT(merge(kService, {web_slice("a", "IPv4", pod("u1", "192.168.1.3")), other}),
              ElementsAre("u1/192.168.1.3 192.168.1.3 active http=8080",
                          "u2/192.168.1.4 192.168.1.4 active http=9090"));
}

// A move between slices arrives as two changes in either order: in between it is in both or, in the
// other order, in none of them for the first slice's new state.
TEST(TranslateEndpoints, ThatAreInTwoSlicesAreOne) {
  const std::string moved = pod("u1", "192.168.1.3");
  const auto once = merge(kService, {web_slice("a", "IPv4", moved), web_slice("b", "IPv4", "")});
  EXPECT_EQ(merge(kService, {web_slice("a", "IPv4", moved), web_slice("b", "IPv4", moved)}), once);
  EXPECT_EQ(merge(kService, {web_slice("a", "IPv4", ""), web_slice("b", "IPv4", moved)}), once);
}

// kubernetes/kubernetes#135593: a Pod's address is used again while its last holder terminates.
TEST(TranslateEndpoints, ThatTerminateDoNotHideAnotherAtTheirAddress) {
  const std::string old_pod = pod("old", "192.168.1.3", kTerminating);
  const std::string new_pod = pod("new", "192.168.1.3");
  for (const bool old_first : {true, false}) {
    EXPECT_THAT(merge(kService, {web_slice("a", "IPv4", old_first ? old_pod : new_pod),
                                 web_slice("b", "IPv4", old_first ? new_pod : old_pod)}),
                ElementsAre("new/192.168.1.3 192.168.1.3 active http=8080"));
  }
}

// As in endpointSliceCache.addEndpoints: what terminates gives way, what is only not ready does
// not.
TEST(TranslateEndpoints, AreAsTheLastOfTheirSlicesSays) {
  const std::string starting = pod("u1", "192.168.1.3", "ready: false serving: false");
  const std::string ready = pod("u1", "192.168.1.3");
  EXPECT_THAT(merge(kService, {web_slice("a", "IPv4", ready), web_slice("b", "IPv4", starting)}),
              IsEmpty());
  EXPECT_THAT(merge(kService, {web_slice("a", "IPv4", starting), web_slice("b", "IPv4", ready)}),
              ElementsAre("u1/192.168.1.3 192.168.1.3 active http=8080"));
}

TEST(TranslateEndpoints, DoNotDependOnTheOrderOfSlices) {
  std::vector<EndpointSlice> slices = {
      web_slice("a", "IPv4",
                pod("u1", "192.168.1.3") + pod("u2", "192.168.1.4", "ready: false serving: false")),
      web_slice("b", "IPv4", pod("u2", "192.168.1.4") + pod("u3", "192.168.1.5", kDone)),
      web_slice("c", "IPv4", pod("u4", "192.168.1.6", kTerminating))};
  const auto first = merge(kService, slices);
  std::reverse(slices.begin(), slices.end());
  EXPECT_EQ(merge(kService, slices), first);
  EXPECT_THAT(first, ElementsAre("u1/192.168.1.3 192.168.1.3 active http=8080",
                                 "u2/192.168.1.4 192.168.1.4 active http=8080",
                                 "u4/192.168.1.6 192.168.1.6 draining http=8080"));
}

// Whether others are ready is a question for each port.
TEST(TranslateEndpoints, OfOnePodMayDrainForOnePortOnly) {
  EndpointSlice dns = web_slice("b", "IPv4", pod("u1", "192.168.1.3", kTerminating));
  *dns.mutable_ports() =
      parse_text<EndpointSlice>("ports { name: 'dns' protocol: 'UDP' port: 53 }").ports();
  EXPECT_THAT(merge(kTwoPorts,
                    {web_slice("a", "IPv4",
                               pod("u1", "192.168.1.3", kTerminating) + pod("u2", "192.168.1.4")),
                     dns}),
              ElementsAre("u1/192.168.1.3 192.168.1.3 draining http=8080",
                          "u1/192.168.1.3:dns:53 192.168.1.3 active dns=53",
                          "u2/192.168.1.4 192.168.1.4 active http=8080"));
}

TEST(TranslateEndpoints, OfOnePodMayHaveTwoNumbersForAPort) {
  EndpointSlice other = web_slice("b", "IPv4", pod("u1", "192.168.1.3"));
  other.mutable_ports(0)->set_port(9090);
  EXPECT_THAT(merge(kService, {web_slice("a", "IPv4", pod("u1", "192.168.1.3")), other}),
              ElementsAre("u1/192.168.1.3 192.168.1.3 active http=8080",
                          "u1/192.168.1.3:http:9090 192.168.1.3 active http=9090"));
}

std::vector<std::string> faults_of(const EndpointSlice& slice) {
  const ObjectPlace place;
  Reports reports;
  Reporter reporter(place, "EndpointSlice default/s", &reports);
  check_slice(slice, &reporter);
  return texts(reports.faults);
}

TEST(CheckSlice, FindsNothingInAGoodOne) {
  EXPECT_THAT(faults_of(web_slice("s", "IPv4", pod("u1", "192.168.1.3"))), IsEmpty());
  EXPECT_THAT(faults_of(web_slice("s", "IPv6", pod("u1", "2001:db8::3"))), IsEmpty());
}

TEST(CheckSlice, FindsAddressesOfTheWrongFamily) {
  EXPECT_THAT(
      faults_of(web_slice("s", "IPv4", pod("u1", "192.168.1.3") + pod("u2", "2001:db8::3"))),
      ElementsAre("endpoints[1].addresses[0]: \"2001:db8::3\" is not of the slice's "
                  "addressType, IPv4"));
  EXPECT_THAT(faults_of(web_slice("s", "IPv6", pod("u1", "192.168.1.3"))),
              ElementsAre(HasSubstr("endpoints[0].addresses[0]: \"192.168.1.3\" is not of")));
}

TEST(CheckSlice, FindsWhatIsNoAddress) {
  EXPECT_THAT(faults_of(web_slice("s", "IPv4", pod("u1", "web.example.com"))),
              ElementsAre("endpoints[0].addresses[0]: \"web.example.com\" is no IP address"));
  EXPECT_THAT(faults_of(web_slice("s", "IPv4", "endpoints { }")),
              ElementsAre("endpoints[0].addresses: is missing or empty"));
}

TEST(CheckSlice, FindsBadTypesAndPorts) {
  EXPECT_THAT(faults_of(web_slice("s", "ipv4", "")),
              ElementsAre("addressType: \"ipv4\" is none of IPv4, IPv6 and FQDN"));
  EXPECT_THAT(faults_of(web_slice("s", "", "")), ElementsAre("addressType: is missing"));
  EndpointSlice slice = web_slice("s", "IPv4", "");
  slice.mutable_ports(0)->set_port(65536);
  slice.mutable_ports(0)->set_protocol("X");
  slice.add_ports()->set_name("http");
  EXPECT_THAT(faults_of(slice),
              ElementsAre(HasSubstr("ports[0].protocol"), HasSubstr("ports[0].port"),
                          HasSubstr("ports[1].name")));
}

}  // namespace
}  // namespace portico
