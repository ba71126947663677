#include "controlplane/translate/translate.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/desired_maps.h"
#include "tests/unit/controlplane/translate/objects.h"

namespace portico {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

kubernetes::Node node(const std::string& name, const std::string& text) {
  return parse_text<kubernetes::Node>("metadata { name: '" + name + "' } " + text);
}

std::vector<std::string> lines(const std::vector<ObjectFault>& faults) {
  std::vector<std::string> all;
  for (const ObjectFault& fault : faults) all.push_back(fault.to_string());
  return all;
}

TEST(Translate, JoinsServicesAndSlices) {
  ObjectSet objects;
  objects.services = {sourced(web_service({"10.0.0.1"}))};
  objects.endpoint_slices = {
      sourced(web_slice("a", "IPv4", "endpoints { addresses: '192.168.1.3' }"))};
  const Translation translation = translate(objects, {});
  EXPECT_THAT(translation.reports.faults, IsEmpty());
  EXPECT_THAT(maps_of(translation.desired).services, SizeIs(1));
  ASSERT_THAT(maps_of(translation.desired).endpoints, SizeIs(1));
  const auto [key, endpoint] = *maps_of(translation.desired).endpoints.begin();
  EXPECT_EQ(key, std::pair(std::string("default/web"), std::string("192.168.1.3")));
  EXPECT_EQ(endpoint.name(), "192.168.1.3");
}

TEST(Translate, LeavesOutSlicesWithoutAServedService) {
  ObjectSet objects;
  objects.endpoint_slices = {
      sourced(web_slice("a", "IPv4", "endpoints { addresses: '192.168.1.3' }"))};
  EXPECT_THAT(maps_of(translate(objects, {}).desired).endpoints, IsEmpty());
  EXPECT_THAT(translate(objects, {}).reports.faults, IsEmpty());
  objects.services = {sourced(web_service({"None"}))};
  EXPECT_THAT(maps_of(translate(objects, {}).desired).services, IsEmpty());
  EXPECT_THAT(maps_of(translate(objects, {}).desired).endpoints, IsEmpty());
}

TEST(Translate, LeavesSlicesOfAnotherNamespaceAlone) {
  ObjectSet objects;
  objects.services = {sourced(web_service({"10.0.0.1"}))};
  kubernetes::EndpointSlice slice =
      web_slice("a", "IPv4", "endpoints { addresses: '192.168.1.3' }");
  slice.mutable_metadata()->set_namespace_("other");
  objects.endpoint_slices = {sourced(slice)};
  EXPECT_THAT(maps_of(translate(objects, {}).desired).endpoints, IsEmpty());
}

TEST(Translate, RefusesTwoServicesWithOneAddressAndPort) {
  kubernetes::Service other = web_service({"10.0.0.2"}, "external_ips: '10.0.0.1'");
  other.mutable_metadata()->set_name("web-2");
  ObjectSet objects;
  objects.services = {sourced(web_service({"10.0.0.1"}), ObjectPlace("a.yaml", 3, nullptr)),
                      sourced(other, ObjectPlace("b.yaml", 7, [](absl::string_view field) {
                                return field == "spec.ports[0].port" ? 19 : 0;
                              }))};
  EXPECT_THAT(lines(translate(objects, {}).reports.faults),
              ElementsAre("b.yaml:19: Service default/web-2: spec.ports[0].port: 80 on 10.0.0.1 "
                          "belongs to Service default/web at a.yaml:3 already"));
  // Another protocol, or another port, is another socket.
  other.mutable_spec()->mutable_ports(0)->set_protocol("UDP");
  objects.services[1] = sourced(other);
  EXPECT_THAT(translate(objects, {}).reports.faults, IsEmpty());
}

// default/NAME with node port 30000, and a health check at 30100.
kubernetes::Service with_node_port(const std::string& name, const std::string& address) {
  kubernetes::Service service =
      web_service({address},
                  "type: 'LoadBalancer' external_traffic_policy: 'Local' health_check_node_port: "
                  "30100 ports { name: 'b' port: 81 node_port: 30000 }");
  service.mutable_metadata()->set_name(name);
  return service;
}

TEST(Translate, RefusesANodePortOfTwoServices) {
  kubernetes::Service other = with_node_port("web-2", "10.0.0.2");
  ObjectSet objects;
  objects.services = {sourced(with_node_port("web", "10.0.0.1")), sourced(other)};
  EXPECT_THAT(lines(translate(objects, {}).reports.faults),
              ElementsAre("Service default/web-2: spec.ports[1].nodePort: 30000 on every node "
                          "belongs to Service default/web already",
                          "Service default/web-2: spec.healthCheckNodePort: 30100 on every node "
                          "belongs to Service default/web already"));
  // Of another protocol it is another one; a health check is TCP.
  other.mutable_spec()->mutable_ports(1)->set_protocol("UDP");
  other.mutable_spec()->set_health_check_node_port(30000);
  objects.services[1] = sourced(other);
  EXPECT_THAT(lines(translate(objects, {}).reports.faults),
              ElementsAre("Service default/web-2: spec.healthCheckNodePort: 30000 on every node "
                          "belongs to Service default/web already"));
  other.mutable_spec()->set_health_check_node_port(30101);
  objects.services[1] = sourced(other);
  EXPECT_THAT(translate(objects, {}).reports.faults, IsEmpty());
}

TEST(Translate, SaysWhatItPassesOverAndWhy) {
  kubernetes::Service headless = web_service({"None"});
  headless.mutable_metadata()->set_name("db");
  ObjectSet objects;
  objects.services = {sourced(headless, ObjectPlace("a.yaml", 3, nullptr)),
                      sourced(web_service({"10.0.0.1"}))};
  kubernetes::EndpointSlice orphan = web_slice("orphan", "IPv4", "");
  (*orphan.mutable_metadata()->mutable_labels())["kubernetes.io/service-name"] = "db";
  objects.endpoint_slices = {sourced(web_slice("names", "FQDN", "")), sourced(orphan),
                             sourced(web_slice("web", "IPv4", ""))};
  objects.nodes = {sourced(node("n1", ""))};
  const Reports reports = translate(objects, {}).reports;
  EXPECT_THAT(lines(reports.passed_over),
              ElementsAre("a.yaml:3: Service default/db: is headless: its cluster IP is None",
                          "EndpointSlice default/names: has host names (FQDN), not addresses",
                          "EndpointSlice default/orphan: is of Service default/db, which is not "
                          "served",
                          "Node n1: has no Pod networks (spec.podCIDRs) that would become routes"));
  EXPECT_THAT(reports.warnings, IsEmpty());
}

TEST(Translate, KnowsWhereTheGatewayStands) {
  ObjectSet objects;
  objects.services = {sourced(web_service({"10.0.0.1"}, "internal_traffic_policy: 'Local'"))};
  objects.endpoint_slices = {sourced(
      web_slice("a", "IPv4", "endpoints { addresses: '192.168.1.3' node_name: 'n1' zone: 'z' }"))};
  const auto local_state = [&](const Standpoint& standpoint) {
    const Translation translation = translate(objects, {true, standpoint});
    return maps_of(translation.desired).endpoints.begin()->second.local_state();
  };
  EXPECT_EQ(local_state({}), v1::Endpoint::STATE_ACTIVE);
  EXPECT_EQ(local_state({LocalTraffic::kStrict, {"n1"}, ""}), v1::Endpoint::STATE_ACTIVE);
  EXPECT_EQ(local_state({LocalTraffic::kStrict, {"n2"}, ""}), v1::Endpoint::STATE_DRAINING);
}

TEST(Translate, LeavesOutWhatHasAFaultAndKeepsTheRest) {
  kubernetes::Service other = web_service({"10.0.0.2"});
  other.mutable_metadata()->set_name("other");
  ObjectSet objects;
  objects.services = {sourced(web_service({"10.0.0.300"})), sourced(other)};
  objects.endpoint_slices = {
      sourced(web_slice("a", "IPv4", "endpoints { addresses: '192.168.1.3' }"))};
  const Translation translation = translate(objects, {});
  EXPECT_THAT(translation.reports.faults, SizeIs(1));
  EXPECT_THAT(maps_of(translation.desired).services, ElementsAre(testing::Key("default/other")));
  EXPECT_THAT(maps_of(translation.desired).endpoints, IsEmpty());
}

constexpr char kWorker[] = R"(
  spec { pod_cidrs: '192.168.1.0/24' pod_cidrs: '2001:db8:1::/64' }
  status {
    addresses { type: 'Hostname' address: 'worker-1' }
    addresses { type: 'ExternalIP' address: '192.0.2.1' }
    addresses { type: 'InternalIP' address: '10.12.22.151' }
    addresses { type: 'InternalIP' address: '10.12.22.199' }
    addresses { type: 'InternalIP' address: '2001:DB8:12::151' }
  })";

TEST(Translate, MakesRoutesOfNodes) {
  ObjectSet objects;
  objects.nodes = {sourced(node("worker-1", kWorker))};
  const Translation translation = translate(objects, {});
  EXPECT_THAT(translation.reports.faults, IsEmpty());
  ASSERT_THAT(maps_of(translation.desired).routes, SizeIs(2));
  EXPECT_EQ(maps_of(translation.desired).routes.at("192.168.1.0/24").gateway(), "10.12.22.151");
  EXPECT_EQ(maps_of(translation.desired).routes.at("192.168.1.0/24").port(), "");
  EXPECT_EQ(maps_of(translation.desired).routes.at("2001:db8:1::/64").gateway(),
            "2001:db8:12::151");
}

TEST(Translate, MakesNoRoutesWhenToldSo) {
  ObjectSet objects;
  objects.nodes = {sourced(node("worker-1", kWorker)), sourced(node("worker-2", kWorker))};
  const Translation translation = translate(objects, {.node_routes = false});
  EXPECT_THAT(maps_of(translation.desired).routes, IsEmpty());
  EXPECT_THAT(translation.reports.faults, IsEmpty());
}

TEST(Translate, TakesTheOldFieldOfANode) {
  ObjectSet objects;
  objects.nodes = {sourced(node("w",
                                "spec { pod_cidr: '192.168.1.0/24' } status { addresses { type: "
                                "'InternalIP' address: '10.0.0.1' } }"))};
  EXPECT_THAT(maps_of(translate(objects, {}).desired).routes,
              ElementsAre(testing::Key("192.168.1.0/24")));
}

TEST(Translate, NeedsNothingOfANodeWithoutPodNetworks) {
  ObjectSet objects;
  objects.nodes = {sourced(node("w", ""))};
  EXPECT_THAT(translate(objects, {}).reports.faults, IsEmpty());
}

TEST(Translate, RefusesBadNodes) {
  const auto faults = [](const std::string& text) {
    ObjectSet objects;
    objects.nodes = {sourced(node("w", text))};
    return lines(translate(objects, {}).reports.faults);
  };
  EXPECT_THAT(faults("spec { pod_cidrs: '192.168.1.0/24' }"),
              ElementsAre("Node w: status.addresses: has no IPv4 InternalIP by which to reach "
                          "192.168.1.0/24"));
  EXPECT_THAT(faults("spec { pod_cidrs: '2001:db8::/64' } status { addresses { type: 'InternalIP' "
                     "address: '10.0.0.1' } }"),
              SizeIs(1));
  for (const char* network : {"192.168.1.1/24", "192.168.1.0/33", "pods", ""}) {
    EXPECT_THAT(faults(std::string("spec { pod_cidrs: '") + network +
                       "' } status { addresses { type: 'InternalIP' address: '10.0.0.1' } }"),
                ElementsAre(testing::HasSubstr("Node w: spec.podCIDRs[0]")))
        << network;
  }
}

TEST(Translate, RefusesAPodNetworkOfTwoNodes) {
  ObjectSet objects;
  objects.nodes = {sourced(node("w1", kWorker), ObjectPlace("n.yaml", 1, nullptr)),
                   sourced(node("w2", kWorker), ObjectPlace("n.yaml", 20, nullptr))};
  EXPECT_THAT(
      lines(translate(objects, {}).reports.faults),
      ElementsAre("n.yaml:20: Node w2: spec.podCIDRs: 192.168.1.0/24 belongs to Node w1 at "
                  "n.yaml:1 already",
                  "n.yaml:20: Node w2: spec.podCIDRs: 2001:db8:1::/64 belongs to Node w1 at "
                  "n.yaml:1 already"));
}

}  // namespace
}  // namespace portico
