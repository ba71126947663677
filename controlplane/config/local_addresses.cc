// snat and node_ports: the addresses and ports at which the gateway is reached itself.

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "controlplane/config/addresses.h"
#include "controlplane/config/sections.h"

namespace portico {
namespace {

// Adds a fault if a port is on a network on which no host can have `address`.
void check_networks(const IpAddress& address, const GatewayConfig& config, absl::string_view field,
                    FieldFaults* faults) {
  for (const PortConfig& port : config.ports) {
    for (const InterfaceAddress& own : port.addresses) {
      const absl::string_view why = why_no_host_of(address, own.subnet());
      if (!why.empty()) return faults->add(field, absl::StrCat(address.to_string(), " ", why));
    }
  }
}

std::vector<IpAddress> read_addresses(const google::protobuf::RepeatedPtrField<std::string>& texts,
                                      absl::string_view list, absl::string_view why_no_link_local,
                                      const GatewayConfig& config, FieldFaults* faults) {
  std::vector<IpAddress> addresses;
  absl::flat_hash_set<IpAddress> seen;
  for (int i = 0; i < texts.size(); ++i) {
    const std::string field = indexed(list, i);
    const auto address = read_host_address(texts.Get(i), field, faults);
    if (!address.has_value()) continue;
    if (!seen.insert(*address).second) faults->add(field, "is in the list already");
    if (address->is_link_local()) faults->add(field, why_no_link_local);
    check_networks(*address, config, field, faults);
    addresses.push_back(*address);
  }
  return addresses;
}

// The fields first_port and last_port of `section`, a snat or node_ports; absent ones stay as they
// are in `config`.
template <typename Section, typename Config>
void read_port_range(const Section& section, absl::string_view path, Config* config,
                     FieldFaults* faults) {
  const std::string first = absl::StrCat(path, ".first_port");
  const std::string last = absl::StrCat(path, ".last_port");
  bool in_range = true;
  const auto read_port = [&](absl::string_view field, std::uint32_t value, std::uint16_t* out) {
    if (faults->check_range(field, value, 1u, 65535u)) {
      *out = static_cast<std::uint16_t>(value);
    } else {
      in_range = false;
    }
  };
  if (section.has_first_port()) read_port(first, section.first_port(), &config->first_port);
  if (section.has_last_port()) read_port(last, section.last_port(), &config->last_port);
  if (in_range && config->first_port > config->last_port) {
    faults->add(section.has_last_port() ? last : first,
                absl::StrCat("the first port, ", config->first_port, ", is above the last, ",
                             config->last_port));
  }
}

void read_cluster_cidrs(const config::v1::Snat& snat, SnatConfig* config, FieldFaults* faults) {
  absl::flat_hash_set<IpPrefix> seen;
  for (int i = 0; i < snat.cluster_cidrs_size(); ++i) {
    const std::string field = indexed("snat.cluster_cidrs", i);
    const absl::StatusOr<IpPrefix> prefix = IpPrefix::parse(snat.cluster_cidrs(i));
    if (snat.cluster_cidrs(i).find('/') == std::string::npos) {
      faults->add(field, "has no length, as in /16");
      continue;
    }
    if (!prefix.ok()) {
      faults->add(field, prefix.status().message());
      continue;
    }
    if (prefix->address().is_multicast()) faults->add(field, "is multicast, no client is there");
    if (!seen.insert(*prefix).second) faults->add(field, "is in the list already");
    config->cluster_cidrs.push_back(*prefix);
  }
}

}  // namespace

void read_snat(const config::v1::Snat& snat, GatewayConfig* config, FieldFaults* faults) {
  config->snat.addresses =
      read_addresses(snat.addresses(), "snat.addresses",
                     "is link-local, replies cannot be routed to it", *config, faults);
  read_port_range(snat, "snat", &config->snat, faults);
  read_cluster_cidrs(snat, &config->snat, faults);
  if (snat.has_masquerade_all()) config->snat.masquerade_all = snat.masquerade_all();
}

void read_node_ports(const config::v1::NodePorts& node_ports, GatewayConfig* config,
                     FieldFaults* faults) {
  NodePortConfig& result = config->node_ports;
  result.addresses =
      read_addresses(node_ports.addresses(), "node_ports.addresses",
                     "is link-local, clients behind a router cannot reach it", *config, faults);
  read_port_range(node_ports, "node_ports", &result, faults);
  if (!node_ports.addresses().empty()) return;
  for (const PortConfig& port : config->ports) {
    if (!port.uplink) continue;
    for (const InterfaceAddress& own : port.addresses) {
      if (!own.address.is_link_local()) result.addresses.push_back(own.address);
    }
  }
}

}  // namespace portico
