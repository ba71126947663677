#pragma once

// What older API servers tell of endpoints -> EndpointSlices of discovery.k8s.io/v1.

#include <memory>
#include <vector>

#include "google/protobuf/message.h"
#include "proto/kubernetes/core.pb.h"
#include "proto/kubernetes/discovery.pb.h"
#include "proto/kubernetes/discovery_v1beta1.pb.h"

namespace portico {

// Annotates each slice that is made here with the object of the server that it is made of:
// "v1 Endpoints web".
extern const char kMadeOf[];

// Node and zone come from `topology` where they have no field of their own, as in
// k8s.io/kubernetes/pkg/apis/discovery/v1beta1/conversion.go.
kubernetes::EndpointSlice from_v1beta1(const kubernetes::EndpointSliceV1beta1& slice);

// A slice for each subset and family that has an address, named "NAME-SUBSET-ipv4" or "-ipv6", as
// k8s.io/kubernetes/pkg/controller/endpointslicemirroring makes them: notReadyAddresses are not
// ready. Of an object that is a lock for leader election there are none.
std::vector<kubernetes::EndpointSlice> from_endpoints(const kubernetes::Endpoints& endpoints);

}  // namespace portico
