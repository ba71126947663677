// Random Services and EndpointSlices, through random edits, against a plain model of what
// kube-proxy makes of them. The model knows no merging: for each port of each Service and each
// socket it looks through all slices.

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controlplane/translate/translate.h"
#include "gtest/gtest.h"
#include "tests/support/property_seed.h"

namespace portico {
namespace {

constexpr std::array<const char*, 3> kServices = {"a", "b", "c"};
constexpr std::array<const char*, 5> kSlices = {"s1", "s2", "s3", "s4", "s5"};
constexpr std::array<const char*, 2> kPortNames = {"http", "dns"};

// Service, port name, address, port on the Pod, UID, draining.
using Row = std::tuple<std::string, std::string, std::string, int, std::string, bool>;
using Rows = std::set<Row>;

struct World {
  std::map<std::string, kubernetes::Service> services;
  std::map<std::string, kubernetes::EndpointSlice> slices;
};

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  // 0 ... sides - 1
  int roll(int sides) { return std::uniform_int_distribution<int>(0, sides - 1)(random_); }
  bool once_in(int times) { return roll(times) == 0; }
  template <typename Container>
  auto pick(const Container& container) {
    return *std::next(container.begin(), roll(static_cast<int>(container.size())));
  }
  template <typename Values>
  void shuffle(Values* values) {
    std::shuffle(values->begin(), values->end(), random_);
  }

 private:
  std::mt19937_64 random_;
};

kubernetes::Service random_service(Dice* dice, const std::string& name) {
  kubernetes::Service service;
  service.mutable_metadata()->set_name(name);
  service.mutable_metadata()->set_namespace_("default");
  kubernetes::ServiceSpec& spec = *service.mutable_spec();
  const int families = dice->roll(4);  // none ("headless"), IPv4, IPv6, both
  if ((families & 1) != 0) spec.add_cluster_ips(absl::StrCat("10.0.0.", name[0] - 'a' + 1));
  if ((families & 2) != 0) spec.add_cluster_ips(absl::StrCat("2001:db8::", name[0] - 'a' + 1));
  kubernetes::ServicePort& http = *spec.add_ports();
  http.set_name("http");
  http.set_port(80);
  if (dice->once_in(2)) {
    kubernetes::ServicePort& dns = *spec.add_ports();
    dns.set_name("dns");
    dns.set_port(53);
    dns.set_protocol(dice->once_in(2) ? "UDP" : "TCP");
  }
  if (dice->once_in(10)) {
    (*service.mutable_metadata()->mutable_labels())["service.kubernetes.io/service-proxy-name"] =
        "x";
  }
  return service;
}

void random_condition(Dice* dice, bool likely, auto set) {
  const int face = dice->roll(4);
  if (face == 0) set(!likely);
  if (face == 1) set(likely);
}

// Few addresses and UIDs, so that they meet.
kubernetes::Endpoint random_endpoint(Dice* dice, bool is_v4) {
  kubernetes::Endpoint endpoint;
  const int number = dice->roll(5);
  endpoint.add_addresses(absl::StrCat(is_v4 ? "192.168.1." : "2001:db8:1::", number + 1));
  if (!dice->once_in(4)) {
    endpoint.mutable_target_ref()->set_uid(absl::StrCat("uid-", dice->once_in(5) ? 9 : number));
  }
  auto* conditions = endpoint.mutable_conditions();
  random_condition(dice, true, [&](bool value) { conditions->set_ready(value); });
  random_condition(dice, true, [&](bool value) { conditions->set_serving(value); });
  random_condition(dice, false, [&](bool value) { conditions->set_terminating(value); });
  return endpoint;
}

kubernetes::EndpointSlice random_slice(Dice* dice, const std::string& name) {
  kubernetes::EndpointSlice slice;
  slice.mutable_metadata()->set_name(name);
  slice.mutable_metadata()->set_namespace_(dice->once_in(10) ? "other" : "default");
  auto& labels = *slice.mutable_metadata()->mutable_labels();
  if (!dice->once_in(10)) labels["kubernetes.io/service-name"] = dice->pick(kServices);
  if (dice->once_in(15)) labels["service.kubernetes.io/headless"] = "";
  const bool is_v4 = !dice->once_in(3);
  slice.set_address_type(is_v4 ? "IPv4" : "IPv6");
  for (int i = dice->roll(5); i > 0; --i) *slice.add_endpoints() = random_endpoint(dice, is_v4);
  for (const char* port_name : kPortNames) {
    if (dice->once_in(4)) continue;
    kubernetes::EndpointPort& port = *slice.add_ports();
    if (!dice->once_in(15)) port.set_name(port_name);
    if (!dice->once_in(15)) port.set_port(dice->once_in(10) ? 0 : 8080 + dice->roll(2));
    if (dice->once_in(3)) port.set_protocol(dice->once_in(2) ? "UDP" : "TCP");
  }
  return slice;
}

std::string or_tcp(const std::string& protocol) {
  return protocol.empty() ? "TCP" : protocol;
}

// One appearance of a socket in a slice, for a certain port of a certain Service.
struct Appearance {
  std::string uid;
  bool ready;
  bool serving;
  bool terminating;
};

// The last that does not terminate, and if all do, the first.
Appearance that_counts(const std::vector<Appearance>& appearances) {
  Appearance counts = appearances.front();
  for (const Appearance& appearance : appearances) {
    if (!appearance.terminating) counts = appearance;
  }
  return counts;
}

Appearance appearance_of(const kubernetes::Endpoint& endpoint) {
  const auto& conditions = endpoint.conditions();
  return {endpoint.target_ref().uid(), !conditions.has_ready() || conditions.ready(),
          !conditions.has_serving() || conditions.serving(),
          conditions.has_terminating() && conditions.terminating()};
}

// Where a port of a Service appears, by socket; slices by name.
std::map<std::pair<std::string, int>, std::vector<Appearance>> look(
    const World& world, const std::string& service, const kubernetes::ServicePort& port,
    const std::string& family) {
  std::map<std::pair<std::string, int>, std::vector<Appearance>> sockets;
  for (const auto& [name, slice] : world.slices) {
    const auto& labels = slice.metadata().labels();
    const auto label = labels.find("kubernetes.io/service-name");
    if (label == labels.end() || label->second != service) continue;
    if (slice.metadata().namespace_() != "default" || slice.address_type() != family) continue;
    if (labels.contains("service.kubernetes.io/headless")) continue;
    for (const auto& slice_port : slice.ports()) {
      if (!slice_port.has_name() || slice_port.name() != port.name()) continue;
      if (or_tcp(slice_port.protocol()) != or_tcp(port.protocol())) continue;
      if (slice_port.port() == 0) continue;
      for (const auto& endpoint : slice.endpoints()) {
        sockets[{endpoint.addresses(0), slice_port.port()}].push_back(appearance_of(endpoint));
      }
    }
  }
  return sockets;
}

Rows model(const World& world) {
  Rows rows;
  for (const auto& [name, service] : world.services) {
    if (!service.metadata().labels().empty()) continue;  // left to another proxy
    for (const std::string& cluster_ip : service.spec().cluster_ips()) {
      const bool is_v4 = cluster_ip.find(':') == std::string::npos;
      for (const auto& port : service.spec().ports()) {
        const auto sockets = look(world, name, port, is_v4 ? "IPv4" : "IPv6");
        const bool any_ready = std::any_of(sockets.begin(), sockets.end(), [](const auto& socket) {
          return that_counts(socket.second).ready;
        });
        for (const auto& [socket, appearances] : sockets) {
          const Appearance counts = that_counts(appearances);
          if (!counts.ready && !(counts.serving && counts.terminating)) continue;
          rows.emplace("default/" + name, port.name(), socket.first, socket.second, counts.uid,
                       !counts.ready && any_ready);
        }
      }
    }
  }
  return rows;
}

ObjectSet objects_of(const World& world, Dice* dice) {
  ObjectSet objects;
  for (const auto& [name, service] : world.services) {
    objects.services.push_back(std::make_shared<const Sourced<kubernetes::Service>>(
        Sourced<kubernetes::Service>{service, {}}));
  }
  for (const auto& [name, slice] : world.slices) {
    objects.endpoint_slices.push_back(std::make_shared<const Sourced<kubernetes::EndpointSlice>>(
        Sourced<kubernetes::EndpointSlice>{slice, {}}));
  }
  dice->shuffle(&objects.services);
  dice->shuffle(&objects.endpoint_slices);
  return objects;
}

// The rows of a desired state; checks what the gateway would refuse.
Rows rows_of(const DesiredState& desired) {
  Rows rows;
  for (const auto& [key, endpoint] : desired.endpoints) {
    EXPECT_EQ(key, std::pair(endpoint.service(), endpoint.name()));
    EXPECT_TRUE(desired.services.contains(endpoint.service()));
    EXPECT_GT(endpoint.ports_size(), 0);
    const std::string::size_type slash = endpoint.name().find('/');
    const std::string uid =
        slash == std::string::npos ? "" : std::string(endpoint.name().substr(0, slash));
    std::set<std::string> names;
    for (const v1::EndpointPort& port : endpoint.ports()) {
      EXPECT_TRUE(names.insert(port.name()).second) << endpoint.ShortDebugString();
      const bool is_new = rows.emplace(endpoint.service(), port.name(), endpoint.address(),
                                       static_cast<int>(port.port()), uid,
                                       endpoint.state() == v1::Endpoint::STATE_DRAINING)
                              .second;
      EXPECT_TRUE(is_new) << endpoint.ShortDebugString();
    }
  }
  return rows;
}

void edit(World* world, Dice* dice) {
  const std::string service = dice->pick(kServices);
  const std::string slice = dice->pick(kSlices);
  switch (dice->roll(6)) {
    case 0:
      world->services.erase(service);
      break;
    case 1:
      world->services[service] = random_service(dice, service);
      break;
    case 2:
      world->slices.erase(slice);
      break;
    default:
      world->slices[slice] = random_slice(dice, slice);
  }
}

// Each parameter is another world of the same seed.
class TranslateProperty : public testing::TestWithParam<std::uint64_t> {
 protected:
  const std::uint64_t seed_ = property_seed();
};

TEST_P(TranslateProperty, AgreesWithTheModelThroughAllEdits) {
  SCOPED_TRACE(how_to_repeat(seed_));
  Dice dice(seed_ + GetParam());
  World world;
  for (int step = 0; step < 400; ++step) {
    edit(&world, &dice);
    const Translation translation = translate(objects_of(world, &dice), {});
    ASSERT_TRUE(translation.faults.empty()) << translation.faults[0].to_string();
    ASSERT_EQ(rows_of(translation.desired), model(world)) << "step " << step;
    ASSERT_FALSE(testing::Test::HasFailure()) << "step " << step;
  }
}

// An endpoint goes from one slice to another in two changes, in either order. Where it is in both
// or in neither in between is up to the order; its name, by which the gateway knows it, never
// changes.
TEST_P(TranslateProperty, KeepsTheNameOfAnEndpointThatMoves) {
  SCOPED_TRACE(how_to_repeat(seed_));
  Dice dice(seed_ + GetParam());
  for (int round = 0; round < 100; ++round) {
    World world;
    world.services["a"] = random_service(&dice, "a");
    for (const char* name : {"s1", "s2"}) {
      kubernetes::EndpointSlice& slice = world.slices[name] = random_slice(&dice, name);
      slice.mutable_metadata()->set_namespace_("default");
      slice.mutable_metadata()->clear_labels();
      (*slice.mutable_metadata()->mutable_labels())["kubernetes.io/service-name"] = "a";
      slice.set_address_type("IPv4");
      slice.clear_endpoints();
      *slice.mutable_ports() = world.slices["s1"].ports();
    }
    *world.slices["s1"].add_endpoints() = random_endpoint(&dice, true);
    const auto endpoints = [&] {
      return translate(objects_of(world, &dice), {}).desired.endpoints;
    };
    const auto keys = [&] {
      std::set<std::pair<std::string, std::string>> all;
      for (const auto& [key, endpoint] : endpoints()) all.insert(key);
      return all;
    };
    const auto before = keys();
    const bool add_first = dice.once_in(2);
    auto& from = *world.slices["s1"].mutable_endpoints();
    auto& to = *world.slices["s2"].mutable_endpoints();
    const kubernetes::Endpoint moved = from[0];
    if (add_first) {
      *to.Add() = moved;
      ASSERT_EQ(keys(), before) << "round " << round;
      from.Clear();
    } else {
      from.Clear();
      ASSERT_TRUE(keys().empty());
      *to.Add() = moved;
    }
    ASSERT_EQ(keys(), before) << "round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Worlds, TranslateProperty,
                         testing::Range(std::uint64_t{0}, std::uint64_t{20}));

}  // namespace
}  // namespace portico
