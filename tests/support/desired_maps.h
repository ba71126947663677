#pragma once

// A desired state as plain maps, for tests to look into and to make one of.

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "controlplane/push/desired_state.h"

namespace portico {

struct DesiredMaps {
  std::map<std::string, v1::Service> services;                            // by name
  std::map<std::pair<std::string, std::string>, v1::Endpoint> endpoints;  // by service and name
  std::map<std::string, v1::Route> routes;                                // by prefix
};

inline DesiredMaps maps_of(const DesiredState& state) {
  DesiredMaps maps;
  state.services().for_each([&](const std::string& name, const ServiceState& service) {
    maps.services[name] = *service.service;
    for (const auto& endpoint : service.endpoints) {
      maps.endpoints[{name, endpoint->name()}] = *endpoint;
    }
    return true;
  });
  state.routes().for_each([&](const std::string& prefix, const v1::Route& route) {
    maps.routes[prefix] = route;
    return true;
  });
  return maps;
}

// Endpoints without their Service are left out.
inline DesiredState state_of(const DesiredMaps& maps) {
  DesiredState state;
  for (const auto& [name, service] : maps.services) {
    auto one = std::make_shared<ServiceState>();
    one->service = std::make_shared<const v1::Service>(service);
    for (const auto& [key, endpoint] : maps.endpoints) {
      if (key.first == name) one->endpoints.push_back(std::make_shared<v1::Endpoint>(endpoint));
    }
    state.set(std::shared_ptr<const ServiceState>(std::move(one)));
  }
  for (const auto& [prefix, route] : maps.routes) {
    state.set(std::make_shared<const v1::Route>(route));
  }
  return state;
}

}  // namespace portico
