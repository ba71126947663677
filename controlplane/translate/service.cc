#include "controlplane/translate/service.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controlplane/translate/values.h"

namespace portico {
namespace {

using kubernetes::ServicePort;
using kubernetes::ServiceSpec;

constexpr char kProxyNameLabel[] = "service.kubernetes.io/service-proxy-name";

void check_name(const kubernetes::ObjectMeta& metadata, Reporter* reporter) {
  for (const auto& [field, value] : {std::pair("metadata.name", metadata.name()),
                                     std::pair("metadata.namespace", metadata.namespace_())}) {
    if (is_dns_label(value)) continue;
    reporter->fault(field, absl::StrCat("\"", value, "\" is no DNS label (RFC 1123)"));
  }
}

// Adds the address unless the Service has it already, by whichever way it came first.
void add_address(const std::string& text, v1::ServiceAddress::Kind kind, const std::string& field,
                 v1::Service* out, Reporter* reporter) {
  const absl::StatusOr<IpAddress> address = parse_host_address(text);
  if (!address.ok()) {
    reporter->fault(field, std::string(address.status().message()));
    return;
  }
  const std::string canonical = address->to_string();
  for (const v1::ServiceAddress& present : out->addresses()) {
    if (present.address() == canonical) return;
  }
  v1::ServiceAddress& added = *out->add_addresses();
  added.set_address(canonical);
  added.set_kind(kind);
}

void add_cluster_ips(const ServiceSpec& spec, v1::Service* out, Reporter* reporter) {
  if (spec.cluster_ips().empty()) {
    add_address(spec.cluster_ip(), v1::ServiceAddress::KIND_CLUSTER_IP, "spec.clusterIP", out,
                reporter);
    return;
  }
  // ValidateServiceClusterIPsRelatedFields in k8s.io/kubernetes/pkg/apis/core/validation.
  if (!spec.cluster_ip().empty() && spec.cluster_ip() != spec.cluster_ips(0)) {
    reporter->fault("spec.clusterIPs[0]",
                    absl::StrCat("\"", spec.cluster_ips(0), "\" is not spec.clusterIP, \"",
                                 spec.cluster_ip(), "\""));
  }
  std::set<Family> families;
  for (int i = 0; i < spec.cluster_ips_size(); ++i) {
    const std::string& text = spec.cluster_ips(i);
    const std::string field = absl::StrCat("spec.clusterIPs[", i, "]");
    add_address(text, v1::ServiceAddress::KIND_CLUSTER_IP, field, out, reporter);
    const absl::StatusOr<IpAddress> address = IpAddress::parse(text);
    if (address.ok() && !families.insert(address->family()).second) {
      reporter->fault(field, "is the second address of its family");
    }
  }
}

void add_addresses(const kubernetes::Service& service, v1::Service* out, Reporter* reporter) {
  const ServiceSpec& spec = service.spec();
  add_cluster_ips(spec, out, reporter);
  for (int i = 0; i < spec.external_ips_size(); ++i) {
    add_address(spec.external_ips(i), v1::ServiceAddress::KIND_EXTERNAL_IP,
                absl::StrCat("spec.externalIPs[", i, "]"), out, reporter);
  }
  const auto& ingress = service.status().load_balancer().ingress();
  for (int i = 0; i < ingress.size(); ++i) {
    // With ipMode Proxy no packet has this address as its destination; a hostname is no address.
    const bool is_vip = !ingress[i].has_ip_mode() || ingress[i].ip_mode() == "VIP";
    if (ingress[i].ip().empty() || !is_vip) continue;
    add_address(ingress[i].ip(), v1::ServiceAddress::KIND_LOAD_BALANCER_IP,
                absl::StrCat("status.loadBalancer.ingress[", i, "].ip"), out, reporter);
  }
}

void add_port(const ServicePort& port, const std::string& field, v1::Service* out,
              Reporter* reporter) {
  v1::ServicePort added;
  added.set_name(port.name());
  const absl::StatusOr<v1::Protocol> protocol = parse_protocol(port.protocol());
  if (!protocol.ok()) {
    reporter->fault(field + ".protocol", std::string(protocol.status().message()));
    return;
  }
  added.set_protocol(*protocol);
  const absl::StatusOr<std::uint32_t> number = check_port(port.port());
  if (!number.ok()) {
    reporter->fault(field + ".port",
                    port.has_port() ? std::string(number.status().message()) : "is missing");
    return;
  }
  added.set_port(*number);
  for (const v1::ServicePort& present : out->ports()) {
    if (present.name() == added.name()) {
      reporter->fault(field + ".name",
                      absl::StrCat("\"", added.name(), "\" is the name of another port too"));
    }
    if (present.port() == added.port() && present.protocol() == added.protocol()) {
      reporter->fault(field + ".port", absl::StrCat(added.port(), " is another port's of the same ",
                                                    "protocol too"));
    }
  }
  *out->add_ports() = std::move(added);
}

void add_ports(const ServiceSpec& spec, v1::Service* out, Reporter* reporter) {
  if (spec.ports().empty()) reporter->fault("spec.ports", "is missing or empty");
  for (int i = 0; i < spec.ports_size(); ++i) {
    const std::string field = absl::StrCat("spec.ports[", i, "]");
    const std::string& name = spec.ports(i).name();
    if (name.empty() && spec.ports_size() > 1) {
      reporter->fault(field + ".name", "is missing, which only one that is alone may be");
    } else if (!name.empty() && !is_dns_label(name)) {
      reporter->fault(field + ".name", absl::StrCat("\"", name, "\" is no DNS label (RFC 1123)"));
    }
    add_port(spec.ports(i), field, out, reporter);
  }
}

void read_annotation(const std::string& key, const std::string& value, v1::Service* out,
                     Reporter* reporter) {
  const std::string field = absl::StrCat("metadata.annotations.", key);
  const auto refuse = [&](const char* allowed) {
    reporter->fault(field, absl::StrCat("must be ", allowed, ", is \"", value, "\""));
  };
  if (key == kSourceAddressAnnotation) {
    if (value == "preserve") {
      out->set_source_address(v1::SOURCE_ADDRESS_PRESERVE);
    } else if (value == "masquerade") {
      out->set_source_address(v1::SOURCE_ADDRESS_MASQUERADE);
    } else {
      refuse("preserve or masquerade");
    }
  } else if (key == kSelectionAnnotation) {
    if (value == "random") {
      out->set_selection(v1::SELECTION_RANDOM);
    } else if (value == "maglev") {
      out->set_selection(v1::SELECTION_MAGLEV);
    } else {
      refuse("random or maglev");
    }
  } else {
    reporter->fault(field, absl::StrCat("is unknown; there are ", kSourceAddressAnnotation, " and ",
                                        kSelectionAnnotation));
  }
}

void read_annotations(const kubernetes::ObjectMeta& metadata, v1::Service* out,
                      Reporter* reporter) {
  const std::map<std::string, std::string> sorted(metadata.annotations().begin(),
                                                  metadata.annotations().end());
  for (const auto& [key, value] : sorted) {
    if (absl::StartsWith(key, "portico.dev/")) read_annotation(key, value, out, reporter);
  }
}

void warn_of_what_is_not_done(const ServiceSpec& spec, Reporter* reporter) {
  if (spec.session_affinity() == "ClientIP") {
    reporter->warning("spec.sessionAffinity", "ClientIP is not done; each connection is by itself");
  }
  if (spec.external_traffic_policy() == "Local") {
    reporter->warning("spec.externalTrafficPolicy", "Local is not done; every endpoint serves");
  }
  if (spec.internal_traffic_policy() == "Local") {
    reporter->warning("spec.internalTrafficPolicy", "Local is not done; every endpoint serves");
  }
  if (!spec.load_balancer_source_ranges().empty()) {
    reporter->warning("spec.loadBalancerSourceRanges", "is not done; every client is served");
  }
  for (int i = 0; i < spec.ports_size(); ++i) {
    if (spec.ports(i).node_port() == 0) continue;
    reporter->warning(absl::StrCat("spec.ports[", i, "].nodePort"), "is not served");
  }
}

}  // namespace

bool is_served(const kubernetes::Service& service) {
  const ServiceSpec& spec = service.spec();
  if (spec.type() == "ExternalName") return false;
  if (service.metadata().labels().contains(kProxyNameLabel)) return false;
  const std::string& first = spec.cluster_ips().empty() ? spec.cluster_ip() : spec.cluster_ips(0);
  return !first.empty() && first != "None";
}

std::optional<v1::Service> translate_service(const kubernetes::Service& service,
                                             Reporter* reporter) {
  v1::Service out;
  check_name(service.metadata(), reporter);
  out.set_name(absl::StrCat(service.metadata().namespace_(), "/", service.metadata().name()));
  add_addresses(service, &out, reporter);
  add_ports(service.spec(), &out, reporter);
  read_annotations(service.metadata(), &out, reporter);
  if (!reporter->ok()) return std::nullopt;
  warn_of_what_is_not_done(service.spec(), reporter);
  return out;
}

}  // namespace portico
