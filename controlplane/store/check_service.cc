#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "controlplane/store/check_object.h"
#include "controlplane/store/checker.h"
#include "include/portico/quote.h"

namespace portico::store {
namespace {

// Primes below the powers of two: state/maglev.h.
constexpr std::array<std::uint32_t, 9> kMaglevSizes = {251,  509,   1021,  2039, 4093,
                                                       8191, 16381, 32749, 65521};
// As Kubernetes' sessionAffinityConfig.clientIP.timeoutSeconds.
constexpr absl::Duration kMaxAffinity = absl::Seconds(86400);

void check_source_ranges(const ServiceAddress& address, std::size_t index, Checker& checker) {
  const absl::StatusOr<IpAddress> parsed = IpAddress::parse(address.address);
  for (std::size_t i = 0; i < address.source_ranges.size(); ++i) {
    const std::string field =
        absl::StrCat(element("addresses", index, "source_ranges"), "[", i, "]");
    const absl::StatusOr<IpPrefix> range = IpPrefix::parse(address.source_ranges[i]);
    if (!range.ok()) {
      checker.fault(field, std::string(range.status().message()));
    } else if (parsed.ok() && parsed->family() != range->family()) {
      checker.fault(
          field, absl::StrCat("is ", std::string(to_string(range->family())),
                              ", but the address is ", std::string(to_string(parsed->family()))));
    }
  }
}

// What stands beside the address itself.
void check_use(const ServiceAddress& address, std::size_t index, Checker& checker) {
  if (!address.kind) checker.fault(element("addresses", index, "kind"), kUnknown);
  if (!address.traffic_policy) {
    checker.fault(element("addresses", index, "traffic_policy"), kUnknown);
  }
  if (!address.source_address) {
    checker.fault(element("addresses", index, "source_address"), kUnknown);
  }
  check_source_ranges(address, index, checker);
}

void check_addresses(const Service& service, Checker& checker) {
  if (service.addresses.empty()) checker.fault("addresses", "a Service needs at least one address");
  absl::flat_hash_map<IpAddress, std::size_t> seen;
  for (std::size_t i = 0; i < service.addresses.size(); ++i) {
    check_use(service.addresses[i], i, checker);
    if (service.addresses[i].kind == FrontendKind::kNodePort) continue;
    const std::string field = element("addresses", i, "address");
    const auto address = checker.unicast(field, service.addresses[i].address);
    if (!address) continue;
    if (checker.facts().next_hops.contains(*address)) {
      checker.fault(field, absl::StrCat(address->to_string(), " is the next hop of a route"));
    }
    const auto [first, is_new] = seen.emplace(*address, i);
    if (!is_new) {
      checker.fault(field, absl::StrCat(address->to_string(), " is also ",
                                        element("addresses", first->second, "address")));
    }
  }
}

// The addresses of KIND_NODE_PORT, and whether the ports have what it needs. A gateway without
// node-port addresses serves none and takes the rest: Services of type LoadBalancer have node ports
// that nobody asked for.
void check_node_port_address(const Service& service, Checker& checker) {
  const auto is_node_port = [](const ServiceAddress& a) {
    return a.kind == FrontendKind::kNodePort;
  };
  const auto& addresses = service.addresses;
  const auto first = std::find_if(addresses.begin(), addresses.end(), is_node_port);
  if (first == addresses.end()) return;
  const auto index = [&](auto at) { return static_cast<std::size_t>(at - addresses.begin()); };
  if (!first->address.empty()) {
    checker.fault(element("addresses", index(first), "address"),
                  "must be empty: node ports are on the gateway's node-port addresses");
  }
  const auto second = std::find_if(first + 1, addresses.end(), is_node_port);
  if (second != addresses.end()) {
    checker.fault(element("addresses", index(second), "kind"),
                  absl::StrCat("is also that of ", element("addresses", index(first), "")));
  }
  if (std::none_of(service.ports.begin(), service.ports.end(),
                   [](const Port& port) { return port.node_port != 0; })) {
    checker.fault(element("addresses", index(first), "kind"), "no port has a node port");
  }
}

// Ports by protocol and number, and which field has each: no two may have the same.
class PortNumbers {
 public:
  explicit PortNumbers(Checker& checker) : checker_(checker) {}

  void add(Protocol protocol, std::uint32_t port, const std::string& field,
           const std::string& called) {
    const auto [same, is_new] = fields_.emplace(std::pair(protocol, port), called);
    if (is_new) return;
    checker_.fault(field, absl::StrCat(port, "/", std::string(to_string(protocol)), " is also ",
                                       same->second));
  }

 private:
  Checker& checker_;
  absl::flat_hash_map<std::pair<Protocol, std::uint32_t>, std::string> fields_;
};

// The node ports, and the port where the Service's health is asked: they share addresses.
void check_gateway_ports(const Service& service, Checker& checker) {
  const NodePortConfig& range = checker.facts().node_ports;
  const bool has_address =
      std::any_of(service.addresses.begin(), service.addresses.end(),
                  [](const ServiceAddress& a) { return a.kind == FrontendKind::kNodePort; });
  PortNumbers numbers(checker);
  for (std::size_t i = 0; i < service.ports.size(); ++i) {
    const Port& port = service.ports[i];
    if (port.node_port == 0) continue;
    const std::string field = element("ports", i, "node_port");
    if (!has_address) checker.fault(field, "needs an address of KIND_NODE_PORT");
    const bool in_range = port.node_port >= range.first_port && port.node_port <= range.last_port;
    if (!in_range && !range.addresses.empty()) {
      checker.fault(field, absl::StrCat("must be ", range.first_port, " to ", range.last_port,
                                        ", the gateway's node ports, is ", port.node_port));
    } else if (port.protocol) {
      numbers.add(*port.protocol, port.node_port, field, field);
    }
  }
  if (service.health_check_port == 0) return;
  checker.port_number("health_check_port", service.health_check_port);
  numbers.add(Protocol::kTcp, service.health_check_port, "health_check_port", "health_check_port");
}

void check_ports(const Service& service, Checker& checker) {
  if (service.ports.empty()) checker.fault("ports", "a Service needs at least one port");
  absl::flat_hash_map<std::string, std::size_t> names;
  PortNumbers numbers(checker);
  for (std::size_t i = 0; i < service.ports.size(); ++i) {
    const Port& port = service.ports[i];
    if (!port.name.empty() && !is_dns_label(port.name)) {
      checker.fault(element("ports", i, "name"),
                    absl::StrCat(quote(port.name), " is no RFC 1123 label"));
    }
    const auto [same_name, name_is_new] = names.emplace(port.name, i);
    if (!name_is_new) {
      checker.fault(element("ports", i, "name"),
                    absl::StrCat(quote(port.name), " is also the name of ",
                                 element("ports", same_name->second, "")));
    }
    checker.port_number(element("ports", i, "port"), port.port);
    if (!port.protocol) {
      checker.fault(element("ports", i, "protocol"), "must be TCP, UDP or SCTP");
      continue;
    }
    numbers.add(*port.protocol, port.port, element("ports", i, "port"), element("ports", i, ""));
  }
}

void check_choice(const Service& service, Checker& checker) {
  if (!service.selection) checker.fault("selection", kUnknown);
  const auto* size = std::find(kMaglevSizes.begin(), kMaglevSizes.end(), service.maglev_table_size);
  if (service.maglev_table_size != 0 && size == kMaglevSizes.end()) {
    checker.fault("maglev_table_size",
                  absl::StrCat("must be 0 or one of ", absl::StrJoin(kMaglevSizes, ", "), ", is ",
                               service.maglev_table_size));
  }
  if (!service.client_affinity) return;
  const absl::Duration affinity = *service.client_affinity;
  if (affinity < absl::Seconds(1) || affinity > kMaxAffinity ||
      affinity != absl::Trunc(affinity, absl::Seconds(1))) {
    checker.fault("client_affinity", absl::StrCat("must be 1s to 86400s in whole seconds, is ",
                                                  absl::FormatDuration(affinity)));
  }
}

}  // namespace

bool check(const Service& service, const GatewayFacts& facts, Violations& violations) {
  Checker checker(key_of(service), facts, violations);
  if (!is_service_name(service.name)) checker.fault("name", kServiceNameRule);
  check_addresses(service, checker);
  check_node_port_address(service, checker);
  check_ports(service, checker);
  check_gateway_ports(service, checker);
  check_choice(service, checker);
  if (!service.source_address) checker.fault("source_address", kUnknown);
  return checker.good();
}

}  // namespace portico::store
