// The incremental translation against the one from scratch, through random updates of objects that
// are often at odds: addresses, ports and Pod networks of several, faults, slices that move.

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controlplane/push/difference.h"
#include "controlplane/translate/translate.h"
#include "controlplane/translate/translator.h"
#include "gtest/gtest.h"
#include "tests/property/translate/world.h"
#include "tests/support/desired_maps.h"
#include "tests/support/property_seed.h"

namespace portico {
namespace {

constexpr std::array<const char*, 6> kNames = {"a", "b", "c", "d", "e", "f"};

template <typename Message>
using Objects = std::map<ObjectKey, ObjectPtr<Message>>;

// All there is, and what has changed since it was last taken.
class Cluster {
 public:
  explicit Cluster(Dice* dice) : dice_(*dice) {}

  void edit() {
    const std::string name = dice_.pick(kNames);
    const bool is_deletion = dice_.once_in(4);
    switch (dice_.roll(3)) {
      case 0:
        is_deletion ? erase("default/" + name, &services, &update_.services)
                    : set(service(name), &services, &update_.services);
        break;
      case 1:
        is_deletion ? erase("default/" + name, &slices, &update_.endpoint_slices)
                    : set(slice(name), &slices, &update_.endpoint_slices);
        break;
      default:
        is_deletion ? erase(name, &nodes, &update_.nodes) : set(node(name), &nodes, &update_.nodes);
    }
  }
  ObjectUpdate take_reset() {
    update_ = {};
    return reset_to(all(), {});
  }
  ObjectUpdate take_difference() { return std::exchange(update_, {}); }
  ObjectSet all() const {
    ObjectSet objects;
    for (const auto& [key, object] : services) objects.services.push_back(object);
    for (const auto& [key, object] : slices) objects.endpoint_slices.push_back(object);
    for (const auto& [key, object] : nodes) objects.nodes.push_back(object);
    return objects;
  }

  Objects<kubernetes::Service> services;
  Objects<kubernetes::EndpointSlice> slices;
  Objects<kubernetes::Node> nodes;

 private:
  void set_creation(kubernetes::ObjectMeta* metadata) {
    if (!dice_.once_in(3)) metadata->mutable_creation_timestamp()->set_seconds(1 + dice_.roll(4));
  }

  kubernetes::Service service(const std::string& name) {
    kubernetes::Service service = random_service(&dice_, name);
    set_creation(service.mutable_metadata());
    kubernetes::ServiceSpec& spec = *service.mutable_spec();
    if (dice_.once_in(2)) spec.add_external_ips(absl::StrCat("192.0.2.", 100 + dice_.roll(3)));
    if (dice_.once_in(3)) {
      spec.set_type("LoadBalancer");
      spec.mutable_ports(0)->set_node_port(30000 + dice_.roll(3));
    }
    if (dice_.once_in(3)) {
      spec.set_type("LoadBalancer");
      spec.set_external_traffic_policy("Local");
      spec.set_health_check_node_port(30000 + dice_.roll(3));
    }
    if (dice_.once_in(10)) spec.mutable_ports(0)->set_port(0);
    return service;
  }
  kubernetes::EndpointSlice slice(const std::string& name) {
    kubernetes::EndpointSlice slice = random_slice(&dice_, name);
    slice.mutable_metadata()->set_namespace_("default");
    if (dice_.once_in(10)) slice.add_endpoints()->add_addresses("192.168.1.300");
    return slice;
  }
  kubernetes::Node node(const std::string& name) {
    kubernetes::Node node;
    node.mutable_metadata()->set_name(name);
    set_creation(node.mutable_metadata());
    for (int i = dice_.roll(3); i > 0; --i) {
      node.mutable_spec()->add_pod_cidrs(absl::StrCat("10.", dice_.roll(4), ".0.0/16"));
    }
    if (dice_.once_in(10)) return node;
    kubernetes::NodeAddress& address = *node.mutable_status()->add_addresses();
    address.set_type("InternalIP");
    address.set_address(absl::StrCat("172.16.0.", 1 + dice_.roll(3)));
    // Some Services' external IP.
    kubernetes::NodeAddress& second = *node.mutable_status()->add_addresses();
    second.set_type(dice_.once_in(2) ? "InternalIP" : "ExternalIP");
    second.set_address(absl::StrCat("192.0.2.", 100 + dice_.roll(3)));
    return node;
  }

  template <typename Message>
  void forget(const ObjectKey& key, KindUpdate<Message>* update) {
    std::erase(update->deleted, key);
    std::erase_if(update->set,
                  [&](const auto& object) { return key_of(object->message.metadata()) == key; });
  }
  template <typename Message>
  void set(Message message, Objects<Message>* objects, KindUpdate<Message>* update) {
    const ObjectKey key = key_of(message.metadata());
    const auto object =
        std::make_shared<const Sourced<Message>>(Sourced<Message>{std::move(message), {}});
    (*objects)[key] = object;
    forget(key, update);
    update->set.push_back(object);
  }
  template <typename Message>
  void erase(const ObjectKey& key, Objects<Message>* objects, KindUpdate<Message>* update) {
    objects->erase(key);
    forget(key, update);
    update->deleted.push_back(key);
  }

  Dice& dice_;
  ObjectUpdate update_;
};

std::multiset<std::string> lines(const std::vector<ObjectFault>& faults) {
  std::multiset<std::string> all;
  for (const ObjectFault& fault : faults) all.insert(fault.to_string());
  return all;
}

// The requests by which a state is told, which say all that is in it.
std::vector<std::string> requests(const DesiredState& state) {
  std::vector<std::string> all;
  everything(state, [&](const v1::PushRequest& request) {
    all.push_back(request.ShortDebugString());
    return true;
  });
  return all;
}

void make(const v1::Change& change, DesiredMaps* gateway) {
  const v1::Set& set = change.set();
  const v1::Delete& gone = change.delete_();
  if (set.has_service()) gateway->services[set.service().name()] = set.service();
  if (set.has_endpoint()) {
    gateway->endpoints[{set.endpoint().service(), set.endpoint().name()}] = set.endpoint();
  }
  if (set.has_route()) gateway->routes[set.route().prefix()] = set.route();
  if (gone.has_endpoint()) {
    EXPECT_EQ(gateway->endpoints.erase({gone.endpoint().service(), gone.endpoint().name()}), 1u);
  } else if (!gone.route().empty()) {
    EXPECT_EQ(gateway->routes.erase(gone.route()), 1u);
  } else if (!gone.service().empty()) {
    EXPECT_EQ(gateway->services.erase(gone.service()), 1u);
  }
}

// Which of the Services that have no fault of their own are served, plainly: the oldest first, each
// one if all that it wants is still to be had. The sockets are read from the Kubernetes object.
std::set<ObjectKey> served(const Cluster& cluster) {
  std::vector<std::tuple<std::int64_t, ObjectKey, const kubernetes::Service*>> by_age;
  for (const auto& [key, object] : cluster.services) {
    by_age.emplace_back(object->message.metadata().creation_timestamp().seconds(), key,
                        &object->message);
  }
  std::sort(by_age.begin(), by_age.end());
  std::set<std::tuple<std::string, int, std::string>> taken;
  std::set<ObjectKey> names;
  for (const auto& [created, key, service] : by_age) {
    const Translation alone = translate({{std::make_shared<const Sourced<kubernetes::Service>>(
                                             Sourced<kubernetes::Service>{*service, {}})},
                                         {},
                                         {}},
                                        {});
    const auto own = alone.desired.services().find(key);
    if (own == nullptr) continue;
    std::set<std::tuple<std::string, int, std::string>> wanted;
    for (const auto& port : service->spec().ports()) {
      const std::string protocol = port.protocol().empty() ? "TCP" : port.protocol();
      for (const auto& address : own->service->addresses()) {
        if (!address.address().empty()) wanted.emplace(address.address(), port.port(), protocol);
      }
      if (port.node_port() != 0) wanted.emplace("node", port.node_port(), protocol);
    }
    const int health = static_cast<int>(own->service->health_check_port());
    if (health != 0) wanted.emplace("node", health, "TCP");
    const bool is_free = std::none_of(wanted.begin(), wanted.end(),
                                      [&](const auto& one) { return taken.contains(one); });
    if (!is_free) continue;
    taken.insert(wanted.begin(), wanted.end());
    names.insert(key);
  }
  return names;
}

class TranslatorProperty : public testing::TestWithParam<std::uint64_t> {
 protected:
  const std::uint64_t seed_ = property_seed();
};

TEST_P(TranslatorProperty, IsTheTranslationFromScratchAfterEveryUpdate) {
  SCOPED_TRACE(how_to_repeat(seed_));
  Dice dice(seed_ + GetParam());
  Cluster cluster(&dice);
  Translator translator({});
  for (int step = 0; step < 200; ++step) {
    for (int edits = 1 + dice.roll(4); edits > 0; --edits) cluster.edit();
    translator.apply(dice.once_in(20) ? cluster.take_reset() : cluster.take_difference());
    const Translation scratch = translate(cluster.all(), {});
    ASSERT_EQ(requests(translator.desired()), requests(scratch.desired)) << "step " << step;
    std::set<ObjectKey> names;
    for (const auto& [name, service] : maps_of(translator.desired()).services) names.insert(name);
    ASSERT_EQ(names, served(cluster)) << "step " << step;
    std::set<std::string> at_fault;
    for (const ObjectFault& fault : scratch.reports.faults) at_fault.insert(fault.object);
    ASSERT_EQ(translator.left_out(), at_fault.size()) << "step " << step;
    ASSERT_EQ(translator.services(), cluster.services.size());
    ASSERT_EQ(translator.endpoint_slices(), cluster.slices.size());
    ASSERT_EQ(translator.nodes(), cluster.nodes.size());
    ASSERT_EQ(translator.desired().endpoint_count(),
              maps_of(translator.desired()).endpoints.size());
  }
}

// Who hears each report once knows at any time what is wrong, but for what was mended.
TEST_P(TranslatorProperty, TellsEachFaultOnceWhenItComes) {
  SCOPED_TRACE(how_to_repeat(seed_));
  Dice dice(seed_ + GetParam());
  Cluster cluster(&dice);
  Translator translator({});
  std::multiset<std::string> before;
  for (int step = 0; step < 200; ++step) {
    cluster.edit();
    const std::multiset<std::string> told =
        lines(translator.apply(cluster.take_difference()).faults);
    const std::multiset<std::string> now = lines(translate(cluster.all(), {}).reports.faults);
    for (const std::string& fault : now) {
      ASSERT_TRUE(before.contains(fault) || told.contains(fault)) << fault << " at step " << step;
    }
    for (const std::string& fault : told) {
      ASSERT_TRUE(now.contains(fault)) << fault << " at step " << step;
    }
    before = now;
    // The same again is no news.
    ObjectUpdate same = reset_to(cluster.all(), {});
    same.reset = false;
    ASSERT_TRUE(translator.apply(same).faults.empty()) << "step " << step;
  }
}

// The difference between any two revisions leads from the one to the other.
TEST_P(TranslatorProperty, MakesDifferencesThatLeadToTheLatest) {
  SCOPED_TRACE(how_to_repeat(seed_));
  Dice dice(seed_ + GetParam());
  Cluster cluster(&dice);
  Translator translator({});
  std::vector<DesiredState> revisions(1);
  for (int step = 0; step < 200; ++step) {
    cluster.edit();
    translator.apply(cluster.take_difference());
    const DesiredState before = dice.pick(revisions);
    DesiredMaps gateway = maps_of(before);
    difference(before, translator.desired(), [&](const v1::PushRequest& request) {
      for (const v1::Change& change : request.changes().changes()) make(change, &gateway);
      return true;
    });
    ASSERT_EQ(requests(state_of(gateway)), requests(translator.desired())) << "step " << step;
    revisions.push_back(translator.desired());
  }
}

INSTANTIATE_TEST_SUITE_P(Clusters, TranslatorProperty,
                         testing::Range(std::uint64_t{0}, std::uint64_t{5}));

}  // namespace
}  // namespace portico
