// Several controllers of one source, each at its own place in the cluster's history: whatever they
// do, once all have caught up the gateway has the cluster's state.

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controlplane/api/ledger.h"
#include "controlplane/api/push_session.h"
#include "controlplane/push/difference.h"
#include "gtest/gtest.h"
#include "tests/support/desired_maps.h"
#include "tests/support/fake_data_plane.h"
#include "tests/support/property_seed.h"

namespace portico {
namespace {

using Objects = std::map<std::string, std::string>;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t limit) { return random_() % limit; }
  bool once_in(std::size_t times) { return below(times) == 0; }

 private:
  std::mt19937_64 random_;
};

// One object of the cluster comes, goes or changes. No two want the same address.
void edit(Dice* dice, DesiredMaps* cluster) {
  const std::size_t number = dice->below(4);
  const std::string name = absl::StrCat("shop/s", number);
  if (dice->once_in(2)) {
    const std::string pod = absl::StrCat("p", dice->below(3));
    if (dice->once_in(3)) {
      cluster->endpoints.erase({name, pod});
      return;
    }
    v1::Endpoint& endpoint = cluster->endpoints[{name, pod}];
    endpoint.Clear();
    endpoint.set_service(name);
    endpoint.set_name(pod);
    endpoint.set_address(absl::StrCat("192.168.1.", 1 + dice->below(5)));
    v1::EndpointPort& port = *endpoint.add_ports();
    port.set_name("http");
    port.set_port(8080);
    return;
  }
  if (dice->once_in(3)) {
    cluster->services.erase(name);
    return;
  }
  v1::Service& service = cluster->services[name];
  service.Clear();
  service.set_name(name);
  service.add_addresses()->set_address(absl::StrCat("10.0.0.", 1 + number));
  v1::ServicePort& port = *service.add_ports();
  port.set_name("http");
  port.set_protocol(v1::PROTOCOL_TCP);
  port.set_port(static_cast<std::uint32_t>(80 + dice->below(3)));
}

// As PushClient does it: everything at the beginning of a stream, then what differs.
class Controller {
 public:
  explicit Controller(Ledger* ledger) : ledger_(*ledger) { begin_anew(); }

  void begin_anew() {
    session_.reset();
    session_ = std::make_unique<PushSession>(ledger_, PushLimits());
    v1::PushRequest open;
    open.mutable_open()->set_source("kubernetes");
    EXPECT_TRUE(session_->handle(open).ok());
    acknowledged_.reset();
  }
  void push(const DesiredState& state) {
    const auto emit = [this](const v1::PushRequest& request) {
      return session_->handle(request).ok();
    };
    EXPECT_TRUE(acknowledged_.has_value() ? difference(*acknowledged_, state, emit)
                                          : everything(state, emit));
    v1::PushRequest sync;
    sync.mutable_sync()->set_revision(1);
    const auto response = session_->handle(sync);
    EXPECT_TRUE(response.ok() && (*response)->has_acknowledgement());
    acknowledged_ = state;
  }
  bool has_changed() const { return session_->has_changed(); }

  std::size_t at = 0;  // how much of the history it has seen

 private:
  Ledger& ledger_;
  std::unique_ptr<PushSession> session_;
  std::optional<DesiredState> acknowledged_;
};

Objects objects_of(const DesiredState& state) {
  Objects objects;
  const DesiredMaps maps = maps_of(state);
  for (const auto& [name, service] : maps.services) {
    objects[name] = absl::StrCat(service.ports(0).port());
  }
  for (const auto& [key, endpoint] : maps.endpoints) {
    objects[absl::StrCat(key.first, "/", key.second)] = endpoint.address();
  }
  return objects;
}

Objects objects_of(const SourceSnapshot& snapshot) {
  Objects objects;
  for (const auto& service : snapshot.services) {
    objects[service->name] = absl::StrCat(service->ports[0].port);
  }
  for (const auto& endpoint : snapshot.endpoints) {
    objects[absl::StrCat(endpoint->service, "/", endpoint->name)] = endpoint->address;
  }
  return objects;
}

class SeveralControllers : public testing::TestWithParam<std::uint64_t> {};

TEST_P(SeveralControllers, AgreeWithTheClusterOnceAllHaveCaughtUp) {
  const std::uint64_t seed = property_seed() + GetParam();
  SCOPED_TRACE(how_to_repeat(seed));
  Dice dice(seed);
  FakeDataPlane data_plane;
  Ledger ledger(data_plane, {});
  std::vector<std::unique_ptr<Controller>> controllers;
  DesiredMaps cluster;
  std::vector<DesiredState> history = {state_of(cluster)};
  const auto see = [&](Controller& one, std::size_t place) {
    one.at = place;
    one.push(history[place]);
  };
  for (int step = 0; step < 300; ++step) {
    edit(&dice, &cluster);
    history.push_back(state_of(cluster));
    if (controllers.empty() || (controllers.size() < 4 && dice.once_in(20))) {
      controllers.push_back(std::make_unique<Controller>(&ledger));
      see(*controllers.back(), dice.below(history.size()));  // it may have listed the past
    }
    const std::size_t chosen = dice.below(controllers.size());
    Controller& one = *controllers[chosen];
    if (dice.once_in(20)) {  // its stream is broken, and its place kept
      one.begin_anew();
      see(one, one.at);
    } else if (controllers.size() > 1 && dice.once_in(20)) {  // it ends, wherever it is
      const bool has_changed = one.has_changed();
      controllers.erase(controllers.begin() + static_cast<std::ptrdiff_t>(chosen));
      for (const auto& other : controllers) {
        if (!has_changed) continue;  // as PushService does it
        other->begin_anew();
        see(*other, other->at);
      }
    } else {
      see(one, one.at + dice.below(history.size() - one.at));
    }
    if (!dice.once_in(10)) continue;
    for (const auto& each : controllers) see(*each, history.size() - 1);
    ASSERT_EQ(objects_of(ledger.snapshot("kubernetes")), objects_of(history.back()))
        << "step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Histories, SeveralControllers,
                         testing::Range(std::uint64_t{0}, std::uint64_t{20}));

}  // namespace
}  // namespace portico
