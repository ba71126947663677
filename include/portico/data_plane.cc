#include "include/portico/data_plane.h"

namespace portico {
namespace {

template <typename Wanted, typename Actual>
bool equals(const std::optional<Wanted>& wanted, const Actual& actual) {
  return !wanted || *wanted == actual;
}

bool contains(const std::optional<IpPrefix>& wanted, const IpAddress& actual) {
  return !wanted || wanted->contains(actual);
}

// "namespace/name:port-name/family" belongs to "namespace/name".
bool belongs(const std::optional<std::string>& service, const std::string& service_port_id) {
  return !service ||
         (service_port_id.starts_with(*service) && service_port_id.size() > service->size() &&
          service_port_id[service->size()] == ':');
}

}  // namespace

bool ConnectionFilter::matches(const ConnectionInfo& connection) const {
  return equals(family, connection.client_address.family()) &&
         equals(protocol, connection.protocol) && contains(client, connection.client_address) &&
         equals(client_port, connection.client_port) &&
         contains(service_address, connection.service_address) &&
         equals(service_port, connection.service_port) &&
         contains(endpoint_address, connection.endpoint_address) &&
         equals(endpoint_port, connection.endpoint_port) &&
         belongs(service, connection.service_port_id);
}

}  // namespace portico
