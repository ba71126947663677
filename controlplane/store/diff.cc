#include "controlplane/store/diff.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "controlplane/store/expand.h"

namespace portico::store {
namespace {

std::vector<ServicePort> expand_counted(const ServicePtr& service, const Endpoints& endpoints,
                                        const NodePortConfig& node_ports, Work& work) {
  if (!service) return {};
  ++work.services_expanded;
  work.endpoints_expanded += endpoints.size();
  return expand(*service, endpoints, node_ports);
}

void compare(std::vector<ServicePort> before, std::vector<ServicePort> after, TableChange& change) {
  absl::btree_map<std::string, ServicePort> old;
  for (ServicePort& port : before) {
    std::string id = port.id;
    old.emplace(std::move(id), std::move(port));
  }
  for (ServicePort& port : after) {
    const auto found = old.find(port.id);
    const bool same = found != old.end() && found->second == port;
    if (found != old.end()) old.erase(found);
    if (!same) change.set_service_ports.push_back(std::move(port));
  }
  for (const auto& [id, port] : old) change.deleted_service_ports.push_back(id);
}

}  // namespace

TableChange diff(const ObjectSet& present, const ObjectChange& change,
                 const NodePortConfig& node_ports, Work& work) {
  absl::btree_set<std::string> touched;
  for (const auto& [name, service] : change.services) touched.insert(name);
  for (const auto& [name, endpoints] : change.endpoints) touched.insert(name);

  TableChange tables;
  const Candidate candidate(present, change);
  for (const std::string& name : touched) {
    compare(expand_counted(present.service(name), present.endpoints_of(name), node_ports, work),
            expand_counted(candidate.service(name), candidate.endpoints_of(name), node_ports, work),
            tables);
  }
  for (const auto& [key, route] : change.routes) {
    const RoutePtr old = present.route(key);
    if (!route) {
      tables.deleted_routes.push_back(expand(*old).prefix);
    } else if (portico::Route wanted = expand(*route); !old || expand(*old) != wanted) {
      tables.set_routes.push_back(std::move(wanted));
    }
  }
  return tables;
}

}  // namespace portico::store
