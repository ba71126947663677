#include "controlplane/translate/node.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "controlplane/translate/values.h"

namespace portico {
namespace {

// The first of each family.
std::map<Family, IpAddress> internal_addresses(const kubernetes::Node& node, Reporter* reporter) {
  std::map<Family, IpAddress> addresses;
  for (int i = 0; i < node.status().addresses_size(); ++i) {
    const kubernetes::NodeAddress& entry = node.status().addresses(i);
    if (entry.type() != "InternalIP") continue;
    const absl::StatusOr<IpAddress> address = parse_host_address(entry.address());
    if (address.ok()) {
      addresses.emplace(address->family(), *address);
    } else {
      reporter->fault(absl::StrCat("status.addresses[", i, "].address"),
                      std::string(address.status().message()));
    }
  }
  return addresses;
}

}  // namespace

std::vector<v1::Route> translate_node(const kubernetes::Node& node, Reporter* reporter) {
  std::vector<std::string> networks(node.spec().pod_cidrs().begin(), node.spec().pod_cidrs().end());
  if (networks.empty() && !node.spec().pod_cidr().empty()) {
    networks.push_back(node.spec().pod_cidr());
  }
  if (networks.empty()) {
    reporter->pass_over("", "has no Pod networks (spec.podCIDRs) that would become routes");
    return {};
  }
  const std::map<Family, IpAddress> gateways = internal_addresses(node, reporter);
  std::vector<v1::Route> routes;
  for (std::size_t i = 0; i < networks.size(); ++i) {
    const std::string field = absl::StrCat("spec.podCIDRs[", i, "]");
    const absl::StatusOr<IpPrefix> prefix = IpPrefix::parse(networks[i]);
    if (!prefix.ok()) {
      reporter->fault(field, std::string(prefix.status().message()));
      continue;
    }
    const auto gateway = gateways.find(prefix->family());
    if (gateway == gateways.end()) {
      reporter->fault("status.addresses",
                      absl::StrCat("has no ", std::string(to_string(prefix->family())),
                                   " InternalIP by which to reach ", prefix->to_string()));
      continue;
    }
    const std::string text = prefix->to_string();
    if (std::any_of(routes.begin(), routes.end(),
                    [&](const v1::Route& route) { return route.prefix() == text; })) {
      reporter->fault(field, absl::StrCat(text, " is in the list twice"));
      continue;
    }
    v1::Route& route = routes.emplace_back();
    route.set_prefix(text);
    route.set_gateway(gateway->second.to_string());
  }
  return routes;
}

std::set<std::string> internal_ips(const kubernetes::Node& node) {
  std::set<std::string> addresses;
  for (const kubernetes::NodeAddress& entry : node.status().addresses()) {
    const absl::StatusOr<IpAddress> address = IpAddress::parse(entry.address());
    if (entry.type() == "InternalIP" && address.ok()) addresses.insert(address->to_string());
  }
  return addresses;
}

}  // namespace portico
