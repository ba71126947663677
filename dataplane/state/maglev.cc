#include "dataplane/state/maglev.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/string_view.h"

namespace portico {
namespace {

// FNV-1a over the bytes, from a seeded start, then the finalizer of MurmurHash3, so that every bit
// of the name reaches every bit of the result.
std::uint64_t stable_hash(absl::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325 ^ seed;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53;
  hash ^= hash >> 33;
  return hash;
}

// Two arbitrary constants; changing them moves every connection to another endpoint.
constexpr std::uint64_t kOffsetSeed = 0x6f66667365740000;
constexpr std::uint64_t kSkipSeed = 0x736b697000000000;

// A walk through the places of the table in one endpoint's order of preference.
struct Walk {
  std::uint32_t place;
  std::uint32_t skip;
  std::uint16_t endpoint;
  std::uint32_t weight;
  std::uint32_t credit = 0;

  std::uint32_t next(std::uint32_t size) {
    const std::uint32_t here = place;
    place = static_cast<std::uint32_t>((std::uint64_t{place} + skip) % size);
    return here;
  }
};

std::vector<Walk> walks_by_name(const std::vector<std::string>& names,
                                const std::vector<std::uint32_t>& weights, std::uint32_t size) {
  std::vector<std::uint16_t> order(names.size());
  std::iota(order.begin(), order.end(), std::uint16_t{0});
  std::sort(order.begin(), order.end(), [&](std::uint16_t a, std::uint16_t b) {
    return names[a] != names[b] ? names[a] < names[b] : a < b;
  });
  std::vector<Walk> walks;
  walks.reserve(order.size());
  for (const std::uint16_t endpoint : order) {
    const std::string& name = names[endpoint];
    walks.push_back({static_cast<std::uint32_t>(stable_hash(name, kOffsetSeed) % size),
                     static_cast<std::uint32_t>(stable_hash(name, kSkipSeed) % (size - 1) + 1),
                     endpoint, weights.empty() ? 1 : weights[endpoint]});
  }
  return walks;
}

}  // namespace

std::vector<std::uint16_t> build_maglev(const std::vector<std::string>& names, std::uint32_t size,
                                        const std::vector<std::uint32_t>& weights) {
  constexpr std::uint16_t kFree = 0xffff;
  if (names.empty()) return {};
  std::vector<Walk> walks = walks_by_name(names, weights, size);
  std::uint32_t heaviest = 1;
  for (const Walk& walk : walks) heaviest = std::max(heaviest, walk.weight);
  std::vector<std::uint16_t> table(size, kFree);
  for (std::uint32_t taken = 0; taken < size;) {
    for (Walk& walk : walks) {
      walk.credit += walk.weight;
      if (walk.credit < heaviest) continue;
      walk.credit -= heaviest;
      std::uint32_t place;
      do {
        place = walk.next(size);
      } while (table[place] != kFree);
      table[place] = walk.endpoint;
      if (++taken == size) break;
    }
  }
  return table;
}

std::uint32_t maglev_size(std::size_t endpoints) {
  for (const std::uint32_t size : {251U, 1021U, 4093U, 16381U}) {
    if (size >= 100 * endpoints) return size;
  }
  return 65521;
}

}  // namespace portico
