// Random conversations of several sources with the store, against a model that knows nothing of
// indexes or differences: it applies what was sent to plain maps, judges the whole, and expands the
// whole. The store must refuse when the model does, and the sum of its TableChanges must be what
// the model expands to.

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controlplane/store/store.h"
#include "gtest/gtest.h"
#include "tests/support/property_seed.h"

namespace portico::store {
namespace {

struct ModelSet {
  std::map<std::string, Service> services;
  std::map<std::pair<std::string, std::string>, Endpoint> endpoints;
  std::map<std::string, Route> routes;
};

using Model = std::map<std::string, ModelSet>;  // by source

struct Tables {
  std::map<std::string, ServicePort> service_ports;
  std::map<std::string, portico::Route> routes;

  friend bool operator==(const Tables&, const Tables&) = default;
};

bool is_v4(const std::string& address) {
  return address.find(':') == std::string::npos;
}

constexpr char kNodePortV4[] = "10.9.9.1";
constexpr char kNodePortV6[] = "2001:db8:9::1";

// Whether clients of the family may use the address.
bool serves(const ServiceAddress& address, bool v4) {
  bool serves = address.source_ranges.empty();
  for (const std::string& range : address.source_ranges) serves = serves || is_v4(range) == v4;
  return serves;
}

bool has_family(const Service& service, bool v4) {
  std::set<bool> own;
  bool has_node_port = false;
  for (const ServiceAddress& a : service.addresses) {
    if (a.address.empty()) {
      has_node_port = serves(a, v4);
    } else {
      own.insert(is_v4(a.address));
    }
  }
  return own.empty() ? has_node_port : own.contains(v4);
}

// The generator spoils objects in two ways only: a port of 0, and a node port without the address
// that it needs, or the other way round. All else is about other objects.
bool is_spoiled(const auto& object) {
  return std::any_of(object.ports.begin(), object.ports.end(),
                     [](const auto& port) { return port.port == 0; });
}

bool has_wrong_node_ports(const Service& service) {
  bool has_address = false;
  for (const ServiceAddress& a : service.addresses) has_address = has_address || a.address.empty();
  bool has_port = false;
  for (const Port& port : service.ports) has_port = has_port || port.node_port != 0;
  return has_address != has_port;
}

bool is_good(const ModelSet& set) {
  for (const auto& [name, service] : set.services) {
    if (is_spoiled(service) || has_wrong_node_ports(service)) return false;
  }
  for (const auto& [key, endpoint] : set.endpoints) {
    if (is_spoiled(endpoint)) return false;
    const auto service = set.services.find(key.first);
    if (service != set.services.end() && !has_family(service->second, is_v4(endpoint.address))) {
      return false;
    }
  }
  return true;
}

bool is_good(const Model& model) {
  std::set<std::string> names;
  std::set<std::string> prefixes;
  std::set<std::tuple<std::string, std::uint32_t, Protocol>> frontends;
  for (const auto& [source, set] : model) {
    if (!is_good(set)) return false;
    for (const auto& [name, service] : set.services) {
      if (!names.insert(name).second) return false;
      for (const auto& address : service.addresses) {
        for (const auto& port : service.ports) {
          const std::uint32_t number = address.address.empty() ? port.node_port : port.port;
          if (number == 0) continue;
          if (!frontends.emplace(address.address, number, *port.protocol).second) return false;
        }
      }
      const std::uint32_t health = service.health_check_port;
      if (health != 0 && !frontends.emplace("", health, Protocol::kTcp).second) return false;
    }
    for (const auto& [prefix, route] : set.routes) {
      if (!prefixes.insert(prefix).second) return false;
    }
  }
  return true;
}

IpAddress parse(const std::string& text) {
  return IpAddress::parse(text).value();
}
L4Port port(std::uint32_t number) {
  return L4Port::from_host(static_cast<std::uint16_t>(number));
}

ServicePort expand_port(const Service& service, const Port& of, bool v4, const ModelSet& set) {
  ServicePort made;
  made.id = absl::StrCat(service.name, ":", of.name, v4 ? "/IPv4" : "/IPv6");
  made.service = service.name;
  made.port_name = of.name;
  made.family = v4 ? Family::kIpv4 : Family::kIpv6;
  made.protocol = *of.protocol;
  made.selection = *service.selection;
  made.maglev_table_size = service.maglev_table_size;
  if (service.client_affinity) {
    made.client_affinity = std::chrono::seconds(absl::ToInt64Seconds(*service.client_affinity));
  }
  if (!has_family(service, v4)) return made;
  for (const auto& address : service.addresses) {
    const bool node_port = address.address.empty();
    const std::uint32_t number = node_port ? of.node_port : of.port;
    if ((!node_port && is_v4(address.address) != v4) || number == 0 || !serves(address, v4)) {
      continue;
    }
    std::set<IpPrefix> ranges;
    for (const std::string& range : address.source_ranges) {
      if (is_v4(range) == v4) ranges.insert(IpPrefix::parse(range).value());
    }
    const std::string at = !node_port ? address.address : v4 ? kNodePortV4 : kNodePortV6;
    made.frontends.push_back({parse(at),
                              port(number),
                              *address.kind,
                              *address.traffic_policy,
                              *address.source_address,
                              {ranges.begin(), ranges.end()}});
  }
  std::map<std::tuple<IpAddress, L4Port, std::string>, portico::Endpoint> sorted;
  for (const auto& [key, endpoint] : set.endpoints) {
    if (key.first != service.name || is_v4(endpoint.address) != v4) continue;
    for (const auto& at : endpoint.ports) {
      if (at.name != of.name) continue;
      const IpAddress address = parse(endpoint.address);
      sorted[{address, port(at.port), endpoint.name}] = {
          address,
          port(at.port),
          endpoint.name,
          endpoint.node,
          endpoint.state == EndpointState::kActive,
          endpoint.local_state == EndpointState::kActive,
          endpoint.weight,
          endpoint.max_connections};
    }
  }
  for (const auto& [key, endpoint] : sorted) made.endpoints.push_back(endpoint);
  return made;
}

Tables expand(const Model& model) {
  Tables tables;
  for (const auto& [source, set] : model) {
    for (const auto& [name, service] : set.services) {
      for (const Port& of : service.ports) {
        for (const bool v4 : {true, false}) {
          ServicePort made = expand_port(service, of, v4, set);
          if (!made.frontends.empty()) tables.service_ports[made.id] = made;
        }
      }
    }
    for (const auto& [prefix, route] : set.routes) {
      portico::Route& made = tables.routes[prefix];
      made.prefix = IpPrefix::parse(prefix).value();
      made.gateway = parse(route.gateway);
    }
  }
  return tables;
}

// Nothing may be deleted that isn't there, and nothing both set and deleted.
void apply(const TableChange& change, Tables& tables) {
  for (const std::string& id : change.deleted_service_ports) {
    EXPECT_EQ(tables.service_ports.erase(id), 1u) << id;
  }
  for (const IpPrefix& prefix : change.deleted_routes) {
    EXPECT_EQ(tables.routes.erase(prefix.to_string()), 1u) << prefix.to_string();
  }
  for (const ServicePort& made : change.set_service_ports) {
    const auto old = tables.service_ports.find(made.id);
    EXPECT_TRUE(old == tables.service_ports.end() || old->second != made)
        << "no change " << made.id;
    tables.service_ports[made.id] = made;
  }
  for (const portico::Route& made : change.set_routes) {
    tables.routes[made.prefix.to_string()] = made;
  }
}

// A small world, so that things meet.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }
  bool chance(unsigned percent) { return below(100) < percent; }
  std::string pick(const std::vector<std::string>& from) { return from[below(from.size())]; }

  std::string source() { return pick({"a", "b", "c"}); }
  std::string service_name() { return pick({"x/1", "x/2", "x/3", "y/1", "y/2"}); }
  std::string endpoint_name() { return pick({"uid-1", "uid-2", "uid-3", "uid-4"}); }
  std::string prefix() { return pick({"192.168.1.0/24", "192.168.2.0/24", "2001:db8:1::/64"}); }
  std::string port_name() { return pick({"", "http", "dns"}); }

  Service service() {
    Service service;
    service.name = service_name();
    std::set<std::string> addresses{address_of_service()};
    if (chance(50)) addresses.insert(address_of_service());
    if (chance(10)) addresses.clear();
    for (const std::string& address : addresses) service.addresses.push_back(used(address));
    if (addresses.empty() || chance(15)) {
      service.addresses.push_back(used(""));
      service.addresses.back().kind = FrontendKind::kNodePort;
    }
    const bool has_node_port = service.addresses.back().address.empty() != chance(2);
    service.ports = {{port_name(), chance(70) ? Protocol::kTcp : Protocol::kUdp, number()}};
    if (chance(40) && service.ports[0].name != "more") {
      service.ports.push_back({"more", Protocol::kSctp, number()});
    }
    if (has_node_port) service.ports[0].node_port = node_port();
    if (has_node_port && chance(50)) service.ports.back().node_port = node_port();
    if (chance(30)) service.selection = Selection::kMaglev;
    if (chance(30)) service.source_address = SourceAddress::kPreserve;
    if (chance(20)) service.client_affinity = absl::Seconds(1 + below(2));
    if (chance(20)) service.maglev_table_size = 251;
    if (chance(10)) service.health_check_port = node_port();
    return service;
  }

  Endpoint endpoint() {
    Endpoint endpoint;
    endpoint.name = endpoint_name();
    endpoint.service = service_name();
    endpoint.address = chance(80) ? absl::StrCat("192.168.1.", below(4) + 1)
                                  : absl::StrCat("2001:db8:1::", below(4) + 1);
    endpoint.ports = {{port_name(), number()}};
    if (chance(30)) endpoint.ports.push_back({"more", 9});
    if (chance(20)) endpoint.node = pick({"worker-1", "worker-2"});
    if (chance(20)) endpoint.state = EndpointState::kDraining;
    if (chance(20)) endpoint.local_state = EndpointState::kActive;
    if (chance(20)) endpoint.weight = static_cast<std::uint32_t>(below(3));
    if (chance(20)) endpoint.max_connections = static_cast<std::uint32_t>(below(3));
    return endpoint;
  }

  Route route() {
    const std::string to = prefix();
    return {to, is_v4(to) ? absl::StrCat("10.0.0.", below(3) + 1) : "2001:db8::fe", ""};
  }

 private:
  std::string address_of_service() {
    return chance(75) ? absl::StrCat("10.100.0.", below(8) + 1)
                      : absl::StrCat("2001:db8:100::", below(4) + 1);
  }
  ServiceAddress used(const std::string& address) {
    ServiceAddress made{address};
    if (chance(20)) made.kind = FrontendKind::kLoadBalancerIp;
    if (chance(20)) made.traffic_policy = TrafficPolicy::kLocal;
    if (chance(20)) made.source_address = SourceAddress::kMasqueradeOffCluster;
    while (chance(20)) {
      const bool v4 = address.empty() ? chance(50) : is_v4(address);
      const std::string bits = absl::StrCat(8 * (1 + below(3)));
      made.source_ranges.push_back((v4 ? "10.0.0.0/" : "2000::/") + bits);
    }
    return made;
  }
  std::uint32_t node_port() { return static_cast<std::uint32_t>(30000 + below(12)); }
  std::uint32_t number() { return chance(2) ? 0 : static_cast<std::uint32_t>(80 + below(2)); }

  std::mt19937_64 random_;
};

// Sends one random message to both.
void send_one(Generator& generator, Pending& pending, ModelSet& wanted) {
  switch (generator.below(12)) {
    case 0: {
      const std::string name = generator.service_name();
      pending.erase_service(name);
      wanted.services.erase(name);
      return;
    }
    case 1:
    case 2: {
      const std::string service = generator.service_name();
      const std::string name = generator.endpoint_name();
      pending.erase_endpoint(service, name);
      wanted.endpoints.erase({service, name});
      return;
    }
    case 3: {
      const std::string prefix = generator.prefix();
      pending.erase_route(prefix);
      wanted.routes.erase(prefix);
      return;
    }
    case 4:
    case 5: {
      const Route route = generator.route();
      pending.set(route);
      wanted.routes[route.prefix] = route;
      return;
    }
    case 6:
    case 7:
    case 8: {
      const Service service = generator.service();
      pending.set(service);
      wanted.services[service.name] = service;
      return;
    }
    default: {
      const Endpoint endpoint = generator.endpoint();
      pending.set(endpoint);
      wanted.endpoints[{endpoint.service, endpoint.name}] = endpoint;
      return;
    }
  }
}

TEST(StoreProperty, TheSumOfTheChangesIsTheWhole) {
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  Generator generator(seed);
  Store store{GatewayFacts{{}, {{parse(kNodePortV4), parse(kNodePortV6)}}}};
  Model model;
  Tables tables;
  int accepted = 0;
  int refused = 0;
  for (int step = 0; step < 10000; ++step) {
    SCOPED_TRACE(absl::StrCat("step ", step));
    const std::string source = generator.source();
    Pending pending;
    Model candidate = model;
    if (generator.chance(5)) {
      pending.reset();
      candidate[source] = {};
    }
    for (std::size_t i = generator.below(4) + 1; i > 0; --i) {
      send_one(generator, pending, candidate[source]);
    }
    const Plan plan = store.plan(source, pending);
    ASSERT_EQ(plan.violations.empty(), is_good(candidate));
    if (!plan.violations.empty()) {
      ++refused;
      ASSERT_TRUE(plan.tables.empty());
    } else if (generator.chance(10)) {
      continue;  // the data plane refuses: the plan is dropped, and nothing has happened
    } else {
      ++accepted;
      store.commit(plan);
      apply(plan.tables, tables);
      model = std::move(candidate);
    }
    ASSERT_EQ(tables, expand(model));
  }
  // Both must have been tried, or this test says nothing.
  EXPECT_GT(accepted, 1000);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace portico::store
