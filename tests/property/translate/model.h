#pragma once

// What kube-proxy makes of a world, and so what a gateway has to be told, plainly written: there is
// no merging in it; for each port of each Service and each socket it looks through all slices.

#include <set>
#include <string>
#include <tuple>

#include "tests/property/translate/world.h"

namespace portico {

// Service, port name, address, port on the Pod, UID, "active" or "draining", the same under the
// policy Local ("" where no policy is Local), whether it terminates (the same), weight (-1: none
// given).
using Row = std::tuple<std::string, std::string, std::string, int, std::string, std::string,
                       std::string, bool, int>;
using Rows = std::set<Row>;

// Service, address, kind, policy, source address, source ranges.
using AddressRow = std::tuple<std::string, std::string, std::string, std::string, std::string,
                              std::set<std::string>>;
using AddressRows = std::set<AddressRow>;

Rows model(const World& world);
AddressRows model_addresses(const World& world);

}  // namespace portico
