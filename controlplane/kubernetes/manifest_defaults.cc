#include "controlplane/kubernetes/manifest_defaults.h"

#include "absl/strings/str_cat.h"

namespace portico {
namespace {

void require_name(const kubernetes::ObjectMeta& metadata, const ReportFieldFault& report) {
  if (metadata.name().empty()) report("metadata.name", "is missing");
}

void complete_namespace(kubernetes::ObjectMeta* metadata) {
  if (metadata->namespace_().empty()) metadata->set_namespace_("default");
}

// SetDefaults_Service, as the next one.
void complete_affinity(kubernetes::ServiceSpec* spec) {
  if (spec->session_affinity().empty()) spec->set_session_affinity("None");
  if (spec->session_affinity() == "None") spec->clear_session_affinity_config();
  if (spec->session_affinity() != "ClientIP") return;
  auto& config = *spec->mutable_session_affinity_config()->mutable_client_ip();
  if (!config.has_timeout_seconds()) config.set_timeout_seconds(10800);
}

void complete_policies(kubernetes::Service* service) {
  kubernetes::ServiceSpec& spec = *service->mutable_spec();
  const std::string& type = spec.type();
  const bool is_external = type == "NodePort" || type == "LoadBalancer" ||
                           (type == "ClusterIP" && !spec.external_ips().empty());
  if (is_external && spec.external_traffic_policy().empty()) {
    spec.set_external_traffic_policy("Cluster");
  }
  if (type != "ExternalName" && !spec.has_internal_traffic_policy()) {
    spec.set_internal_traffic_policy("Cluster");
  }
  if (type != "LoadBalancer" || !service->status().has_load_balancer()) return;
  auto& ingress = *service->mutable_status()->mutable_load_balancer()->mutable_ingress();
  for (kubernetes::LoadBalancerIngress& entry : ingress) {
    if (!entry.ip().empty() && !entry.has_ip_mode()) entry.set_ip_mode("VIP");
  }
}

}  // namespace

void complete_manifest(kubernetes::Service* service, const ReportFieldFault& report) {
  require_name(service->metadata(), report);
  complete_namespace(service->mutable_metadata());
  kubernetes::ServiceSpec& spec = *service->mutable_spec();
  if (spec.type().empty()) spec.set_type("ClusterIP");
  // As pkg/registry/core/service/storage does for what was written before there were two families.
  if (spec.cluster_ips().empty() && !spec.cluster_ip().empty()) {
    spec.add_cluster_ips(spec.cluster_ip());
  }
  if (spec.cluster_ip().empty() && !spec.cluster_ips().empty()) {
    spec.set_cluster_ip(spec.cluster_ips(0));
  }
  for (kubernetes::ServicePort& port : *spec.mutable_ports()) {
    if (port.protocol().empty()) port.set_protocol("TCP");
  }
  complete_affinity(&spec);
  complete_policies(service);
}

void complete_manifest(kubernetes::EndpointSlice* slice, const ReportFieldFault& report) {
  require_name(slice->metadata(), report);
  complete_namespace(slice->mutable_metadata());
  for (int i = 0; i < slice->ports_size(); ++i) {
    kubernetes::EndpointPort& port = *slice->mutable_ports(i);
    if (!port.has_name()) port.set_name("");
    if (port.protocol().empty()) port.set_protocol("TCP");
    // kube-proxy passes over port 0 without a word. In a file that somebody wrote it is a mistake.
    if (port.has_port() && port.port() == 0) {
      report(absl::StrCat("ports[", i, "].port"), "must be between 1 and 65535, is 0");
    }
  }
}

void complete_manifest(kubernetes::Node* node, const ReportFieldFault& report) {
  require_name(node->metadata(), report);
  // A Node is in no namespace, whatever its manifest says.
  node->mutable_metadata()->clear_namespace_();
  kubernetes::NodeSpec& spec = *node->mutable_spec();
  if (spec.pod_cidrs().empty() && !spec.pod_cidr().empty()) spec.add_pod_cidrs(spec.pod_cidr());
}

}  // namespace portico
