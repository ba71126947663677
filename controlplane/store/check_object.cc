#include "controlplane/store/check_object.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "controlplane/store/checker.h"
#include "include/portico/quote.h"
#include "include/portico/tables.h"

namespace portico::store {
namespace {

constexpr std::uint32_t kMaxWeight = 1000;

// Visible ASCII, so that a log line or a table shows what it is.
bool is_endpoint_name(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxName &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); });
}

// `path`: of the object that has the gateway and the port, "next_hops[0]."; "" is the route itself.
void check_gateway(const std::string& gateway_text, const std::string& port, const IpPrefix& prefix,
                   const std::string& path, Checker& checker) {
  const absl::StatusOr<IpAddress> gateway = IpAddress::parse(gateway_text);
  if (gateway.ok() && gateway->is_link_local()) {  // usual for IPv6, RFC 4861 section 8
    if (port.empty()) {
      checker.fault(path + "port", "a link-local gateway needs the port of its link");
    }
  } else if (!checker.unicast(path + "gateway", gateway_text)) {
    return;
  }
  if (gateway->family() != prefix.family()) {
    checker.fault(path + "gateway",
                  absl::StrCat("is ", std::string(to_string(gateway->family())),
                               ", but the prefix is ", std::string(to_string(prefix.family()))));
  }
}

void check_next_hops(const Route& route, const IpPrefix& prefix, Checker& checker) {
  if (!route.gateway.empty() || !route.port.empty()) {
    checker.fault("next_hops", "stand instead of `gateway` and `port`, not beside them");
  }
  if (route.next_hops.size() > kMaxNextHops) {
    checker.fault("next_hops",
                  absl::StrCat("are at most ", kMaxNextHops, ", not ", route.next_hops.size()));
  }
  absl::flat_hash_map<std::string, std::size_t> gateways;
  for (std::size_t i = 0; i < route.next_hops.size(); ++i) {
    const RouteHop& hop = route.next_hops[i];
    check_gateway(hop.gateway, hop.port, prefix, absl::StrCat(element("next_hops", i, ""), "."),
                  checker);
    const auto gateway = IpAddress::parse(hop.gateway);
    const std::string key = absl::StrCat(gateway.ok() ? gateway->to_string() : "", " ", hop.port);
    const auto [same, is_new] = gateways.emplace(key, i);
    if (!is_new && gateway.ok()) {
      checker.fault(element("next_hops", i, "gateway"),
                    absl::StrCat("is also that of ", element("next_hops", same->second, "")));
    }
  }
}

}  // namespace

bool check(const Endpoint& endpoint, const GatewayFacts& facts, Violations& violations) {
  Checker checker(key_of(endpoint), facts, violations);
  if (!is_endpoint_name(endpoint.name)) {
    checker.fault("name", "must be 1 to 253 visible ASCII characters");
  }
  if (!is_service_name(endpoint.service)) checker.fault("service", kServiceNameRule);
  checker.unicast("address", endpoint.address);
  if (endpoint.node.size() > kMaxName) {
    checker.fault("node", absl::StrCat("must be at most 253 bytes, is ", endpoint.node.size()));
  }
  if (!endpoint.state) checker.fault("state", kUnknown);
  if (!endpoint.local_state) checker.fault("local_state", kUnknown);
  if (endpoint.weight > kMaxWeight) {
    checker.fault("weight", absl::StrCat("must be 0 to ", kMaxWeight, ", is ", endpoint.weight));
  }
  if (endpoint.ports.empty()) checker.fault("ports", "an endpoint needs at least one port");
  absl::flat_hash_map<std::string, std::size_t> names;
  for (std::size_t i = 0; i < endpoint.ports.size(); ++i) {
    const EndpointPort& port = endpoint.ports[i];
    const auto [same, is_new] = names.emplace(port.name, i);
    if (!is_new) {
      checker.fault(element("ports", i, "name"), absl::StrCat(quote(port.name), " is also that of ",
                                                              element("ports", same->second, "")));
    }
    checker.port_number(element("ports", i, "port"), port.port);
  }
  return checker.good();
}

bool check(const Route& route, const GatewayFacts& facts, Violations& violations) {
  Checker checker(key_of(route), facts, violations);
  const absl::StatusOr<IpPrefix> prefix = IpPrefix::parse(route.prefix);
  if (!prefix.ok()) {
    checker.fault("prefix", std::string(prefix.status().message()));
  } else if (prefix->address().is_multicast()) {
    checker.fault("prefix", "is a multicast prefix");
  } else if (prefix->address().is_loopback()) {
    checker.fault("prefix", "is a loopback prefix");
  } else if (!route.next_hops.empty()) {
    check_next_hops(route, *prefix, checker);
  } else if (route.gateway.empty() && route.port.empty()) {
    checker.fault("", "needs a gateway or a port");
  } else if (!route.gateway.empty()) {
    check_gateway(route.gateway, route.port, *prefix, "", checker);
  }
  return checker.good();
}

}  // namespace portico::store
