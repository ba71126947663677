#pragma once

// A Kubernetes Service -> a Service of the gateway.

#include <optional>
#include <string>

#include "controlplane/translate/annotations.h"
#include "controlplane/translate/reporter.h"
#include "proto/kubernetes/core.pb.h"
#include "proto/portico/v1/objects.pb.h"

namespace portico {

// Why the Service is none for a proxy to serve: it is without a cluster IP ("headless"), an
// ExternalName, or left to another proxy by the label service.kubernetes.io/service-proxy-name
// (ShouldSkipService in k8s.io/kubernetes/pkg/proxy/util, and kube-proxy's label selector).
// Nothing: it is one.
std::optional<std::string> why_not_served(const kubernetes::Service& service);

struct TranslatedService {
  v1::Service service;
  // What is asked of the endpoints, by where they run.
  Weights node_weights;
  Weights zone_weights;
};

// Requires that nothing is why_not_served(). Nothing if there is a fault.
std::optional<TranslatedService> translate_service(const kubernetes::Service& service,
                                                   Reporter* reporter);

}  // namespace portico
