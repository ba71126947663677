#include "controlplane/watch/resource.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "proto/kubernetes/core.pb.h"
#include "proto/kubernetes/discovery.pb.h"
#include "proto/kubernetes/discovery_v1beta1.pb.h"

namespace portico {
namespace {

constexpr char kNotHeadless[] = "!service.kubernetes.io/headless";

}  // namespace

Resource services() {
  return {.type = {"v1", "Service"},
          .plural = "services",
          .path = "/api/v1/services",
          .label_selector = "!service.kubernetes.io/service-proxy-name",
          .field_selector = "spec.clusterIP!=None",
          .prototype = &kubernetes::Service::default_instance()};
}

Resource endpoints(EndpointApi api) {
  if (api == EndpointApi::kEndpoints) {
    return {.type = {"v1", "Endpoints"},
            .plural = "endpoints",
            .path = "/api/v1/endpoints",
            .label_selector = kNotHeadless,
            .field_selector = "",
            .prototype = &kubernetes::Endpoints::default_instance()};
  }
  const bool beta = api == EndpointApi::kSlicesV1beta1;
  const std::string version = beta ? "discovery.k8s.io/v1beta1" : "discovery.k8s.io/v1";
  const google::protobuf::Message* slice = &kubernetes::EndpointSlice::default_instance();
  if (beta) slice = &kubernetes::EndpointSliceV1beta1::default_instance();
  return {.type = {version, "EndpointSlice"},
          .plural = "endpointslices.discovery.k8s.io",
          .path = "/apis/" + version + "/endpointslices",
          .label_selector = kNotHeadless,
          .field_selector = "",
          .prototype = slice};
}

Resource nodes() {
  return {.type = {"v1", "Node"},
          .plural = "nodes",
          .path = "/api/v1/nodes",
          .label_selector = "",
          .field_selector = "",
          .prototype = &kubernetes::Node::default_instance()};
}

std::string percent_encoded(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += absl::StrFormat("%%%02X", byte);
    }
  }
  return out;
}

}  // namespace portico
