#pragma once

// Theory of operation
//
// The pool is every pair of an address of SnatConfig and a port in [first_port, last_port], but for
// node ports on addresses that serve them: those belong to the clients' side. The reply to a
// masqueraded packet is addressed to such a pair, and must come to the worker that owns the
// connection, so each worker may use only the pairs that hash home to it (net/owner_hash.h). Those,
// its candidates, are listed once at start: the workers' lists together are the pool, and have no
// pair in common.
//
// Whether a candidate is free towards an endpoint is known by the connection table alone, since the
// tuple must be unique and not the port. So a new connection asks for candidate after candidate and
// takes the first whose reply tuple the table does not know. The order is double hashing: a start
// and a step that has no factor in common with the number of candidates, both from the hash of the
// client's side; so the first size() attempts are all different, and two clients that begin at the
// same candidate part at the second. The list is shuffled with a secret seed, so that nobody who
// knows the client's port can tell the gateway's (RFC 6056 section 3.3.3).
//
// Example: addresses {10.12.22.1}, ports 1024 to 65535, two workers: about 32,256 candidates each,
// and as many connections to each endpoint at once.
//
// Capacity: 6 bytes a candidate (IPv6: 18) and one step in 4 bytes of kSteps. Constant after start;
// called by the stage create_connection.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/state/random_seed.h"
#include "include/portico/gateway_config.h"
#include "include/portico/strong_id.h"

namespace portico {

// The source addresses and ports that one worker may use in one family.
template <typename Address>
class SnatPorts {
 public:
  struct Candidate {
    Address address;
    L4Port port;
  };
  // How many candidates a new connection tries before it gives up: at 90 % of all ports in use
  // towards one endpoint, one in 700,000 new connections fails.
  static constexpr unsigned kAttempts = 128;

  // `seed` is the secret of the order, for tests alone to give.
  SnatPorts(const SnatConfig& config, const NodePortConfig& node_ports, WorkerId worker,
            std::uint16_t workers, std::uint64_t seed = random_seed());
  SnatPorts(const SnatConfig& config, WorkerId worker, std::uint16_t workers,
            std::uint64_t seed = random_seed())
      : SnatPorts(config, {}, worker, workers, seed) {}

  bool empty() const noexcept { return candidates_.empty(); }
  std::size_t size() const noexcept { return candidates_.size(); }

  // The candidate of the `attempt`th try of a connection whose client's side hashes to `hash`. The
  // first size() attempts are all different. Requires !empty().
  Candidate candidate(std::uint32_t hash, unsigned attempt) const noexcept {
    const std::size_t first = start(hash);
    return attempt == 0 ? candidates_[first] : candidate_after(first, hash, attempt);
  }
  // Fetches the candidate of the first try into the cache.
  void prefetch(std::uint32_t hash) const noexcept {
    __builtin_prefetch(candidates_.data() + start(hash));
  }

 private:
  static constexpr std::size_t kSteps = 1024;

  // The hashes of one worker's clients are alike in the bits that chose the worker; multiplication
  // by 2^64 / golden ratio spreads what differs over the upper bits (Knuth, volume 3, section 6.4).
  static constexpr std::uint64_t spread(std::uint32_t hash) noexcept {
    return (hash + std::uint64_t{1}) * 0x9e3779b97f4a7c15;
  }
  std::size_t start(std::uint32_t hash) const noexcept {
    return (spread(hash) >> 32) * candidates_.size() >> 32;
  }
  Candidate candidate_after(std::size_t first, std::uint32_t hash, unsigned attempt) const noexcept;

  std::vector<Candidate> candidates_;
  std::array<std::uint32_t, kSteps> steps_{};  // each below size() and coprime to it
};

extern template class SnatPorts<Ipv4Address>;
extern template class SnatPorts<Ipv6Address>;

}  // namespace portico
