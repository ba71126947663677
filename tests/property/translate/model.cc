#include "tests/property/translate/model.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace portico {
namespace {

std::string or_tcp(const std::string& protocol) {
  return protocol.empty() ? "TCP" : protocol;
}

// One appearance of a socket in a slice, for a certain port of a certain Service.
struct Appearance {
  std::string uid;
  bool ready;
  bool serving;
  bool terminating;
  std::string node;
  std::string zone;
  std::set<std::string> for_zones;
  std::set<std::string> for_nodes;
};

// The last that does not terminate, and if all do, the first.
Appearance that_counts(const std::vector<Appearance>& appearances) {
  Appearance counts = appearances.front();
  for (const Appearance& appearance : appearances) {
    if (!appearance.terminating) counts = appearance;
  }
  return counts;
}

Appearance appearance_of(const kubernetes::Endpoint& endpoint) {
  const auto& conditions = endpoint.conditions();
  Appearance appearance{endpoint.target_ref().uid(),
                        !conditions.has_ready() || conditions.ready(),
                        !conditions.has_serving() || conditions.serving(),
                        conditions.has_terminating() && conditions.terminating(),
                        endpoint.node_name(),
                        endpoint.zone(),
                        {},
                        {}};
  for (const auto& zone : endpoint.hints().for_zones()) appearance.for_zones.insert(zone.name());
  for (const auto& node : endpoint.hints().for_nodes()) appearance.for_nodes.insert(node.name());
  return appearance;
}

// Where a port of a Service appears, by socket; slices by name.
std::map<std::pair<std::string, int>, std::vector<Appearance>> look(
    const World& world, const std::string& service, const kubernetes::ServicePort& port,
    const std::string& family) {
  std::map<std::pair<std::string, int>, std::vector<Appearance>> sockets;
  for (const auto& [name, slice] : world.slices) {
    const auto& labels = slice.metadata().labels();
    const auto label = labels.find("kubernetes.io/service-name");
    if (label == labels.end() || label->second != service) continue;
    if (slice.metadata().namespace_() != "default" || slice.address_type() != family) continue;
    if (labels.contains("service.kubernetes.io/headless")) continue;
    for (const auto& slice_port : slice.ports()) {
      if (!slice_port.has_name() || slice_port.name() != port.name()) continue;
      if (or_tcp(slice_port.protocol()) != or_tcp(port.protocol())) continue;
      if (slice_port.port() == 0) continue;
      for (const auto& endpoint : slice.endpoints()) {
        sockets[{endpoint.addresses(0), slice_port.port()}].push_back(appearance_of(endpoint));
      }
    }
  }
  return sockets;
}

bool holds_one_of(const std::set<std::string>& set, const std::set<std::string>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](const std::string& one) { return set.contains(one); });
}

bool is_external_local(const kubernetes::Service& service) {
  const auto& spec = service.spec();
  const bool is_external = spec.type() == "LoadBalancer" || !spec.external_ips().empty();
  return is_external && spec.external_traffic_policy() == "Local";
}

// Which take new connections under the policies Cluster and Local, and which serve at all: by
// socket. Written as sets that are narrowed one after the other.
struct Choice {
  using Sockets = std::set<std::pair<std::string, int>>;
  Sockets cluster, local, kept;
};

Choice choose(const std::map<std::pair<std::string, int>, Appearance>& all,
              const Standpoint& standpoint) {
  const auto those = [&](auto wanted) {
    Choice::Sockets found;
    for (const auto& [socket, one] : all) {
      if (wanted(one)) found.insert(socket);
    }
    return found;
  };
  const auto is_ready = [](const Appearance& one) { return one.ready; };
  const auto is_last_resort = [](const Appearance& one) {
    return !one.ready && one.serving && one.terminating;
  };
  const auto is_local = [&](const Appearance& one) {
    return standpoint.local_nodes.contains(one.node);
  };
  Choice choice;
  const Choice::Sockets ready = those(is_ready);
  const Choice::Sockets for_node = those([&](const Appearance& one) {
    return one.ready && holds_one_of(one.for_nodes, standpoint.local_nodes);
  });
  const Choice::Sockets for_zone = those(
      [&](const Appearance& one) { return one.ready && one.for_zones.contains(standpoint.zone); });
  const bool all_have_node =
      those([](const Appearance& one) { return one.ready && !one.for_nodes.empty(); }) == ready;
  const bool all_have_zone =
      those([](const Appearance& one) { return one.ready && !one.for_zones.empty(); }) == ready;
  choice.cluster = ready;
  if (all_have_zone && !for_zone.empty()) choice.cluster = for_zone;
  if (all_have_node && !for_node.empty()) choice.cluster = for_node;
  if (choice.cluster.empty()) choice.cluster = those(is_last_resort);
  if (standpoint.local_traffic == LocalTraffic::kPreserveClientIp) {
    choice.local = choice.cluster;
  } else {
    choice.local = those([&](const auto& one) { return is_local(one) && is_ready(one); });
    if (choice.local.empty()) {
      choice.local = those([&](const auto& one) { return is_local(one) && is_last_resort(one); });
    }
  }
  choice.kept = those([](const Appearance& one) { return one.ready || one.serving; });
  return choice;
}

int weight_of(const kubernetes::Service& service, const Appearance& one) {
  const auto& annotations = service.metadata().annotations();
  const bool by_node = annotations.contains("portico.dev/node-weights");
  if (by_node && one.node == "n1") return 3;
  if (by_node && one.node == "n2") return 0;
  return annotations.contains("portico.dev/zone-weights") && one.zone == "z1" ? 5 : -1;
}

bool is_served(const kubernetes::Service& service) {
  return service.metadata().labels().empty() && !service.spec().cluster_ips().empty();
}

bool has_local_address(const World& world, const std::string& name) {
  for (const AddressRow& row : model_addresses(world)) {
    if (std::get<0>(row) == "default/" + name && std::get<3>(row) == "LOCAL") return true;
  }
  return false;
}

}  // namespace

// What a Service is reached on, way by way.
AddressRows model_addresses(const World& world) {
  AddressRows all;
  for (const auto& [name, service] : world.services) {
    if (!is_served(service)) continue;
    const auto& spec = service.spec();
    const auto is_v4 = [](const std::string& ip) { return ip.find(':') == std::string::npos; };
    const auto in_a_family_of_the_service = [&](const std::string& ip) {
      return std::any_of(spec.cluster_ips().begin(), spec.cluster_ips().end(),
                         [&](const std::string& own) { return is_v4(own) == is_v4(ip); });
    };
    std::set<std::string> balanced;
    for (const auto& ingress : service.status().load_balancer().ingress()) {
      if (ingress.ip_mode() != "Proxy" && !ingress.ip().empty()) balanced.insert(ingress.ip());
    }
    const bool preserves = service.metadata().annotations().contains("portico.dev/source-address");
    const auto add = [&](const std::string& ip, const std::string& kind, bool is_local) {
      const std::string from_outside = is_local ? "PRESERVE" : "MASQUERADE";
      const std::string source =
          preserves ? "UNSPECIFIED"
                    : (kind == "CLUSTER_IP" ? "MASQUERADE_OFF_CLUSTER" : from_outside);
      std::set<std::string> ranges;
      for (const std::string& range : spec.load_balancer_source_ranges()) {
        if (!balanced.contains(ip) || is_v4(range) != is_v4(ip)) continue;
        ranges.insert(is_v4(ip) ? "10.0.0.0/8" : "2001:db8:9::/48");
      }
      all.emplace("default/" + name, ip, kind, is_local ? "LOCAL" : "CLUSTER", source, ranges);
    };
    const bool external_local = is_external_local(service);
    for (const std::string& ip : spec.cluster_ips()) {
      add(ip, "CLUSTER_IP", spec.internal_traffic_policy() == "Local");
    }
    std::set<std::string> external(spec.external_ips().begin(), spec.external_ips().end());
    for (const std::string& ip : external) {
      if (in_a_family_of_the_service(ip)) add(ip, "EXTERNAL_IP", external_local);
    }
    for (const std::string& ip : balanced) {
      if (external.contains(ip) || !in_a_family_of_the_service(ip)) continue;
      add(ip, "LOAD_BALANCER_IP", external_local);
    }
    if (spec.ports(0).node_port() != 0) add("", "NODE_PORT", external_local);
  }
  return all;
}

Rows model(const World& world) {
  Rows rows;
  const auto word = [](bool active) { return std::string(active ? "active" : "draining"); };
  for (const auto& [name, service] : world.services) {
    if (!is_served(service)) continue;
    const bool asks_local = has_local_address(world, name);
    for (const std::string& cluster_ip : service.spec().cluster_ips()) {
      const bool is_v4 = cluster_ip.find(':') == std::string::npos;
      for (const auto& port : service.spec().ports()) {
        std::map<std::pair<std::string, int>, Appearance> all;
        for (const auto& [socket, appearances] : look(world, name, port, is_v4 ? "IPv4" : "IPv6")) {
          all.emplace(socket, that_counts(appearances));
        }
        const Choice choice = choose(all, world.options.standpoint);
        for (const auto& socket : choice.kept) {
          const Appearance& one = all.at(socket);
          rows.emplace("default/" + name, port.name(), socket.first, socket.second, one.uid,
                       word(choice.cluster.contains(socket)),
                       asks_local ? word(choice.local.contains(socket)) : "",
                       asks_local && !one.ready && one.terminating, weight_of(service, one));
        }
      }
    }
  }
  return rows;
}

}  // namespace portico
