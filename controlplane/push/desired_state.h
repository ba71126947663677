#pragma once

// What a controller wants a gateway to have: all of it.

#include <map>
#include <string>
#include <utility>

#include "proto/portico/v1/objects.pb.h"

namespace portico {

struct DesiredState {
  std::map<std::string, v1::Service> services;                            // by name
  std::map<std::pair<std::string, std::string>, v1::Endpoint> endpoints;  // by service and name
  std::map<std::string, v1::Route> routes;                                // by prefix
};

}  // namespace portico
