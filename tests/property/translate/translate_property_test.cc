// Random Services and EndpointSlices, through random edits, against the model.

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/strip.h"
#include "controlplane/translate/translate.h"
#include "controlplane/translate/translator.h"
#include "gtest/gtest.h"
#include "tests/property/translate/gateway.h"
#include "tests/property/translate/model.h"
#include "tests/property/translate/world.h"
#include "tests/support/desired_maps.h"
#include "tests/support/property_seed.h"

namespace portico {
namespace {

std::string word_of(v1::Endpoint::State state) {
  if (state == v1::Endpoint::STATE_UNSPECIFIED) return "";
  return state == v1::Endpoint::STATE_ACTIVE ? "active" : "draining";
}

AddressRows addresses_of(const DesiredState& desired) {
  const auto after = [](const std::string& name, const char* prefix) {
    return std::string(absl::StripPrefix(name, prefix));
  };
  AddressRows all;
  for (const auto& [name, service] : maps_of(desired).services) {
    for (const v1::ServiceAddress& address : service.addresses()) {
      const bool is_local = address.traffic_policy() == v1::TRAFFIC_POLICY_LOCAL;
      const bool is_new =
          all.emplace(name, address.address(),
                      after(v1::ServiceAddress::Kind_Name(address.kind()), "KIND_"),
                      is_local ? "LOCAL" : "CLUSTER",
                      after(v1::SourceAddress_Name(address.source_address()), "SOURCE_ADDRESS_"),
                      std::set<std::string>(address.source_ranges().begin(),
                                            address.source_ranges().end()))
              .second;
      EXPECT_TRUE(is_new) << service.ShortDebugString();
    }
  }
  return all;
}

// The rows of a desired state.
Rows rows_of(const DesiredState& desired) {
  Rows rows;
  for (const auto& [key, endpoint] : maps_of(desired).endpoints) {
    EXPECT_EQ(key, std::pair(endpoint.service(), endpoint.name()));
    EXPECT_NE(desired.services().find(endpoint.service()), nullptr);
    EXPECT_GT(endpoint.ports_size(), 0);
    const std::string::size_type slash = endpoint.name().find('/');
    const std::string uid =
        slash == std::string::npos ? "" : std::string(endpoint.name().substr(0, slash));
    std::set<std::string> names;
    for (const v1::EndpointPort& port : endpoint.ports()) {
      EXPECT_TRUE(names.insert(port.name()).second) << endpoint.ShortDebugString();
      const bool is_new =
          rows.emplace(endpoint.service(), port.name(), endpoint.address(),
                       static_cast<int>(port.port()), uid, word_of(endpoint.state()),
                       word_of(endpoint.local_state()), endpoint.terminating(),
                       endpoint.has_weight() ? static_cast<int>(endpoint.weight()) : -1)
              .second;
      EXPECT_TRUE(is_new) << endpoint.ShortDebugString();
    }
  }
  return rows;
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
  ObjectSet before;
  auto translator = std::make_unique<Translator>(world.options);
  for (int step = 0; step < 400; ++step) {
    const bool is_elsewhere = edit(&world, &dice);
    const ObjectSet objects = objects_of(world, &dice);
    const Translation translation = translate(objects, world.options);
    if (is_elsewhere) {
      translator = std::make_unique<Translator>(world.options, translator->desired());
      translator->apply(reset_to(objects, {}));
    } else {
      translator->apply(update_between(before, objects));
    }
    before = objects;
    ASSERT_EQ(rows_of(translator->desired()), model(world)) << "step " << step;
    ASSERT_EQ(addresses_of(translator->desired()), model_addresses(world)) << "step " << step;
    const auto& faults = translation.reports.faults;
    ASSERT_TRUE(faults.empty()) << faults[0].to_string();
    ASSERT_EQ(rows_of(translation.desired), model(world)) << "step " << step;
    ASSERT_EQ(addresses_of(translation.desired), model_addresses(world)) << "step " << step;
    ASSERT_EQ(refusals(translation.desired, {}), "") << "step " << step;
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
      return maps_of(translate(objects_of(world, &dice), {}).desired).endpoints;
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
