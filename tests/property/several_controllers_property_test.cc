// Several controllers of one source, each at its own place in the cluster's history: whatever they
// do, once all have caught up the gateway has the cluster's state.

#include <algorithm>
#include <cstddef>
#include <cstdint>
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
#include "controlplane/api/push_streams.h"
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

// Everything at the beginning of a stream, then what differs, as PushClient does it; its end of the
// conversation is PushService's.
class Controller {
 public:
  Controller(Ledger* ledger, PushStreams* streams) : ledger_(*ledger), streams_(*streams) {
    begin();
  }
  ~Controller() { leave(); }

  // `at`: how much of the history it has seen then.
  void push(const std::vector<DesiredState>& history, std::size_t at) {
    const DesiredState& state = history[at];
    const auto emit = [this](const v1::PushRequest& request) {
      return session_->handle(request).ok();
    };
    EXPECT_TRUE(acknowledged_.has_value() ? difference(*acknowledged_, state, emit)
                                          : everything(state, emit));
    v1::PushRequest sync;
    sync.mutable_sync()->set_revision(1);
    const auto response = session_->handle(sync);
    EXPECT_TRUE(response.ok() && (*response)->has_acknowledgement());
    if (session_->take_change()) streams_.note_change(this);
    acknowledged_ = state;
    at_ = at;
  }
  void begin_anew(const std::vector<DesiredState>& history) {
    leave();
    begin();
    push(history, at_);
  }
  bool is_ended() const { return is_ended_; }
  std::size_t at() const { return at_; }

 private:
  void begin() {
    is_ended_ = false;
    session_ = std::make_unique<PushSession>(ledger_, PushLimits());
    v1::PushRequest open;
    open.mutable_open()->set_source("kubernetes");
    EXPECT_TRUE(session_->handle(open).ok());
    streams_.enter(this, [this] { is_ended_ = true; });
    streams_.open(this, "kubernetes");
  }
  void leave() {
    session_.reset();
    streams_.leave(this);
    acknowledged_.reset();
  }

  Ledger& ledger_;
  PushStreams& streams_;
  std::unique_ptr<PushSession> session_;
  bool is_ended_ = false;  // it was asked to, and has not heard of it yet
  std::optional<DesiredState> acknowledged_;
  std::size_t at_ = 0;
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
  PushStreams streams;
  std::vector<std::unique_ptr<Controller>> controllers;
  DesiredMaps cluster;
  std::vector<DesiredState> history = {state_of(cluster)};
  for (int step = 0; step < 300; ++step) {
    edit(&dice, &cluster);
    history.push_back(state_of(cluster));
    if (controllers.empty() || (controllers.size() < 4 && dice.once_in(20))) {
      controllers.push_back(std::make_unique<Controller>(&ledger, &streams));
      controllers.back()->push(history, dice.below(history.size()));  // it may have listed the past
    }
    const std::size_t chosen = dice.below(controllers.size());
    Controller& one = *controllers[chosen];
    if (dice.once_in(one.is_ended() ? 4 : 20)) {  // it ends, wherever it is
      controllers.erase(controllers.begin() + static_cast<std::ptrdiff_t>(chosen));
    } else if (dice.once_in(one.is_ended() ? 2 : 20)) {  // its stream ends, and its place is kept
      one.begin_anew(history);
    } else {  // also when it was ended: what is on its way arrives
      one.push(history, one.at() + dice.below(history.size() - one.at()));
    }
    if (!dice.once_in(10) || controllers.empty()) continue;
    const auto is_ended = [](const auto& each) { return each->is_ended(); };
    for (int times = 0;; ++times) {
      const auto ended = std::find_if(controllers.begin(), controllers.end(), is_ended);
      if (ended == controllers.end()) break;
      ASSERT_LT(times, 10) << "they end each other for ever, step " << step;
      (*ended)->begin_anew(history);
    }
    for (const auto& each : controllers) each->push(history, history.size() - 1);
    ASSERT_EQ(objects_of(ledger.snapshot("kubernetes")), objects_of(history.back()))
        << "step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Histories, SeveralControllers,
                         testing::Range(std::uint64_t{0}, std::uint64_t{100}));

}  // namespace
}  // namespace portico
