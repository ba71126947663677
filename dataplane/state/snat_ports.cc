#include "dataplane/state/snat_ports.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "dataplane/net/owner_hash.h"

namespace portico {
namespace {

// The hashes of one worker's clients are alike in the bits that chose the worker; multiplication by
// 2^64 / golden ratio spreads what differs over the upper bits (Knuth, volume 3, section 6.4).
constexpr std::uint64_t spread(std::uint32_t hash) noexcept {
  return (hash + std::uint64_t{1}) * 0x9e3779b97f4a7c15;
}

}  // namespace

template <typename Address>
SnatPorts<Address>::SnatPorts(const SnatConfig& config, const NodePortConfig& node_ports,
                              WorkerId worker, std::uint16_t workers, std::uint64_t seed) {
  const std::set<IpAddress> shared(node_ports.addresses.begin(), node_ports.addresses.end());
  const std::set<IpAddress> addresses(config.addresses.begin(), config.addresses.end());
  for (const IpAddress& any : addresses) {
    if (any.family() != Address::kFamily) continue;
    const Address address = any.as<Address>();
    const bool is_shared = shared.contains(any);
    // Port 0 is no port; the wider counter ends behind 65535.
    for (std::uint32_t port = std::max<std::uint32_t>(config.first_port, 1);
         port <= config.last_port; ++port) {
      if (is_shared && node_ports.first_port <= port && port <= node_ports.last_port) continue;
      const L4Port l4_port = L4Port::from_host(static_cast<std::uint16_t>(port));
      if (owner_of(client_side_hash(address, l4_port), workers) == worker) {
        candidates_.push_back({address, l4_port});
      }
    }
  }
  if (candidates_.empty()) return;

  std::mt19937_64 random(seed);
  std::shuffle(candidates_.begin(), candidates_.end(), random);
  std::uniform_int_distribution<std::size_t> any_step(1, candidates_.size());
  for (std::uint32_t& step : steps_) {
    std::size_t chosen;
    do {
      chosen = any_step(random);
    } while (std::gcd(chosen, candidates_.size()) != 1);
    step = static_cast<std::uint32_t>(chosen);
  }
}

template <typename Address>
auto SnatPorts<Address>::candidate(std::uint32_t hash, unsigned attempt) const noexcept
    -> Candidate {
  const std::uint64_t bits = spread(hash);
  const std::uint64_t size = candidates_.size();
  const std::uint64_t start = (bits >> 32) * size >> 32;
  const std::uint64_t step = steps_[bits >> 22 & (kSteps - 1)];
  return candidates_[(start + attempt * step) % size];
}

template class SnatPorts<Ipv4Address>;
template class SnatPorts<Ipv6Address>;

}  // namespace portico
