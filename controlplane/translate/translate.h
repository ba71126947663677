#pragma once

// Kubernetes objects -> what a gateway is to have, all at once. Pure: the same objects give the
// same result. translator.h does the same change by change.
//
// It follows kube-proxy (k8s.io/kubernetes/pkg/proxy: serviceport.go, endpointslicecache.go,
// topology.go), as far as a gateway is like a node; service.h, addresses.h, endpoints.h,
// availability.h and node.h say where.

#include "controlplane/kubernetes/object_set.h"
#include "controlplane/push/desired_state.h"
#include "controlplane/translate/options.h"
#include "controlplane/translate/reporter.h"

namespace portico {

struct Translation {
  // Complete. An object with a fault is not in it, nor what depends on it.
  DesiredState desired;
  Reports reports;
};

Translation translate(const ObjectSet& objects, const TranslateOptions& options);

}  // namespace portico
