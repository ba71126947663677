#pragma once

// A Service's EndpointSlices -> its endpoints.
//
// As kube-proxy merges them (k8s.io/kubernetes/pkg/proxy/endpointslicecache.go): all slices of a
// Service together, so that an endpoint that moves from one to another is never missed in between,
// in whichever order the two change. As it chooses from them (topology.go, CategorizeEndpoints, the
// cluster's endpoints): the ready ones; if there is none, those that still serve while they
// terminate. Beyond kube-proxy, the latter are told to the gateway as draining when others are
// ready.

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "controlplane/translate/reporter.h"
#include "proto/kubernetes/discovery.pb.h"
#include "proto/portico/v1/objects.pb.h"

namespace portico {

// "namespace/name" of the Service that the slice belongs to, by the label
// kubernetes.io/service-name; empty when it has none, or is not for proxies: of a headless Service
// (label service.kubernetes.io/headless) or of addresses that are host names (FQDN).
std::string service_of(const kubernetes::EndpointSlice& slice);

// Reports what is wrong with a slice that has a service_of().
void check_slice(const kubernetes::EndpointSlice& slice, Reporter* reporter);

// Requires slices without fault, of this Service. Their order does not matter but for endpoints
// that are in several of them. The result is sorted by name.
std::vector<v1::Endpoint> translate_endpoints(
    const v1::Service& service, absl::Span<const kubernetes::EndpointSlice* const> slices);

}  // namespace portico
