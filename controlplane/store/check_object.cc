#include "controlplane/store/check_object.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace portico::store {
namespace {

constexpr std::size_t kMaxLabel = 63;  // RFC 1035 section 2.3.4
constexpr std::size_t kMaxName = 253;  // as a Kubernetes object's name
constexpr std::uint32_t kMaxPort = 65535;

// Adds violations of one object.
class Checker {
 public:
  Checker(ObjectKey object, const GatewayAddresses& own, Violations& violations)
      : object_(std::move(object)),
        own_(own),
        violations_(violations),
        count_before_(violations.count()) {}

  void fault(std::string field, std::string message) {
    violations_.add(object_, std::move(field), std::move(message));
  }
  bool good() const { return violations_.count() == count_before_; }

  void port_number(std::string field, std::uint32_t port) {
    if (port == 0 || port > kMaxPort) {
      fault(std::move(field), absl::StrCat("must be 1 to 65535, is ", port));
    }
  }

  // A unicast address that a packet can have been sent to, or absent. The special ones are those
  // that Kubernetes refuses for endpoints and external IPs too (ValidateNonSpecialIP).
  std::optional<IpAddress> unicast(const std::string& field, const std::string& text) {
    const absl::StatusOr<IpAddress> address = IpAddress::parse(text);
    const auto refuse = [&](absl::string_view why) {
      fault(field, absl::StrCat("\"", text, "\" ", why));
      return std::nullopt;
    };
    if (!address.ok()) return refuse("is no IP address");
    if (address->is_unspecified()) return refuse("is the unspecified address");
    if (address->is_loopback()) return refuse("is a loopback address");
    if (address->is_multicast()) return refuse("is a multicast address");
    if (address->is_broadcast()) return refuse("is the broadcast address");
    if (address->is_link_local()) return refuse("is a link-local address");
    if (is_v4_mapped(*address)) return refuse("is an IPv4-mapped address; write it as IPv4");
    if (own_.contains(*address)) return refuse("is an address of the gateway itself");
    return *address;
  }

  // RFC 4291 section 2.5.5.2: never on the wire.
  static bool is_v4_mapped(const IpAddress& address) {
    static constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return !address.is_v4() && std::equal(std::begin(kMapped), std::end(kMapped), address.data());
  }

 private:
  ObjectKey object_;
  const GatewayAddresses& own_;
  Violations& violations_;
  std::size_t count_before_;
};

// RFC 1123 section 2.1, as Kubernetes writes it: a-z, 0-9 and "-", which neither begins nor ends
// it.
bool is_dns_label(absl::string_view text) {
  const auto good = [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-';
  };
  return !text.empty() && text.size() <= kMaxLabel && std::all_of(text.begin(), text.end(), good) &&
         text.front() != '-' && text.back() != '-';
}

bool is_service_name(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('/', 1));
  return is_dns_label(parts.first) && is_dns_label(parts.second);
}

// Visible ASCII, so that a log line or a table shows what it is.
bool is_endpoint_name(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxName &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); });
}

constexpr absl::string_view kServiceNameRule =
    "must be \"namespace/name\", each an RFC 1123 label: at most 63 of a-z, 0-9 and \"-\", which "
    "neither begins nor ends it";

std::string element(absl::string_view list, std::size_t index, absl::string_view field) {
  return absl::StrCat(list, "[", index, "]", field.empty() ? "" : ".", field);
}

void check_addresses(const Service& service, Checker& checker) {
  if (service.addresses.empty()) checker.fault("addresses", "a Service needs at least one address");
  absl::flat_hash_map<IpAddress, std::size_t> seen;
  for (std::size_t i = 0; i < service.addresses.size(); ++i) {
    const std::string field = element("addresses", i, "address");
    if (const auto address = checker.unicast(field, service.addresses[i].address)) {
      const auto [first, is_new] = seen.emplace(*address, i);
      if (!is_new) {
        checker.fault(field, absl::StrCat(address->to_string(), " is also ",
                                          element("addresses", first->second, "address")));
      }
    }
    if (!service.addresses[i].kind) {
      checker.fault(element("addresses", i, "kind"), "is unknown to this gateway");
    }
  }
}

void check_ports(const Service& service, Checker& checker) {
  if (service.ports.empty()) checker.fault("ports", "a Service needs at least one port");
  absl::flat_hash_map<std::string, std::size_t> names;
  absl::flat_hash_map<std::pair<Protocol, std::uint32_t>, std::size_t> numbers;
  for (std::size_t i = 0; i < service.ports.size(); ++i) {
    const Port& port = service.ports[i];
    if (!port.name.empty() && !is_dns_label(port.name)) {
      checker.fault(element("ports", i, "name"),
                    absl::StrCat("\"", port.name, "\" is no RFC 1123 label"));
    }
    const auto [same_name, name_is_new] = names.emplace(port.name, i);
    if (!name_is_new) {
      checker.fault(element("ports", i, "name"),
                    absl::StrCat("\"", port.name, "\" is also the name of ",
                                 element("ports", same_name->second, "")));
    }
    checker.port_number(element("ports", i, "port"), port.port);
    if (!port.protocol) {
      checker.fault(element("ports", i, "protocol"), "must be TCP, UDP or SCTP");
      continue;
    }
    const auto [same, is_new] = numbers.emplace(std::pair(*port.protocol, port.port), i);
    if (!is_new) {
      checker.fault(element("ports", i, "port"),
                    absl::StrCat(port.port, "/", std::string(to_string(*port.protocol)),
                                 " is also ", element("ports", same->second, "")));
    }
  }
}

void check_gateway(const Route& route, const IpPrefix& prefix, Checker& checker) {
  const absl::StatusOr<IpAddress> gateway = IpAddress::parse(route.gateway);
  if (gateway.ok() && gateway->is_link_local()) {  // usual for IPv6, RFC 4861 section 8
    if (route.port.empty())
      checker.fault("port", "a link-local gateway needs the port of its link");
  } else if (!checker.unicast("gateway", route.gateway)) {
    return;
  }
  if (gateway->family() != prefix.family()) {
    checker.fault("gateway",
                  absl::StrCat("is ", std::string(to_string(gateway->family())),
                               ", but the prefix is ", std::string(to_string(prefix.family()))));
  }
}

}  // namespace

bool check(const Service& service, const GatewayAddresses& own, Violations& violations) {
  Checker checker(key_of(service), own, violations);
  if (!is_service_name(service.name)) checker.fault("name", std::string(kServiceNameRule));
  check_addresses(service, checker);
  check_ports(service, checker);
  if (!service.selection) checker.fault("selection", "is unknown to this gateway");
  if (!service.source_address) checker.fault("source_address", "is unknown to this gateway");
  return checker.good();
}

bool check(const Endpoint& endpoint, const GatewayAddresses& own, Violations& violations) {
  Checker checker(key_of(endpoint), own, violations);
  if (!is_endpoint_name(endpoint.name)) {
    checker.fault("name", "must be 1 to 253 visible ASCII characters");
  }
  if (!is_service_name(endpoint.service)) checker.fault("service", std::string(kServiceNameRule));
  checker.unicast("address", endpoint.address);
  if (endpoint.node.size() > kMaxName) {
    checker.fault("node", absl::StrCat("must be at most 253 bytes, is ", endpoint.node.size()));
  }
  if (!endpoint.state) checker.fault("state", "is unknown to this gateway");
  if (endpoint.ports.empty()) checker.fault("ports", "an endpoint needs at least one port");
  absl::flat_hash_map<std::string, std::size_t> names;
  for (std::size_t i = 0; i < endpoint.ports.size(); ++i) {
    const EndpointPort& port = endpoint.ports[i];
    const auto [same, is_new] = names.emplace(port.name, i);
    if (!is_new) {
      checker.fault(
          element("ports", i, "name"),
          absl::StrCat("\"", port.name, "\" is also that of ", element("ports", same->second, "")));
    }
    checker.port_number(element("ports", i, "port"), port.port);
  }
  return checker.good();
}

bool check(const Route& route, const GatewayAddresses& own, Violations& violations) {
  Checker checker(key_of(route), own, violations);
  const absl::StatusOr<IpPrefix> prefix = IpPrefix::parse(route.prefix);
  if (!prefix.ok()) {
    checker.fault("prefix", std::string(prefix.status().message()));
  } else if (prefix->address().is_multicast()) {
    checker.fault("prefix", "is a multicast prefix");
  } else if (prefix->address().is_loopback()) {
    checker.fault("prefix", "is a loopback prefix");
  } else if (route.gateway.empty() && route.port.empty()) {
    checker.fault("", "needs a gateway or a port");
  } else if (!route.gateway.empty()) {
    check_gateway(route, *prefix, checker);
  }
  return checker.good();
}

}  // namespace portico::store
