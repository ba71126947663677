#pragma once

// Kubernetes objects -> what a gateway is to have. Pure: the same objects give the same result.
//
// It follows kube-proxy (k8s.io/kubernetes/pkg/proxy: serviceport.go, endpointslicecache.go,
// topology.go), as far as a gateway is like a node; service.h, endpoints.h and node.h say where.

#include <vector>

#include "controlplane/kubernetes/object_set.h"
#include "controlplane/push/desired_state.h"

namespace portico {

struct TranslateOptions {
  // Whether Nodes' Pod networks become routes.
  bool node_routes = true;
};

struct Translation {
  // Complete. An object with a fault is not in it, nor what depends on it.
  DesiredState desired;
  std::vector<ObjectFault> faults;
  // What is asked for and not done: the object is there all the same.
  std::vector<ObjectFault> warnings;
};

Translation translate(const ObjectSet& objects, const TranslateOptions& options);

}  // namespace portico
