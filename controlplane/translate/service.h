#pragma once

// A Kubernetes Service -> a Service of the gateway.

#include <optional>

#include "controlplane/translate/reporter.h"
#include "proto/kubernetes/core.pb.h"
#include "proto/portico/v1/objects.pb.h"

namespace portico {

// Annotations of a Service. Any other under "portico.dev/" is a fault, being a slip of the pen.
inline constexpr char kSourceAddressAnnotation[] = "portico.dev/source-address";
inline constexpr char kSelectionAnnotation[] = "portico.dev/selection";

// Whether the Service is one for a proxy to serve: not without a cluster IP ("headless"), not an
// ExternalName, and not left to another proxy by the label service.kubernetes.io/service-proxy-name
// (ShouldSkipService in k8s.io/kubernetes/pkg/proxy/util, and kube-proxy's label selector).
bool is_served(const kubernetes::Service& service);

// Requires is_served(). Nothing if there is a fault.
std::optional<v1::Service> translate_service(const kubernetes::Service& service,
                                             Reporter* reporter);

}  // namespace portico
