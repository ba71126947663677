#include "controlplane/controller/print_tables.h"

#include "absl/strings/str_cat.h"
#include "controlplane/yaml/write.h"

namespace portico {
namespace {

std::string item(const google::protobuf::Message& message) {
  return absl::StrCat("-", write_yaml(message, 2).substr(1));
}

std::string section(const std::string& name, const std::string& items) {
  return items.empty() ? name + ": []\n" : absl::StrCat(name, ":\n", items);
}

}  // namespace

std::string print_tables(const DesiredState& desired) {
  std::string services, endpoints, routes;
  desired.services().for_each([&](const std::string&, const ServiceState& state) {
    services += item(*state.service);
    for (const auto& endpoint : state.endpoints) endpoints += item(*endpoint);
    return true;
  });
  desired.routes().for_each([&](const std::string&, const v1::Route& route) {
    routes += item(route);
    return true;
  });
  return section("services", services) + section("endpoints", endpoints) +
         section("routes", routes);
}

}  // namespace portico
