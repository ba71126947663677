#include "tests/property/translate/world.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace portico {
namespace {

void random_condition(Dice* dice, bool likely, auto set) {
  const int face = dice->roll(4);
  if (face == 0) set(!likely);
  if (face == 1) set(likely);
}

Standpoint random_standpoint(Dice* dice) {
  Standpoint standpoint;
  if (dice->once_in(2)) standpoint.zone = dice->pick(kZones);
  if (dice->once_in(2)) return standpoint;
  standpoint.local_traffic = LocalTraffic::kStrict;
  for (const char* node : kNodes) {
    if (dice->once_in(3)) standpoint.local_nodes.insert(node);
  }
  return standpoint;
}

template <typename Message>
KindUpdate<Message> kind_update(const std::vector<ObjectPtr<Message>>& before,
                                const std::vector<ObjectPtr<Message>>& after) {
  KindUpdate<Message> update;
  std::map<ObjectKey, std::string> gone;
  for (const auto& object : before) {
    gone[key_of(object->message.metadata())] = object->message.ShortDebugString();
  }
  for (const auto& object : after) {
    const auto old = gone.extract(key_of(object->message.metadata()));
    if (old.empty() || old.mapped() != object->message.ShortDebugString()) {
      update.set.push_back(object);
    }
  }
  for (const auto& [key, text] : gone) update.deleted.push_back(key);
  return update;
}

}  // namespace

kubernetes::Service random_service(Dice* dice, const std::string& name) {
  kubernetes::Service service;
  service.mutable_metadata()->set_name(name);
  service.mutable_metadata()->set_namespace_("default");
  kubernetes::ServiceSpec& spec = *service.mutable_spec();
  const int families = dice->roll(4);  // none ("headless"), IPv4, IPv6, both
  if ((families & 1) != 0) spec.add_cluster_ips(absl::StrCat("10.0.0.", name[0] - 'a' + 1));
  if ((families & 2) != 0) spec.add_cluster_ips(absl::StrCat("2001:db8::", name[0] - 'a' + 1));
  kubernetes::ServicePort& http = *spec.add_ports();
  http.set_name("http");
  http.set_port(80);
  if (dice->once_in(2)) {
    kubernetes::ServicePort& dns = *spec.add_ports();
    dns.set_name("dns");
    dns.set_port(53);
    dns.set_protocol(dice->once_in(2) ? "UDP" : "TCP");
  }
  const int number = name[0] - 'a' + 1;
  if (dice->once_in(2)) spec.set_type("LoadBalancer");
  if (dice->once_in(3)) spec.add_external_ips(absl::StrCat("192.0.2.", number));
  if (dice->once_in(3)) spec.add_external_ips(absl::StrCat("2001:db8:2::", number));
  auto& balancer = *service.mutable_status()->mutable_load_balancer();
  if (dice->once_in(3)) balancer.add_ingress()->set_ip(absl::StrCat("198.51.100.", number));
  if (dice->once_in(3)) balancer.add_ingress()->set_ip(absl::StrCat("2001:db8:3::", number));
  if (dice->once_in(6)) balancer.add_ingress()->set_ip(absl::StrCat("192.0.2.", number));
  if (dice->once_in(8)) balancer.add_ingress()->set_hostname("lb.example.com");
  for (auto& ingress : *balancer.mutable_ingress()) {
    if (dice->once_in(5)) ingress.set_ip_mode("Proxy");
    if (dice->once_in(5)) ingress.set_ip_mode("VIP");
  }
  if (dice->once_in(3)) spec.add_load_balancer_source_ranges(" 10.0.0.0/8");
  if (dice->once_in(3)) spec.add_load_balancer_source_ranges("2001:db8:9::/48 ");
  if (dice->once_in(2)) spec.set_external_traffic_policy(dice->once_in(2) ? "Local" : "Cluster");
  if (dice->once_in(2)) spec.set_internal_traffic_policy(dice->once_in(2) ? "Local" : "Cluster");
  if (spec.type() == "LoadBalancer" && dice->once_in(2)) {
    spec.mutable_ports(0)->set_node_port(30000 + number);
  }
  auto& annotations = *service.mutable_metadata()->mutable_annotations();
  if (dice->once_in(4)) annotations["portico.dev/node-weights"] = "n1=3,n2=0";
  if (dice->once_in(4)) annotations["portico.dev/zone-weights"] = "z1=5";
  if (dice->once_in(8)) annotations["portico.dev/source-address"] = "preserve";
  if (dice->once_in(10)) {
    (*service.mutable_metadata()->mutable_labels())["service.kubernetes.io/service-proxy-name"] =
        "x";
  }
  return service;
}

// Few addresses and UIDs, so that they meet.
kubernetes::Endpoint random_endpoint(Dice* dice, bool is_v4) {
  kubernetes::Endpoint endpoint;
  const int number = dice->roll(5);
  endpoint.add_addresses(absl::StrCat(is_v4 ? "192.168.1." : "2001:db8:1::", number + 1));
  if (!dice->once_in(4)) {
    endpoint.mutable_target_ref()->set_uid(absl::StrCat("uid-", dice->once_in(5) ? 9 : number));
  }
  auto* conditions = endpoint.mutable_conditions();
  random_condition(dice, true, [&](bool value) { conditions->set_ready(value); });
  random_condition(dice, true, [&](bool value) { conditions->set_serving(value); });
  random_condition(dice, false, [&](bool value) { conditions->set_terminating(value); });
  if (!dice->once_in(5)) endpoint.set_node_name(dice->pick(kNodes));
  if (!dice->once_in(5)) endpoint.set_zone(dice->pick(kZones));
  if (!dice->once_in(5)) endpoint.mutable_hints()->add_for_zones()->set_name(dice->pick(kZones));
  if (!dice->once_in(3)) endpoint.mutable_hints()->add_for_nodes()->set_name(dice->pick(kNodes));
  return endpoint;
}

kubernetes::EndpointSlice random_slice(Dice* dice, const std::string& name) {
  kubernetes::EndpointSlice slice;
  slice.mutable_metadata()->set_name(name);
  slice.mutable_metadata()->set_namespace_(dice->once_in(10) ? "other" : "default");
  auto& labels = *slice.mutable_metadata()->mutable_labels();
  if (!dice->once_in(10)) labels["kubernetes.io/service-name"] = dice->pick(kServices);
  if (dice->once_in(15)) labels["service.kubernetes.io/headless"] = "";
  const bool is_v4 = !dice->once_in(3);
  slice.set_address_type(is_v4 ? "IPv4" : "IPv6");
  for (int i = dice->roll(5); i > 0; --i) *slice.add_endpoints() = random_endpoint(dice, is_v4);
  for (const char* port_name : kPortNames) {
    if (dice->once_in(4)) continue;
    kubernetes::EndpointPort& port = *slice.add_ports();
    if (!dice->once_in(15)) port.set_name(port_name);
    if (!dice->once_in(15)) port.set_port(dice->once_in(10) ? 0 : 8080 + dice->roll(2));
    if (dice->once_in(3)) port.set_protocol(dice->once_in(2) ? "UDP" : "TCP");
  }
  return slice;
}

bool edit(World* world, Dice* dice) {
  const std::string service = dice->pick(kServices);
  const std::string slice = dice->pick(kSlices);
  switch (dice->roll(7)) {
    case 6:
      world->options.standpoint = random_standpoint(dice);
      return true;
    case 0:
      world->services.erase(service);
      break;
    case 1:
      world->services[service] = random_service(dice, service);
      break;
    case 2:
      world->slices.erase(slice);
      break;
    default:
      world->slices[slice] = random_slice(dice, slice);
  }
  return false;
}

ObjectUpdate update_between(const ObjectSet& before, const ObjectSet& after) {
  ObjectUpdate update;
  update.services = kind_update(before.services, after.services);
  update.endpoint_slices = kind_update(before.endpoint_slices, after.endpoint_slices);
  update.nodes = kind_update(before.nodes, after.nodes);
  return update;
}

ObjectSet objects_of(const World& world, Dice* dice) {
  ObjectSet objects;
  for (const auto& [name, service] : world.services) {
    objects.services.push_back(std::make_shared<const Sourced<kubernetes::Service>>(
        Sourced<kubernetes::Service>{service, {}}));
  }
  for (const auto& [name, slice] : world.slices) {
    objects.endpoint_slices.push_back(std::make_shared<const Sourced<kubernetes::EndpointSlice>>(
        Sourced<kubernetes::EndpointSlice>{slice, {}}));
  }
  dice->shuffle(&objects.services);
  dice->shuffle(&objects.endpoint_slices);
  return objects;
}

}  // namespace portico
