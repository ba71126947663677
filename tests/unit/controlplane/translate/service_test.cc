#include "controlplane/translate/service.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/controlplane/translate/objects.h"

namespace portico {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// ShouldSkipService in k8s.io/kubernetes/pkg/proxy/util/utils.go.
bool is_served(const kubernetes::Service& service) {
  return !why_not_served(service).has_value();
}

TEST(WhyNotServed, SaysWhatAServiceLacks) {
  EXPECT_EQ(why_not_served(web_service({"None"})), "is headless: its cluster IP is None");
  EXPECT_EQ(why_not_served(web_service({})), "has no cluster IP");
  EXPECT_EQ(why_not_served(web_service({}, "type: 'ExternalName'")),
            "is an ExternalName, a matter of DNS");
  kubernetes::Service service = web_service({"10.0.0.1"});
  (*service.mutable_metadata()->mutable_labels())["service.kubernetes.io/service-proxy-name"] = "x";
  EXPECT_EQ(why_not_served(service),
            "is left to another proxy by its label service.kubernetes.io/service-proxy-name: x");
}

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

// ServiceSpec.sessionAffinityConfig: 10800 unless given (DefaultClientIPServiceAffinitySeconds).
TEST(TranslateService, HasSessionAffinity) {
  const auto seconds = [](const std::string& spec) -> std::int64_t {
    const Outcome outcome = translate_one(web_service({"10.0.0.1"}, spec));
    if (!outcome.service.has_value() || !outcome.service->has_client_affinity()) return -1;
    EXPECT_EQ(outcome.service->client_affinity().nanos(), 0);
    return outcome.service->client_affinity().seconds();
  };
  EXPECT_EQ(seconds(""), -1);
  EXPECT_EQ(seconds("session_affinity: 'None'"), -1);
  EXPECT_EQ(seconds("session_affinity: 'ClientIP'"), 10800);
  const auto with_timeout = [&](const char* timeout) {
    return seconds(absl::StrCat(
        "session_affinity: 'ClientIP' session_affinity_config { client_ip { timeout_seconds: ",
        timeout, " } }"));
  };
  EXPECT_EQ(with_timeout("1"), 1);
  EXPECT_EQ(with_timeout("86400"), 86400);
}

constexpr char kBalancerLocal[] = "type: 'LoadBalancer' external_traffic_policy: 'Local' ";

// NeedsHealthCheck in k8s.io/kubernetes/pkg/api/v1/service: of type LoadBalancer, and Local.
TEST(TranslateService, HasAHealthCheckWhereLoadBalancersNeedToKnow) {
  const auto port = [](const std::string& spec) {
    const Outcome outcome =
        translate_one(web_service({"10.0.0.1"}, "health_check_node_port: 30100 " + spec));
    EXPECT_THAT(outcome.faults, IsEmpty());
    return outcome.service.has_value() ? outcome.service->health_check_port() : 0;
  };
  EXPECT_EQ(port(kBalancerLocal), 30100u);
  EXPECT_EQ(port("type: 'LoadBalancer' external_traffic_policy: 'Cluster'"), 0u);
  EXPECT_EQ(port("type: 'NodePort' external_traffic_policy: 'Local'"), 0u);
  EXPECT_EQ(port("external_ips: '192.0.2.1' external_traffic_policy: 'Local'"), 0u);
  EXPECT_THAT(translate_one(web_service({"10.0.0.1"}, "health_check_node_port: 30100")).warnings,
              ElementsAre(HasSubstr("spec.healthCheckNodePort: is not answered")));
  EXPECT_THAT(translate_one(web_service({"10.0.0.1"}, kBalancerLocal)).warnings,
              ElementsAre(HasSubstr("spec.healthCheckNodePort: is missing")));
}

TEST(TranslateService, TellsItsNodePorts) {
  const Outcome outcome = translate_one(
      web_service({"10.0.0.1"},
                  "type: 'NodePort' ports { name: 'dns' protocol: 'UDP' port: 53 node_port: "
                  "30053 } ports { name: 'dns-tcp' port: 53 node_port: 30053 }"));
  ASSERT_THAT(outcome.faults, IsEmpty());
  EXPECT_EQ(outcome.service->ports(0).node_port(), 0u);
  EXPECT_EQ(outcome.service->ports(1).node_port(), 30053u);
  EXPECT_EQ(outcome.service->ports(2).node_port(), 30053u);
  EXPECT_THAT(outcome.warnings, ElementsAre(HasSubstr("spec.ports[0].nodePort: is missing")));
  // A LoadBalancer may do without (allocateLoadBalancerNodePorts).
  EXPECT_THAT(translate_one(web_service({"10.0.0.1"}, "type: 'LoadBalancer'")).warnings, IsEmpty());
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
        BadService{"node_port",
                   web_service({"10.0.0.1"},
                               "type: 'NodePort' ports { name: 'b' port: "
                               "1 node_port: 65536 }"),
                   "spec.ports[1].nodePort: must be between 1 and 65535, is 65536"},
        BadService{"node_port_twice",
                   web_service({"10.0.0.1"},
                               "type: 'NodePort' ports { name: 'b' port: 1 node_port: "
                               "30000 } ports { name: 'c' port: 2 node_port: 30000 }"),
                   "spec.ports[2].nodePort: 30000 is another port's of the same protocol too"},
        BadService{"node_port_of_a_cluster_ip",
                   web_service({"10.0.0.1"}, "ports { name: 'b' port: 1 node_port: 30000 }"),
                   "spec.ports[1].nodePort: may not be there when spec.type is ClusterIP"},
        BadService{"affinity", web_service({"10.0.0.1"}, "session_affinity: 'Cookie'"),
                   "spec.sessionAffinity: \"Cookie\" is none of None and ClientIP"},
        BadService{"affinity_for_no_time",
                   web_service({"10.0.0.1"},
                               "session_affinity: 'ClientIP' session_affinity_config { client_ip { "
                               "timeout_seconds: 0 } }"),
                   "spec.sessionAffinityConfig.clientIP.timeoutSeconds: must be between 1 and "
                   "86400, is 0"},
        BadService{"affinity_for_too_long",
                   web_service({"10.0.0.1"},
                               "session_affinity: 'ClientIP' session_affinity_config { client_ip { "
                               "timeout_seconds: 86401 } }"),
                   "spec.sessionAffinityConfig.clientIP.timeoutSeconds: must be between 1 and "
                   "86400, is 86401"},
        BadService{"type", web_service({"10.0.0.1"}, "type: 'Loadbalancer'"),
                   "spec.type: \"Loadbalancer\" is none of ClusterIP, NodePort, LoadBalancer and"},
        BadService{"external_policy", web_service({"10.0.0.1"}, "external_traffic_policy: 'local'"),
                   "spec.externalTrafficPolicy: \"local\" is none of Cluster and Local"},
        BadService{"internal_policy", web_service({"10.0.0.1"}, "internal_traffic_policy: 'Node'"),
                   "spec.internalTrafficPolicy: \"Node\" is none of Cluster and Local"},
        BadService{"health_check",
                   web_service({"10.0.0.1"},
                               absl::StrCat(kBalancerLocal, "health_check_node_port: 65536")),
                   "spec.healthCheckNodePort: must be between 1 and 65535, is 65536"},
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

// As kubectl prints a Service that asks for nothing special.
TEST(TranslateService, HasNothingToSayOfAnOrdinaryOne) {
  const Outcome outcome = translate_one(
      web_service({"10.0.0.1"},
                  "type: 'ClusterIP' session_affinity: 'None' external_traffic_policy: 'Cluster' "
                  "internal_traffic_policy: 'Cluster' ip_families: 'IPv4'"));
  EXPECT_THAT(outcome.warnings, IsEmpty());
  EXPECT_THAT(outcome.passed_over, IsEmpty());
}

}  // namespace
}  // namespace portico
