#pragma once

// Theory of operation
//
// How many new connections each source may make: a token bucket a source prefix, `per_second` of
// them in the long run and as many at once, in memory of fixed size.
//
// A bucket is the time at which the next token would be due if it had been full (as in
// stage/rate_limit.h); one whose time is a depth ago is full again, and need not be kept. Buckets
// lie in lines of four; a keyed hash of the prefix names the line, and tells the four apart.
//
// A source that has no bucket takes the fullest of its line. If that was another's, which still
// lacked some tokens, the other is forgiven them: so nobody is refused for what others have done,
// and a flood from ever new sources, each of which lacks one token, drives out its own buckets and
// not that of a source at its limit, which is the emptiest. To be forgiven, a source needs three
// others beside it that are near their limits too; who shares its line is the hash's secret.
//
// Example: 10 a second, /64. 2001:db8:1:2::/64 makes ten connections at 100.0 s; the next is
// refused, until at 100.1 s there is one token, and at 101.0 s there are ten.
//
// Capacity: 65,536 buckets, 1 MB a worker; none when there is no limit. Written and read by the
// worker; called by the stage create_connection, and between bursts for explain (allows).

#include <array>
#include <cstdint>
#include <memory>

#include "dataplane/state/random_seed.h"
#include "dataplane/state/tuple_hash.h"
#include "include/portico/ip_address.h"
#include "include/portico/time.h"

namespace portico {

class SourceLimits {
 public:
  // `per_second` 0: no limit. `prefix_v4` and `prefix_v6` are lengths: 1 to 32, 1 to 128. `seed`: a
  // secret, but for tests.
  SourceLimits(std::uint32_t per_second, unsigned prefix_v4, unsigned prefix_v6,
               std::uint64_t seed = random_seed());

  // Whether this source may make another connection at `now`.
  template <typename Address>
  bool take(const Address& source, Instant now) noexcept {
    if (lines_ == nullptr) return true;
    const std::uint64_t hash = hash_of(source);
    return take(lines_[hash % kLines], hash, now);
  }

  // Whether take() would say so; changes nothing.
  template <typename Address>
  bool allows(const Address& source, Instant now) const noexcept {
    if (lines_ == nullptr) return true;
    const std::uint64_t hash = hash_of(source);
    Line copy = lines_[hash % kLines];
    return take(copy, hash, now);
  }

 private:
  static constexpr std::size_t kLines = 16384;

  struct Bucket {
    std::uint64_t source;  // hash
    Instant due;
  };
  struct alignas(64) Line {
    std::array<Bucket, 4> buckets;
  };

  template <typename Address>
  std::uint64_t hash_of(const Address& source) const noexcept {
    std::array<std::uint8_t, Address::kSize> bytes;
    source.copy_to(bytes.data());
    const std::uint8_t* mask = masks_[Address::kSize == 16].data();
    for (std::size_t i = 0; i < Address::kSize; ++i) bytes[i] &= mask[i];
    Tuple<Address> prefix{};
    prefix.source = Address::from_bytes(bytes.data());
    return hash_(prefix);
  }
  bool take(Line& line, std::uint64_t hash, Instant now) const noexcept;

  Duration interval_{};
  Duration depth_{};
  TupleHash hash_;
  std::array<std::array<std::uint8_t, 16>, 2> masks_{};
  std::unique_ptr<Line[]> lines_;
};

}  // namespace portico
