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
