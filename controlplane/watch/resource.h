#pragma once

// What is watched: where an API server has it, which part of it is asked for, what it decodes to.

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "controlplane/watch/encoding.h"
#include "google/protobuf/message.h"

namespace portico {

struct Resource {
  TypeName type;       // of an object
  std::string plural;  // as RBAC names it: "endpointslices.discovery.k8s.io"
  std::string path;    // "/apis/discovery.k8s.io/v1/endpointslices"
  std::string label_selector;
  std::string field_selector;
  const google::protobuf::Message* prototype = nullptr;
};

// By what a server tells which endpoints there are, in the order of preference.
enum class EndpointApi : std::uint8_t { kSlicesV1, kSlicesV1beta1, kEndpoints };

// Those that are not another proxy's (KEP-2447) and, where the server can select by that, not
// headless: cmd/kube-proxy/app/server.go.
Resource services();
// Those of Services that are not headless: the same.
Resource endpoints(EndpointApi api);
Resource nodes();

// For a query: all but RFC 3986's unreserved characters as %XX.
std::string percent_encoded(absl::string_view text);

}  // namespace portico
