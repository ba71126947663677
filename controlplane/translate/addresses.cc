#include "controlplane/translate/addresses.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controlplane/translate/values.h"

namespace portico {
namespace {

using kubernetes::ServiceSpec;

// k8s.io/api/core/v1: AnnotationLoadBalancerSourceRangesKey. Controllers of clouds' load balancers
// read it; kube-proxy does not, and neither do we.
constexpr char kSourceRangesAnnotation[] = "service.beta.kubernetes.io/load-balancer-source-ranges";

class Addresses {
 public:
  Addresses(const kubernetes::Service& service, v1::Service* out, Reporter* reporter)
      : service_(service), spec_(service.spec()), out_(*out), reporter_(*reporter) {}

  void add_cluster_ips();
  void add_external_ips();
  void add_load_balancer_ips();
  void add_node_ports();

 private:
  void add_cluster_ip(const std::string& text, const std::string& field);
  void add_external(const std::string& text, const std::string& field,
                    v1::ServiceAddress::Kind kind);
  v1::ServiceAddress* find_or_add(const IpAddress& address, v1::ServiceAddress::Kind kind);
  void set_policy(v1::ServiceAddress* address);
  void read_source_ranges();

  const kubernetes::Service& service_;
  const ServiceSpec& spec_;
  v1::Service& out_;
  Reporter& reporter_;
  std::set<Family> families_;  // of the cluster IPs
  std::vector<IpPrefix> source_ranges_;
};

// By whichever way it came first.
v1::ServiceAddress* Addresses::find_or_add(const IpAddress& address,
                                           v1::ServiceAddress::Kind kind) {
  const std::string canonical = address.to_string();
  for (v1::ServiceAddress& present : *out_.mutable_addresses()) {
    if (present.address() == canonical) return &present;
  }
  v1::ServiceAddress& added = *out_.add_addresses();
  added.set_address(canonical);
  added.set_kind(kind);
  set_policy(&added);
  return &added;
}

void Addresses::set_policy(v1::ServiceAddress* address) {
  const bool is_internal = address->kind() == v1::ServiceAddress::KIND_CLUSTER_IP;
  const bool is_local =
      is_internal ? spec_.internal_traffic_policy() == "Local" : is_external_policy_local(service_);
  if (is_local) address->set_traffic_policy(v1::TRAFFIC_POLICY_LOCAL);
  if (out_.source_address() != v1::SOURCE_ADDRESS_UNSPECIFIED) return;
  if (is_internal) {
    address->set_source_address(v1::SOURCE_ADDRESS_MASQUERADE_OFF_CLUSTER);
  } else {
    address->set_source_address(is_local ? v1::SOURCE_ADDRESS_PRESERVE
                                         : v1::SOURCE_ADDRESS_MASQUERADE);
  }
}

void Addresses::add_cluster_ip(const std::string& text, const std::string& field) {
  const absl::StatusOr<IpAddress> address = parse_host_address(text);
  if (!address.ok()) {
    reporter_.fault(field, std::string(address.status().message()));
  } else if (!families_.insert(address->family()).second) {
    reporter_.fault(field, "is the second address of its family");
  } else {
    find_or_add(*address, v1::ServiceAddress::KIND_CLUSTER_IP);
  }
}

void Addresses::add_cluster_ips() {
  if (spec_.cluster_ips().empty()) {
    add_cluster_ip(spec_.cluster_ip(), "spec.clusterIP");
    return;
  }
  // ValidateServiceClusterIPsRelatedFields in k8s.io/kubernetes/pkg/apis/core/validation.
  if (!spec_.cluster_ip().empty() && spec_.cluster_ip() != spec_.cluster_ips(0)) {
    reporter_.fault("spec.clusterIPs[0]",
                    absl::StrCat("\"", spec_.cluster_ips(0), "\" is not spec.clusterIP, \"",
                                 spec_.cluster_ip(), "\""));
  }
  for (int i = 0; i < spec_.cluster_ips_size(); ++i) {
    add_cluster_ip(spec_.cluster_ips(i), absl::StrCat("spec.clusterIPs[", i, "]"));
  }
}

void Addresses::add_external(const std::string& text, const std::string& field,
                             v1::ServiceAddress::Kind kind) {
  const absl::StatusOr<IpAddress> address = parse_host_address(text);
  if (!address.ok()) {
    reporter_.fault(field, std::string(address.status().message()));
    return;
  }
  const std::string family(to_string(address->family()));
  if (!families_.contains(address->family())) {
    reporter_.warning(field, absl::StrCat("is not served: the Service has no ", family,
                                          " cluster IP, so no endpoints of this family"));
    return;
  }
  v1::ServiceAddress& added = *find_or_add(*address, kind);
  // kube-proxy looks at the address, not at how else the Service came by it.
  if (kind != v1::ServiceAddress::KIND_LOAD_BALANCER_IP) return;
  for (const IpPrefix& range : source_ranges_) {
    if (range.family() == address->family()) added.add_source_ranges(range.to_string());
  }
  if (!source_ranges_.empty() && added.source_ranges().empty()) {
    reporter_.warning(
        "spec.loadBalancerSourceRanges",
        absl::StrCat("has no ", family, " range: as with kube-proxy, every client of ",
                     added.address(), " is served"));
  }
}

void Addresses::add_external_ips() {
  for (int i = 0; i < spec_.external_ips_size(); ++i) {
    add_external(spec_.external_ips(i), absl::StrCat("spec.externalIPs[", i, "]"),
                 v1::ServiceAddress::KIND_EXTERNAL_IP);
  }
}

void Addresses::add_load_balancer_ips() {
  read_source_ranges();
  const auto& ingress = service_.status().load_balancer().ingress();
  for (int i = 0; i < ingress.size(); ++i) {
    const std::string field = absl::StrCat("status.loadBalancer.ingress[", i, "]");
    if (ingress[i].ip().empty()) {
      reporter_.pass_over(field, "is a host name, to which no packet is addressed");
    } else if (ingress[i].has_ip_mode() && ingress[i].ip_mode() != "VIP") {
      reporter_.pass_over(field, absl::StrCat("is of ipMode ", ingress[i].ip_mode(),
                                              ": packets come with another address"));
    } else {
      add_external(ingress[i].ip(), field + ".ip", v1::ServiceAddress::KIND_LOAD_BALANCER_IP);
    }
  }
}

void Addresses::read_source_ranges() {
  for (int i = 0; i < spec_.load_balancer_source_ranges_size(); ++i) {
    const absl::StatusOr<IpPrefix> range = parse_range(spec_.load_balancer_source_ranges(i));
    if (!range.ok()) {
      reporter_.fault(absl::StrCat("spec.loadBalancerSourceRanges[", i, "]"),
                      std::string(range.status().message()));
    } else if (std::find(source_ranges_.begin(), source_ranges_.end(), *range) ==
               source_ranges_.end()) {
      source_ranges_.push_back(*range);
    }
  }
  if (spec_.load_balancer_source_ranges().empty() &&
      service_.metadata().annotations().contains(kSourceRangesAnnotation)) {
    reporter_.warning(absl::StrCat("metadata.annotations.", kSourceRangesAnnotation),
                      "is not read, as kube-proxy does not read it: spec.loadBalancerSourceRanges "
                      "restricts clients");
  }
}

void Addresses::add_node_ports() {
  const bool has_node_port =
      std::any_of(spec_.ports().begin(), spec_.ports().end(),
                  [](const kubernetes::ServicePort& port) { return port.node_port() != 0; });
  if (!has_node_port) return;
  v1::ServiceAddress& added = *out_.add_addresses();
  added.set_kind(v1::ServiceAddress::KIND_NODE_PORT);
  set_policy(&added);
}

}  // namespace

bool is_external_policy_local(const kubernetes::Service& service) {
  const ServiceSpec& spec = service.spec();
  if (spec.external_traffic_policy() != "Local") return false;
  return spec.type() == "LoadBalancer" || spec.type() == "NodePort" || !spec.external_ips().empty();
}

bool is_external(const v1::ServiceAddress& address) {
  return address.kind() == v1::ServiceAddress::KIND_EXTERNAL_IP ||
         address.kind() == v1::ServiceAddress::KIND_LOAD_BALANCER_IP;
}

void add_addresses(const kubernetes::Service& service, v1::Service* out, Reporter* reporter) {
  Addresses addresses(service, out, reporter);
  addresses.add_cluster_ips();
  addresses.add_external_ips();
  addresses.add_load_balancer_ips();
  addresses.add_node_ports();
}

}  // namespace portico
