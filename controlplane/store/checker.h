#pragma once

// What the checks of all kinds of objects share.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "controlplane/store/gateway_facts.h"
#include "controlplane/store/objects.h"
#include "controlplane/store/violations.h"
#include "include/portico/ip_address.h"

namespace portico::store {

inline constexpr std::size_t kMaxName = 253;  // as a Kubernetes object's name
inline constexpr char kUnknown[] = "is unknown to this gateway";
inline constexpr char kServiceNameRule[] =
    "must be \"namespace/name\", each an RFC 1123 label: at most 63 of a-z, 0-9 and \"-\", which "
    "neither begins nor ends it";

// Adds violations of one object.
class Checker {
 public:
  Checker(ObjectKey object, const GatewayFacts& facts, Violations& violations)
      : object_(std::move(object)),
        facts_(facts),
        violations_(violations),
        count_before_(violations.count()) {}

  void fault(std::string field, std::string message) {
    violations_.add(object_, std::move(field), std::move(message));
  }
  bool good() const { return violations_.count() == count_before_; }
  const GatewayFacts& facts() const { return facts_; }

  void port_number(std::string field, std::uint32_t port);

  // A unicast address that a packet can have been sent to, or absent. The special ones are those
  // that Kubernetes refuses for endpoints and external IPs too (ValidateNonSpecialIP).
  std::optional<IpAddress> unicast(const std::string& field, const std::string& text);

 private:
  ObjectKey object_;
  const GatewayFacts& facts_;
  Violations& violations_;
  std::size_t count_before_;
};

// RFC 1123 section 2.1, as Kubernetes writes it: a-z, 0-9 and "-", which neither begins nor ends
// it.
bool is_dns_label(absl::string_view text);

bool is_service_name(absl::string_view text);

// "ports[1].name"; without a field "ports[1]".
std::string element(absl::string_view list, std::size_t index, absl::string_view field);

}  // namespace portico::store
