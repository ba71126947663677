#pragma once

// A Service's EndpointSlices -> its endpoints.
//
// As kube-proxy merges them (k8s.io/kubernetes/pkg/proxy/endpointslicecache.go): all slices of a
// Service together, so that an endpoint that moves from one to another is never missed in between,
// in whichever order the two change. As it chooses from them: availability.h. Beyond kube-proxy,
// those that serve and are not chosen are told to the gateway as draining.

#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "controlplane/translate/availability.h"
#include "controlplane/translate/reporter.h"
#include "controlplane/translate/service.h"
#include "proto/kubernetes/discovery.pb.h"
#include "proto/portico/v1/objects.pb.h"

namespace portico {

// Why the slice is none for a proxy to read: it is of no Service by the label
// kubernetes.io/service-name, or of a headless one (label service.kubernetes.io/headless), or of
// addresses that are host names (FQDN). Nothing: it is one.
std::optional<std::string> why_not_used(const kubernetes::EndpointSlice& slice);

// "namespace/name" of the Service that the slice belongs to. Requires that nothing is
// why_not_used().
std::string service_of(const kubernetes::EndpointSlice& slice);

// Reports what is wrong with a slice that is used.
void check_slice(const kubernetes::EndpointSlice& slice, Reporter* reporter);

// Requires slices without fault, of this Service. Their order does not matter but for endpoints
// that are in several of them. The result is sorted by name.
std::vector<v1::Endpoint> translate_endpoints(
    const TranslatedService& service, absl::Span<const kubernetes::EndpointSlice* const> slices,
    const Standpoint& standpoint);

}  // namespace portico
