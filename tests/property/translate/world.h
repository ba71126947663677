#pragma once

// A random world of Kubernetes objects, small enough that addresses, names and hints often meet.

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <random>
#include <string>

#include "controlplane/kubernetes/object_set.h"
#include "controlplane/translate/translate.h"

namespace portico {

inline constexpr std::array<const char*, 3> kServices = {"a", "b", "c"};
inline constexpr std::array<const char*, 5> kSlices = {"s1", "s2", "s3", "s4", "s5"};
inline constexpr std::array<const char*, 2> kPortNames = {"http", "dns"};

inline constexpr std::array<const char*, 3> kNodes = {"n1", "n2", "n3"};
inline constexpr std::array<const char*, 2> kZones = {"z1", "z2"};

struct World {
  std::map<std::string, kubernetes::Service> services;
  std::map<std::string, kubernetes::EndpointSlice> slices;
  TranslateOptions options;
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

kubernetes::Service random_service(Dice* dice, const std::string& name);
kubernetes::Endpoint random_endpoint(Dice* dice, bool is_v4);
kubernetes::EndpointSlice random_slice(Dice* dice, const std::string& name);

// One Service, slice or place of the gateway becomes another; whether it was the last.
bool edit(World* world, Dice* dice);

// In any order.
ObjectSet objects_of(const World& world, Dice* dice);

// What leads from one set to another.
ObjectUpdate update_between(const ObjectSet& before, const ObjectSet& after);

}  // namespace portico
