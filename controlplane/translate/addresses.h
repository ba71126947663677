#pragma once

// The addresses of a Kubernetes Service, and what each one's traffic policy, source addresses and
// source ranges are.
//
// As newBaseServiceInfo does (k8s.io/kubernetes/pkg/proxy/serviceport.go), family by family: what
// is of a family that the Service has no cluster IP of is not served. The masquerading is
// nftables/proxier.go's: what comes to a cluster IP from outside the cluster, and all that comes to
// another address under the policy Cluster; under Local the client's address is preserved.

#include "controlplane/translate/reporter.h"
#include "proto/kubernetes/core.pb.h"
#include "proto/portico/v1/objects.pb.h"

namespace portico {

// Whether a Service can be reached from outside of the cluster, and says that only local endpoints
// are to serve it then (ExternalPolicyLocal in k8s.io/kubernetes/pkg/api/v1/service).
bool is_external_policy_local(const kubernetes::Service& service);

// Whether it is an external or a load-balancer IP.
bool is_external(const v1::ServiceAddress& address);

// `out->source_address()` holds for all addresses if it is there; else each gets its own.
void add_addresses(const kubernetes::Service& service, v1::Service* out, Reporter* reporter);

}  // namespace portico
