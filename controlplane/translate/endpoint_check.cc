#include <optional>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "controlplane/translate/endpoints.h"
#include "controlplane/translate/values.h"

namespace portico {
namespace {

constexpr char kServiceNameLabel[] = "kubernetes.io/service-name";
constexpr char kHeadlessLabel[] = "service.kubernetes.io/headless";

void check_address(const std::string& text, const std::string& family, const std::string& field,
                   Reporter* reporter) {
  const absl::StatusOr<IpAddress> address = parse_host_address(text);
  if (!address.ok()) {
    reporter->fault(field, std::string(address.status().message()));
  } else if (to_string(address->family()) != family) {
    reporter->fault(field,
                    absl::StrCat("\"", text, "\" is not of the slice's addressType, ", family));
  }
}

void check_ports(const kubernetes::EndpointSlice& slice, Reporter* reporter) {
  std::set<std::string> names;
  for (int i = 0; i < slice.ports_size(); ++i) {
    const kubernetes::EndpointPort& port = slice.ports(i);
    const std::string field = absl::StrCat("ports[", i, "]");
    const absl::StatusOr<v1::Protocol> protocol = parse_protocol(port.protocol());
    if (!protocol.ok()) {
      reporter->fault(field + ".protocol", std::string(protocol.status().message()));
    }
    const absl::StatusOr<std::uint32_t> number = check_port(port.port());
    if (port.port() != 0 && !number.ok()) {
      reporter->fault(field + ".port", std::string(number.status().message()));
    }
    if (port.has_name() && !names.insert(port.name()).second) {
      reporter->fault(field + ".name",
                      absl::StrCat("\"", port.name(), "\" is the name of another port too"));
    }
  }
}

std::string service_name(const kubernetes::EndpointSlice& slice) {
  const auto& labels = slice.metadata().labels();
  const auto label = labels.find(kServiceNameLabel);
  return label == labels.end() ? "" : label->second;
}

}  // namespace

std::optional<std::string> why_not_used(const kubernetes::EndpointSlice& slice) {
  if (slice.address_type() == "FQDN") return "has host names (FQDN), not addresses";
  if (slice.metadata().labels().contains(kHeadlessLabel)) {
    return absl::StrCat("is of a headless Service by its label ", kHeadlessLabel);
  }
  if (service_name(slice).empty()) {
    return absl::StrCat("is of no Service: it has no label ", kServiceNameLabel);
  }
  return std::nullopt;
}

std::string service_of(const kubernetes::EndpointSlice& slice) {
  return absl::StrCat(slice.metadata().namespace_(), "/", service_name(slice));
}

void check_slice(const kubernetes::EndpointSlice& slice, Reporter* reporter) {
  const std::string& type = slice.address_type();
  if (type != "IPv4" && type != "IPv6") {
    reporter->fault("addressType",
                    type.empty() ? "is missing"
                                 : absl::StrCat("\"", type, "\" is none of IPv4, IPv6 and FQDN"));
    return;
  }
  check_ports(slice, reporter);
  for (int i = 0; i < slice.endpoints_size(); ++i) {
    const auto& addresses = slice.endpoints(i).addresses();
    const std::string field = absl::StrCat("endpoints[", i, "].addresses");
    if (addresses.empty()) reporter->fault(field, "is missing or empty");
    for (int j = 0; j < addresses.size(); ++j) {
      check_address(addresses[j], type, absl::StrCat(field, "[", j, "]"), reporter);
    }
  }
}

}  // namespace portico
