#include "controlplane/translate/addresses.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/controlplane/translate/objects.h"

namespace portico {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// "10.0.0.1 CLUSTER_IP CLUSTER MASQUERADE_OFF_CLUSTER 10.0.0.0/8 ...": address, kind, policy,
// source address, source ranges.
std::vector<std::string> addresses(const Outcome& outcome) {
  std::vector<std::string> all;
  if (!outcome.service.has_value()) return outcome.faults;
  for (const v1::ServiceAddress& address : outcome.service->addresses()) {
    const bool is_local = address.traffic_policy() == v1::TRAFFIC_POLICY_LOCAL;
    const std::string kind = v1::ServiceAddress::Kind_Name(address.kind());
    const std::string source = v1::SourceAddress_Name(address.source_address());
    std::string& line = all.emplace_back(absl::StrCat(
        address.address().empty() ? "nodes" : address.address(), " ",
        std::string(absl::StripPrefix(kind, "KIND_")), is_local ? " LOCAL " : " CLUSTER ",
        std::string(absl::StripPrefix(source, "SOURCE_ADDRESS_"))));
    for (const std::string& range : address.source_ranges()) absl::StrAppend(&line, " ", range);
  }
  return all;
}

// A Service reached in every way there is, with these fields of its spec besides.
kubernetes::Service reached_in_every_way(const std::string& spec) {
  kubernetes::Service service = web_service(
      {"10.0.0.1", "2001:db8::1"},
      absl::StrCat("type: 'LoadBalancer' external_ips: '192.0.2.1' external_ips: '2001:DB8::9' "
                   "ports { name: 'dns' protocol: 'UDP' port: 53 node_port: 30053 } ",
                   spec));
  *service.mutable_status() = parse_text<kubernetes::ServiceStatus>(
      "load_balancer { ingress { ip: '198.51.100.1' } ingress { ip: '2001:db8::a' } }");
  return service;
}

TEST(Addresses, AreOfBothFamiliesAndEveryKind) {
  EXPECT_THAT(addresses(translate_one(reached_in_every_way(""))),
              ElementsAre("10.0.0.1 CLUSTER_IP CLUSTER MASQUERADE_OFF_CLUSTER",
                          "2001:db8::1 CLUSTER_IP CLUSTER MASQUERADE_OFF_CLUSTER",
                          "192.0.2.1 EXTERNAL_IP CLUSTER MASQUERADE",
                          "2001:db8::9 EXTERNAL_IP CLUSTER MASQUERADE",
                          "198.51.100.1 LOAD_BALANCER_IP CLUSTER MASQUERADE",
                          "2001:db8::a LOAD_BALANCER_IP CLUSTER MASQUERADE",
                          "nodes NODE_PORT CLUSTER MASQUERADE"));
}

TEST(Addresses, MayStandInTheOldField) {
  EXPECT_THAT(addresses(translate_one(web_service({}, "cluster_ip: '10.0.0.1'"))),
              ElementsAre("10.0.0.1 CLUSTER_IP CLUSTER MASQUERADE_OFF_CLUSTER"));
}

// ServiceSpec.externalTrafficPolicy: node ports, external IPs and load-balancer IPs.
TEST(Addresses, FromOutsideFollowTheExternalPolicyAndPreserveTheClient) {
  EXPECT_THAT(
      addresses(translate_one(
          reached_in_every_way("external_traffic_policy: 'Local' health_check_node_port: 30100"))),
      ElementsAre("10.0.0.1 CLUSTER_IP CLUSTER MASQUERADE_OFF_CLUSTER",
                  "2001:db8::1 CLUSTER_IP CLUSTER MASQUERADE_OFF_CLUSTER",
                  "192.0.2.1 EXTERNAL_IP LOCAL PRESERVE", "2001:db8::9 EXTERNAL_IP LOCAL PRESERVE",
                  "198.51.100.1 LOAD_BALANCER_IP LOCAL PRESERVE",
                  "2001:db8::a LOAD_BALANCER_IP LOCAL PRESERVE", "nodes NODE_PORT LOCAL PRESERVE"));
}

TEST(Addresses, OfTheClusterFollowTheInternalPolicy) {
  EXPECT_THAT(addresses(translate_one(web_service(
                  {"10.0.0.1"}, "internal_traffic_policy: 'Local' external_ips: '192.0.2.1'"))),
              ElementsAre("10.0.0.1 CLUSTER_IP LOCAL MASQUERADE_OFF_CLUSTER",
                          "192.0.2.1 EXTERNAL_IP CLUSTER MASQUERADE"));
}

TEST(Addresses, LeaveTheSourceToTheAnnotationWhereThereIsOne) {
  kubernetes::Service service =
      web_service({"10.0.0.1"}, "external_ips: '192.0.2.1' external_traffic_policy: 'Local'");
  for (const char* source : {"preserve", "masquerade"}) {
    (*service.mutable_metadata()->mutable_annotations())[kSourceAddressAnnotation] = source;
    EXPECT_THAT(addresses(translate_one(service)),
                ElementsAre("10.0.0.1 CLUSTER_IP CLUSTER UNSPECIFIED",
                            "192.0.2.1 EXTERNAL_IP LOCAL UNSPECIFIED"));
  }
}

kubernetes::Service with_ingress(const std::string& ingress) {
  kubernetes::Service service = web_service({"10.0.0.1"}, "type: 'LoadBalancer'");
  *service.mutable_status() =
      parse_text<kubernetes::ServiceStatus>(absl::StrCat("load_balancer { ", ingress, " }"));
  return service;
}

// IsVIPMode in k8s.io/kubernetes/pkg/proxy/util.
TEST(Addresses, OfLoadBalancersAreThoseThatPacketsComeWith) {
  const Outcome outcome = translate_one(with_ingress(R"(
      ingress { ip: '198.51.100.1' }
      ingress { ip: '198.51.100.2' ip_mode: 'VIP' }
      ingress { ip: '198.51.100.3' ip_mode: 'Proxy' }
      ingress { hostname: 'lb.example.com' }
      ingress { ip: '10.0.0.1' })"));
  EXPECT_THAT(addresses(outcome), ElementsAre("10.0.0.1 CLUSTER_IP CLUSTER MASQUERADE_OFF_CLUSTER",
                                              "198.51.100.1 LOAD_BALANCER_IP CLUSTER MASQUERADE",
                                              "198.51.100.2 LOAD_BALANCER_IP CLUSTER MASQUERADE"));
  EXPECT_THAT(outcome.passed_over,
              ElementsAre("status.loadBalancer.ingress[2]: is of ipMode Proxy: packets come with "
                          "another address",
                          "status.loadBalancer.ingress[3]: is a host name, to which no packet is "
                          "addressed"));
}

// GetClusterIPByFamily in serviceToServiceMap (servicechangetracker.go).
TEST(Addresses, NeedAClusterIpOfTheirFamily) {
  kubernetes::Service service = web_service({"10.0.0.1"}, "external_ips: '2001:db8::9'");
  *service.mutable_status() =
      parse_text<kubernetes::ServiceStatus>("load_balancer { ingress { ip: '2001:db8::a' } }");
  const Outcome outcome = translate_one(service);
  EXPECT_THAT(addresses(outcome),
              ElementsAre("10.0.0.1 CLUSTER_IP CLUSTER MASQUERADE_OFF_CLUSTER"));
  EXPECT_THAT(outcome.warnings,
              ElementsAre(HasSubstr("spec.externalIPs[0]: is not served: the Service has no IPv6"),
                          HasSubstr("status.loadBalancer.ingress[0].ip: is not served")));
}

TEST(Addresses, OfNodesAreForServicesWithANodePort) {
  EXPECT_THAT(addresses(translate_one(web_service({"10.0.0.1"}, "type: 'NodePort'"))),
              ElementsAre("10.0.0.1 CLUSTER_IP CLUSTER MASQUERADE_OFF_CLUSTER"));
  EXPECT_THAT(addresses(translate_one(web_service(
                  {"10.0.0.1"}, "type: 'NodePort' ports { name: 'b' port: 1 node_port: 30000 }"))),
              ElementsAre("10.0.0.1 CLUSTER_IP CLUSTER MASQUERADE_OFF_CLUSTER",
                          "nodes NODE_PORT CLUSTER MASQUERADE"));
}

std::string ranges(const std::vector<std::string>& all) {
  return absl::StrCat("load_balancer_source_ranges: '",
                      absl::StrJoin(all, "' load_balancer_source_ranges: '"), "' ");
}

// newBaseServiceInfo: blanks are trimmed, each family has its own, and only load-balancer IPs are
// restricted. netutils.ParseCIDRSloppy: bits beyond the length do not count.
TEST(Addresses, OfLoadBalancersAreRestrictedToSourceRanges) {
  EXPECT_THAT(addresses(translate_one(reached_in_every_way(
                  ranges({" 10.0.0.0/8 ", "2001:DB8:1::/48", "172.16.9.9/12", "10.1.1.1/8"})))),
              ElementsAre("10.0.0.1 CLUSTER_IP CLUSTER MASQUERADE_OFF_CLUSTER",
                          "2001:db8::1 CLUSTER_IP CLUSTER MASQUERADE_OFF_CLUSTER",
                          "192.0.2.1 EXTERNAL_IP CLUSTER MASQUERADE",
                          "2001:db8::9 EXTERNAL_IP CLUSTER MASQUERADE",
                          "198.51.100.1 LOAD_BALANCER_IP CLUSTER MASQUERADE 10.0.0.0/8 "
                          "172.16.0.0/12",
                          "2001:db8::a LOAD_BALANCER_IP CLUSTER MASQUERADE 2001:db8:1::/48",
                          "nodes NODE_PORT CLUSTER MASQUERADE"));
}

// kube-proxy's own reading: a family without ranges is without restriction. It is warned of.
TEST(Addresses, AreNotRestrictedByRangesOfTheOtherFamily) {
  const Outcome outcome = translate_one(reached_in_every_way(ranges({"10.0.0.0/8"})));
  EXPECT_THAT(addresses(outcome),
              testing::Contains("2001:db8::a LOAD_BALANCER_IP CLUSTER MASQUERADE"));
  EXPECT_THAT(outcome.warnings,
              ElementsAre("spec.loadBalancerSourceRanges: has no IPv6 range: as with kube-proxy, "
                          "every client of 2001:db8::a is served"));
}

// nftables: the firewall is asked by address, not by how the Service came by it.
TEST(Addresses, ThatAreOfTwoKindsAreRestrictedAllTheSame) {
  kubernetes::Service service = with_ingress("ingress { ip: '198.51.100.1' }");
  service.mutable_spec()->add_external_ips("198.51.100.1");
  service.mutable_spec()->add_load_balancer_source_ranges("10.0.0.0/8");
  EXPECT_THAT(addresses(translate_one(service)),
              ElementsAre("10.0.0.1 CLUSTER_IP CLUSTER MASQUERADE_OFF_CLUSTER",
                          "198.51.100.1 EXTERNAL_IP CLUSTER MASQUERADE 10.0.0.0/8"));
}

// kube-proxy leaves out a range that it can't parse, which opens the Service. We refuse it.
TEST(Addresses, RefuseRangesThatAreNone) {
  for (const char* range :
       {"10.0.0.0", "10.0.0.0/33", "2001:db8::/129", "10.0.0/8", "pods/8", "10.0.0.0/-1",
        "10.0.0.0/8/8", "10.0.0.0/", "", "/8", "::ffff:10.0.0.0/104"}) {
    EXPECT_THAT(
        translate_one(reached_in_every_way(ranges({"10.0.0.0/8", range}))).faults,
        ElementsAre(HasSubstr(absl::StrCat("spec.loadBalancerSourceRanges[1]: \"", range, "\" "))))
        << range;
  }
}

// It is for clouds' controllers (k8s.io/cloud-provider/service/helpers); kube-proxy has
// spec.loadBalancerSourceRanges alone.
TEST(Addresses, AreNotRestrictedByTheOldAnnotation) {
  constexpr char kAnnotation[] = "service.beta.kubernetes.io/load-balancer-source-ranges";
  kubernetes::Service service = with_ingress("ingress { ip: '198.51.100.1' }");
  (*service.mutable_metadata()->mutable_annotations())[kAnnotation] = "10.0.0.0/8";
  EXPECT_THAT(addresses(translate_one(service)),
              testing::Contains("198.51.100.1 LOAD_BALANCER_IP CLUSTER MASQUERADE"));
  EXPECT_THAT(translate_one(service).warnings,
              ElementsAre(HasSubstr(absl::StrCat(kAnnotation, ": is not read"))));
  service.mutable_spec()->add_load_balancer_source_ranges("10.0.0.0/8");
  EXPECT_THAT(translate_one(service).warnings, IsEmpty());
}

}  // namespace
}  // namespace portico
