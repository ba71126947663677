#include "controlplane/translate/service.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/controlplane/translate/objects.h"

namespace portico {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// What came of a Service, and what was said.
struct Outcome {
  std::optional<v1::Service> service;
  std::vector<std::string> faults;
  std::vector<std::string> warnings;
};

Outcome translate_one(const kubernetes::Service& service) {
  const ObjectPlace place;
  std::vector<ObjectFault> faults, warnings;
  Reporter reporter(place, "Service default/web", &faults, &warnings);
  Outcome outcome;
  outcome.service = translate_service(service, &reporter);
  outcome.faults = texts(faults);
  outcome.warnings = texts(warnings);
  return outcome;
}

// "10.0.0.1 KIND_CLUSTER_IP" of each address.
std::vector<std::string> addresses(const Outcome& outcome) {
  std::vector<std::string> all;
  if (!outcome.service.has_value()) return all;
  for (const v1::ServiceAddress& address : outcome.service->addresses()) {
    all.push_back(address.address() + " " + v1::ServiceAddress::Kind_Name(address.kind()));
  }
  return all;
}

kubernetes::Service annotated(const std::string& key, const std::string& value) {
  kubernetes::Service service = web_service({"10.0.0.1"});
  (*service.mutable_metadata()->mutable_annotations())[key] = value;
  return service;
}

// ShouldSkipService in k8s.io/kubernetes/pkg/proxy/util/utils.go.
TEST(IsServed, NeedsAClusterIp) {
  EXPECT_TRUE(is_served(web_service({"10.0.0.1"})));
  EXPECT_TRUE(is_served(web_service({}, "cluster_ip: '10.0.0.1'")));
  EXPECT_FALSE(is_served(web_service({})));
  EXPECT_FALSE(is_served(web_service({"None"}, "cluster_ip: 'None'")));
  EXPECT_FALSE(is_served(web_service({}, "cluster_ip: 'None'")));
  EXPECT_FALSE(is_served(web_service({}, "cluster_ip: ''")));
  // Reachable from outside or not: kube-proxy looks at the cluster IP alone.
  EXPECT_FALSE(is_served(web_service({}, "external_ips: '10.0.0.9'")));
}

TEST(IsServed, IsNoExternalName) {
  EXPECT_FALSE(is_served(web_service({"10.0.0.1"}, "type: 'ExternalName'")));
  EXPECT_TRUE(is_served(web_service({"10.0.0.1"}, "type: 'NodePort'")));
  EXPECT_TRUE(is_served(web_service({"10.0.0.1"}, "type: 'LoadBalancer'")));
}

TEST(IsServed, IsNotForAnotherProxyWhicheverItIs) {
  kubernetes::Service service = web_service({"10.0.0.1"});
  (*service.mutable_metadata()->mutable_labels())["service.kubernetes.io/service-proxy-name"] = "";
  EXPECT_FALSE(is_served(service));
}

TEST(TranslateService, NamesItAndItsPorts) {
  const Outcome outcome = translate_one(web_service(
      {"10.100.3.59"},
      "ports { name: 'dns' protocol: 'UDP' port: 53 node_port: 0 target_port { int_val: 5353 } }"));
  ASSERT_THAT(outcome.faults, IsEmpty());
  EXPECT_EQ(outcome.service->name(), "default/web");
  ASSERT_EQ(outcome.service->ports_size(), 2);
  EXPECT_EQ(outcome.service->ports(0).name(), "http");
  EXPECT_EQ(outcome.service->ports(0).protocol(), v1::PROTOCOL_TCP);
  EXPECT_EQ(outcome.service->ports(0).port(), 80u);
  EXPECT_EQ(outcome.service->ports(1).protocol(), v1::PROTOCOL_UDP);
  EXPECT_EQ(outcome.service->ports(1).port(), 53u);
}

TEST(TranslateService, TakesTheAddressesOfBothFamilies) {
  EXPECT_THAT(addresses(translate_one(web_service({"10.0.0.1", "2001:DB8::1"}))),
              ElementsAre("10.0.0.1 KIND_CLUSTER_IP", "2001:db8::1 KIND_CLUSTER_IP"));
  EXPECT_THAT(addresses(translate_one(web_service({}, "cluster_ip: '10.0.0.1'"))),
              ElementsAre("10.0.0.1 KIND_CLUSTER_IP"));
}

TEST(TranslateService, TakesExternalAndLoadBalancerAddresses) {
  kubernetes::Service service =
      web_service({"10.0.0.1"}, "external_ips: '192.0.2.1' external_ips: '2001:db8::9'");
  *service.mutable_status() = parse_text<kubernetes::ServiceStatus>(R"(load_balancer {
      ingress { ip: '198.51.100.1' }
      ingress { ip: '198.51.100.2' ip_mode: 'VIP' }
      ingress { ip: '198.51.100.3' ip_mode: 'Proxy' }
      ingress { hostname: 'lb.example.com' }
      ingress { ip: '192.0.2.1' }
  })");
  EXPECT_THAT(addresses(translate_one(service)),
              ElementsAre("10.0.0.1 KIND_CLUSTER_IP", "192.0.2.1 KIND_EXTERNAL_IP",
                          "2001:db8::9 KIND_EXTERNAL_IP", "198.51.100.1 KIND_LOAD_BALANCER_IP",
                          "198.51.100.2 KIND_LOAD_BALANCER_IP"));
}

TEST(TranslateService, ReadsItsAnnotations) {
  const auto source = [](const std::string& value) {
    return translate_one(annotated(kSourceAddressAnnotation, value)).service->source_address();
  };
  EXPECT_EQ(source("preserve"), v1::SOURCE_ADDRESS_PRESERVE);
  EXPECT_EQ(source("masquerade"), v1::SOURCE_ADDRESS_MASQUERADE);
  const auto selection = [](const std::string& value) {
    return translate_one(annotated(kSelectionAnnotation, value)).service->selection();
  };
  EXPECT_EQ(selection("maglev"), v1::SELECTION_MAGLEV);
  EXPECT_EQ(selection("random"), v1::SELECTION_RANDOM);

  const Outcome plain = translate_one(annotated("example.com/selection", "whatever"));
  EXPECT_EQ(plain.service->selection(), v1::SELECTION_UNSPECIFIED);
  EXPECT_EQ(plain.service->source_address(), v1::SOURCE_ADDRESS_UNSPECIFIED);
}

TEST(TranslateService, RefusesAnnotationsItDoesNotKnow) {
  EXPECT_THAT(
      translate_one(annotated(kSelectionAnnotation, "Maglev")).faults,
      ElementsAre("metadata.annotations.portico.dev/selection: must be random or maglev, is "
                  "\"Maglev\""));
  EXPECT_THAT(translate_one(annotated(kSourceAddressAnnotation, "")).faults,
              ElementsAre("metadata.annotations.portico.dev/source-address: must be preserve or "
                          "masquerade, is \"\""));
  EXPECT_THAT(translate_one(annotated("portico.dev/source-adress", "preserve")).faults,
              ElementsAre(HasSubstr("portico.dev/source-adress: is unknown")));
}

struct BadService {
  const char* name;
  kubernetes::Service service;
  std::string fault;  // the one there is
};

class TranslateBadService : public testing::TestWithParam<BadService> {};

TEST_P(TranslateBadService, IsRefused) {
  const Outcome outcome = translate_one(GetParam().service);
  EXPECT_FALSE(outcome.service.has_value());
  EXPECT_THAT(outcome.faults, ElementsAre(HasSubstr(GetParam().fault)));
}

kubernetes::Service with_ports(const std::string& ports) {
  kubernetes::Service service = web_service({"10.0.0.1"});
  *service.mutable_spec()->mutable_ports() = parse_text<kubernetes::ServiceSpec>(ports).ports();
  return service;
}

kubernetes::Service named(const std::string& name) {
  kubernetes::Service service = web_service({"10.0.0.1"});
  service.mutable_metadata()->set_name(name);
  return service;
}

INSTANTIATE_TEST_SUITE_P(
    Faults, TranslateBadService,
    testing::Values(
        BadService{"no_ports", with_ports(""), "spec.ports: is missing or empty"},
        BadService{"port_0", with_ports("ports { port: 0 }"),
                   "spec.ports[0].port: must be between 1 and 65535, is 0"},
        BadService{"port_65536", with_ports("ports { port: 65536 }"),
                   "spec.ports[0].port: must be between 1 and 65535, is 65536"},
        BadService{"negative_port", with_ports("ports { port: -80 }"),
                   "spec.ports[0].port: must be between 1 and 65535, is -80"},
        BadService{"missing_port", with_ports("ports { name: 'a' }"),
                   "spec.ports[0].port: is missing"},
        BadService{"protocol", with_ports("ports { port: 1 protocol: 'http' }"),
                   "spec.ports[0].protocol: \"http\" is none of TCP, UDP and SCTP"},
        BadService{"unnamed_of_two", with_ports("ports { name: 'a' port: 1 } ports { port: 2 }"),
                   "spec.ports[1].name: is missing"},
        BadService{"names", with_ports("ports { name: 'a' port: 1 } ports { name: 'a' port: 2 }"),
                   "spec.ports[1].name: \"a\" is the name of another port too"},
        // One name for two protocols would do for kube-proxy; the API server refuses it.
        BadService{"names_of_protocols",
                   with_ports("ports { name: 'a' port: 1 } "
                              "ports { name: 'a' port: 1 protocol: 'UDP' }"),
                   "spec.ports[1].name: \"a\" is the name of another port too"},
        BadService{"numbers", with_ports("ports { name: 'a' port: 1 } ports { name: 'b' port: 1 }"),
                   "spec.ports[1].port: 1 is another port's of the same protocol too"},
        BadService{"port_name", with_ports("ports { name: 'HTTP' port: 1 }"),
                   "spec.ports[0].name: \"HTTP\" is no DNS label"},
        BadService{"name", named("Web"), "metadata.name: \"Web\" is no DNS label"},
        BadService{"address", web_service({"10.0.0.300"}),
                   "spec.clusterIPs[0]: \"10.0.0.300\" is no IP address"},
        BadService{"multicast", web_service({"10.0.0.1"}, "external_ips: '224.0.0.1'"),
                   "spec.externalIPs[0]: \"224.0.0.1\" is a multicast address"},
        BadService{"old_and_new_field", web_service({"10.0.0.1"}, "cluster_ip: '10.0.0.2'"),
                   "spec.clusterIPs[0]: \"10.0.0.1\" is not spec.clusterIP, \"10.0.0.2\""},
        BadService{"two_of_a_family", web_service({"10.0.0.1", "10.0.0.2"}),
                   "spec.clusterIPs[1]: is the second address of its family"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(TranslateService, TellsAllFaultsAtOnce) {
  const Outcome outcome =
      translate_one(with_ports("ports { name: 'a' port: 0 } ports { name: 'B' port: 70000 }"));
  EXPECT_EQ(outcome.faults.size(), 3u);
}

TEST(TranslateService, WarnsOfWhatIsNotDone) {
  const Outcome outcome = translate_one(
      web_service({"10.0.0.1"},
                  "session_affinity: 'ClientIP' external_traffic_policy: 'Local' "
                  "internal_traffic_policy: 'Local' load_balancer_source_ranges: '10.0.0.0/8'"));
  ASSERT_TRUE(outcome.service.has_value());
  EXPECT_THAT(outcome.warnings, ElementsAre(HasSubstr("spec.sessionAffinity"),
                                            HasSubstr("spec.externalTrafficPolicy"),
                                            HasSubstr("spec.internalTrafficPolicy"),
                                            HasSubstr("spec.loadBalancerSourceRanges")));
  // As kubectl prints a Service that asks for nothing special.
  EXPECT_THAT(translate_one(web_service({"10.0.0.1"},
                                        "session_affinity: 'None' external_traffic_policy: "
                                        "'Cluster' internal_traffic_policy: 'Cluster'"))
                  .warnings,
              IsEmpty());
}

}  // namespace
}  // namespace portico
