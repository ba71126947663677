#include "controlplane/push/desired_state.h"

#include <utility>

namespace portico {

void DesiredState::set(std::shared_ptr<const ServiceState> service) {
  const std::string& name = service->service->name();
  if (const auto before = services_.find(name)) endpoint_count_ -= before->endpoints.size();
  endpoint_count_ += service->endpoints.size();
  services_.set(name, std::move(service));
}

void DesiredState::set(std::shared_ptr<const v1::Route> route) {
  const std::string& prefix = route->prefix();
  routes_.set(prefix, std::move(route));
}

void DesiredState::erase_service(const std::string& name) {
  if (const auto before = services_.find(name)) endpoint_count_ -= before->endpoints.size();
  services_.erase(name);
}

}  // namespace portico
