#include "controlplane/translate/service.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controlplane/translate/addresses.h"
#include "controlplane/translate/values.h"

namespace portico {
namespace {

using kubernetes::ServicePort;
using kubernetes::ServiceSpec;

constexpr char kProxyNameLabel[] = "service.kubernetes.io/service-proxy-name";
constexpr std::int32_t kDefaultAffinitySeconds = 10800;
constexpr std::int32_t kMaxAffinitySeconds = 86400;

void check_name(const kubernetes::ObjectMeta& metadata, Reporter* reporter) {
  for (const auto& [field, value] : {std::pair("metadata.name", metadata.name()),
                                     std::pair("metadata.namespace", metadata.namespace_())}) {
    if (is_dns_label(value)) continue;
    reporter->fault(field, absl::StrCat("\"", value, "\" is no DNS label (RFC 1123)"));
  }
}

void read_node_port(const ServicePort& port, const std::string& field, const v1::Service& service,
                    v1::ServicePort* out, Reporter* reporter) {
  if (port.node_port() == 0) return;
  const absl::StatusOr<std::uint32_t> number = check_port(port.node_port());
  if (!number.ok()) {
    reporter->fault(field, std::string(number.status().message()));
    return;
  }
  for (const v1::ServicePort& present : service.ports()) {
    if (present.node_port() != *number || present.protocol() != out->protocol()) continue;
    reporter->fault(field, absl::StrCat(*number, " is another port's of the same protocol too"));
  }
  out->set_node_port(*number);
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
  read_node_port(port, field + ".nodePort", *out, &added, reporter);
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
    const bool has_node_port = spec.ports(i).node_port() != 0;
    // As ValidateService has it. A type of NodePort would have been given one by the API server.
    if (has_node_port && (spec.type().empty() || spec.type() == "ClusterIP")) {
      reporter->fault(field + ".nodePort", "may not be there when spec.type is ClusterIP");
    } else if (!has_node_port && spec.type() == "NodePort") {
      reporter->warning(field + ".nodePort", "is missing: there is no node port to serve");
    }
  }
}

// Service.client_affinity. ValidateServiceSpec refuses what is beyond a day.
void add_affinity(const ServiceSpec& spec, v1::Service* out, Reporter* reporter) {
  const std::string& affinity = spec.session_affinity();
  if (affinity.empty() || affinity == "None") return;
  if (affinity != "ClientIP") {
    reporter->fault("spec.sessionAffinity",
                    absl::StrCat("\"", affinity, "\" is none of None and ClientIP"));
    return;
  }
  const kubernetes::ClientIPConfig& config = spec.session_affinity_config().client_ip();
  const std::int32_t seconds =
      config.has_timeout_seconds() ? config.timeout_seconds() : kDefaultAffinitySeconds;
  if (seconds < 1 || seconds > kMaxAffinitySeconds) {
    reporter->fault("spec.sessionAffinityConfig.clientIP.timeoutSeconds",
                    absl::StrCat("must be between 1 and ", kMaxAffinitySeconds, ", is ", seconds));
    return;
  }
  out->mutable_client_affinity()->set_seconds(seconds);
}

// Those of type ExternalName are not served at all.
void check_type(const std::string& type, Reporter* reporter) {
  if (type.empty() || type == "ClusterIP" || type == "NodePort" || type == "LoadBalancer") return;
  reporter->fault("spec.type", absl::StrCat("\"", type, "\" is none of ClusterIP, NodePort, ",
                                            "LoadBalancer and ExternalName"));
}

void check_policy(const std::string& field, const std::string& policy, Reporter* reporter) {
  if (policy.empty() || policy == "Cluster" || policy == "Local") return;
  reporter->fault(field, absl::StrCat("\"", policy, "\" is none of Cluster and Local"));
}

// NeedsHealthCheck in k8s.io/kubernetes/pkg/api/v1/service.
void add_health_check(const kubernetes::Service& service, v1::Service* out, Reporter* reporter) {
  const ServiceSpec& spec = service.spec();
  const std::int32_t port = spec.health_check_node_port();
  if (spec.type() != "LoadBalancer" || !is_external_policy_local(service)) {
    if (port == 0) return;
    reporter->warning("spec.healthCheckNodePort",
                      "is not answered: that is for type LoadBalancer with the policy Local");
    return;
  }
  if (port == 0) {
    reporter->warning("spec.healthCheckNodePort",
                      "is missing: load balancers can't ask whether there are local endpoints");
    return;
  }
  const absl::StatusOr<std::uint32_t> number = check_port(port);
  if (!number.ok()) {
    reporter->fault("spec.healthCheckNodePort", std::string(number.status().message()));
    return;
  }
  for (const v1::ServicePort& present : out->ports()) {
    if (present.node_port() != *number || present.protocol() != v1::PROTOCOL_TCP) continue;
    reporter->fault("spec.healthCheckNodePort",
                    absl::StrCat(*number, " is a port's node port too"));
  }
  out->set_health_check_port(*number);
}

}  // namespace

std::optional<std::string> why_not_served(const kubernetes::Service& service) {
  const ServiceSpec& spec = service.spec();
  if (spec.type() == "ExternalName") return "is an ExternalName, a matter of DNS";
  const auto& labels = service.metadata().labels();
  const auto proxy = labels.find(kProxyNameLabel);
  if (proxy != labels.end()) {
    return absl::StrCat("is left to another proxy by its label ", kProxyNameLabel, ": ",
                        proxy->second);
  }
  const std::string& first = spec.cluster_ips().empty() ? spec.cluster_ip() : spec.cluster_ips(0);
  if (first == "None") return "is headless: its cluster IP is None";
  if (first.empty()) return "has no cluster IP";
  return std::nullopt;
}

std::optional<TranslatedService> translate_service(const kubernetes::Service& service,
                                                   Reporter* reporter) {
  TranslatedService translated;
  v1::Service& out = translated.service;
  const ServiceSpec& spec = service.spec();
  check_name(service.metadata(), reporter);
  out.set_name(absl::StrCat(service.metadata().namespace_(), "/", service.metadata().name()));
  Annotations annotations = read_annotations(service.metadata(), reporter);
  out.set_selection(annotations.selection);
  out.set_source_address(annotations.source_address);
  out.set_maglev_table_size(annotations.maglev_table_size);
  translated.node_weights = std::move(annotations.node_weights);
  translated.zone_weights = std::move(annotations.zone_weights);
  check_type(spec.type(), reporter);
  check_policy("spec.externalTrafficPolicy", spec.external_traffic_policy(), reporter);
  check_policy("spec.internalTrafficPolicy", spec.internal_traffic_policy(), reporter);
  add_addresses(service, &out, reporter);
  add_ports(spec, &out, reporter);
  add_affinity(spec, &out, reporter);
  add_health_check(service, &out, reporter);
  if (!reporter->ok()) return std::nullopt;
  return translated;
}

}  // namespace portico
