#include "controlplane/store/validate.h"

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "controlplane/store/check_object.h"
#include "controlplane/store/expand.h"

namespace portico::store {
namespace {

class Validator {
 public:
  Validator(const std::string& source, const ObjectSet& present, const ObjectChange& change,
            const KeyIndex& index, const GatewayFacts& facts, Violations& violations, Work& work)
      : source_(source),
        change_(change),
        candidate_(present, change),
        index_(index),
        facts_(facts),
        violations_(violations),
        work_(work) {}

  void run() {
    for (const auto& [name, service] : change_.services) {
      if (service) check_service(*service);
    }
    for (const auto& [service, endpoints] : change_.endpoints) {
      for (const auto& [name, endpoint] : endpoints) {
        if (endpoint) check_endpoint(*endpoint);
      }
    }
    for (const auto& [name, service] : change_.services) {
      if (service) check_families(*service, candidate_.endpoints_of(name));
    }
    for (const auto& [name, endpoints] : change_.endpoints) {
      const ServicePtr service = candidate_.service(name);
      if (service && !change_.services.contains(name)) check_families(*service, endpoints);
    }
    for (const auto& [key, route] : change_.routes) {
      if (route) check_route(key, *route);
    }
  }

 private:
  void check_service(const Service& service) {
    ++work_.objects_checked;
    if (!check(service, facts_, violations_)) faulty_services_.insert(service.name);
    const std::string* holder = index_.source_of_service(service.name);
    if (holder && *holder != source_) {
      violations_.add(key_of(service), "name", absl::StrCat("is held by source \"", *holder, "\""));
      return;  // all its frontends are likely the same too
    }
    for (const IndexedFrontend& frontend : frontends_of(service)) {
      check_frontend(service, frontend);
    }
  }

  void check_frontend(const Service& service, const IndexedFrontend& frontend) {
    const auto refuse = [&](const std::string& other, const std::string& other_source) {
      violations_.add(key_of(service), frontend.field(),
                      absl::StrCat(frontend.key.to_string(), " belongs to service ", other,
                                   " of source \"", other_source, "\""));
    };
    const auto [first, is_new] = frontends_.emplace(frontend.key, service.name);
    if (!is_new) {
      // Twice in one Service: check() has said it.
      if (first->second != service.name) refuse(first->second, source_);
      return;
    }
    const std::string* holder = index_.service_of(frontend.key);
    if (!holder) return;
    const std::string& holder_source = *index_.source_of_service(*holder);
    // What changes too gives up its old frontends; the new ones are in frontends_.
    if (holder_source == source_ && change_.services.contains(*holder)) return;
    refuse(*holder, holder_source);
  }

  void check_endpoint(const Endpoint& endpoint) {
    ++work_.objects_checked;
    check(endpoint, facts_, violations_);
  }

  void check_families(const Service& service, const Endpoints& endpoints) {
    if (faulty_services_.contains(service.name)) return;
    const bool has_v4 = has_family(service, Family::kIpv4, facts_.node_ports);
    const bool has_v6 = has_family(service, Family::kIpv6, facts_.node_ports);
    for (const auto& [name, endpoint] : endpoints) {
      if (!endpoint) continue;
      const absl::StatusOr<IpAddress> address = IpAddress::parse(endpoint->address);
      if (!address.ok() || (address->is_v4() ? has_v4 : has_v6)) continue;
      const std::string family(to_string(address->family()));
      violations_.add(key_of(*endpoint), "address",
                      absl::StrCat("is of the wrong family: ", address->to_string(), " is ", family,
                                   ", but service ", service.name, " has no ", family, " address"));
    }
  }

  void check_route(const std::string& key, const Route& route) {
    ++work_.objects_checked;
    check(route, facts_, violations_);
    const std::string* holder = index_.source_of_route(key);
    if (holder && *holder != source_) {
      violations_.add(key_of(route), "prefix", absl::StrCat("is held by source \"", *holder, "\""));
    }
  }

  const std::string& source_;
  const ObjectChange& change_;
  const Candidate candidate_;
  const KeyIndex& index_;
  const GatewayFacts& facts_;
  Violations& violations_;
  Work& work_;
  absl::flat_hash_set<std::string> faulty_services_;
  absl::flat_hash_map<FrontendKey, std::string> frontends_;  // of the Services that change
};

}  // namespace

void validate(const std::string& source, const ObjectSet& present, const ObjectChange& change,
              const KeyIndex& index, const GatewayFacts& facts, Violations& violations,
              Work& work) {
  Validator(source, present, change, index, facts, violations, work).run();
}

}  // namespace portico::store
