#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace portico {

// As of kube-proxy (k8s.io/kubernetes/pkg/proxy/healthcheck/service_health.go), so that what is
// made for it understands it.
struct HealthAnswer {
  unsigned status = 503;  // 200 when there are endpoints
  std::string body;       // JSON
  std::string weight;     // the header X-Load-Balancing-Endpoint-Weight
};

// `service` is "namespace/name".
HealthAnswer health_answer(absl::string_view service, std::size_t local_endpoints);

}  // namespace portico
