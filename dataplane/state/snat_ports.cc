#include "dataplane/state/snat_ports.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "dataplane/net/owner_hash.h"

namespace portico {

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
auto SnatPorts<Address>::candidate_after(std::size_t first, std::uint32_t hash,
                                         unsigned attempt) const noexcept -> Candidate {
  const std::uint64_t step = steps_[spread(hash) >> 22 & (kSteps - 1)];
  return candidates_[(first + attempt * step) % candidates_.size()];
}

template class SnatPorts<Ipv4Address>;
template class SnatPorts<Ipv6Address>;

}  // namespace portico
