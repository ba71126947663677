#pragma once

// The Internet checksum, RFC 1071, and its incremental update, RFC 1624.
//
// Sums are taken over 16-bit words in the machine's own order: one's complement addition does not
// care which byte comes first, as long as the result is stored the way the words were loaded.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace portico {

// A one's complement sum that has not been folded yet. Adding at most 2^32 words loses nothing.
class ChecksumSum {
 public:
  constexpr ChecksumSum() noexcept = default;
  explicit constexpr ChecksumSum(std::uint16_t word) noexcept : sum_(word) {}

  void add_word(std::uint16_t wire) noexcept { sum_ += wire; }
  // Takes a word away: adds its one's complement.
  void subtract_word(std::uint16_t wire) noexcept { sum_ += static_cast<std::uint16_t>(~wire); }

  // `length` bytes; an odd last byte counts as a word padded with zero. Only the last piece of a
  // sum may have odd length.
  void add(const void* memory, std::size_t length) noexcept {
    const auto* bytes = static_cast<const std::uint8_t*>(memory);
    for (; length >= 4; bytes += 4, length -= 4) {
      std::uint32_t words;
      std::memcpy(&words, bytes, sizeof words);
      sum_ += words;
    }
    if (length >= 2) {
      std::uint16_t word;
      std::memcpy(&word, bytes, sizeof word);
      sum_ += word;
      bytes += 2;
      length -= 2;
    }
    if (length == 1) {
      std::uint16_t word = 0;
      std::memcpy(&word, bytes, 1);
      sum_ += word;
    }
  }
  // The same of a number of bytes that the compiler knows: no loop.
  template <std::size_t kLength>
  void add(const void* memory) noexcept {
    static_assert(kLength % 4 == 0);
    const auto* const bytes = static_cast<const std::uint8_t*>(memory);
    std::size_t at = 0;
    for (; at + 8 <= kLength; at += 8) {
      std::uint64_t words;
      std::memcpy(&words, bytes + at, sizeof words);
      sum_ += (words & 0xffffffff) + (words >> 32);
    }
    for (; at < kLength; at += 4) {
      std::uint32_t words;
      std::memcpy(&words, bytes + at, sizeof words);
      sum_ += words;
    }
  }
  // Takes them away.
  template <std::size_t kLength>
  void subtract(const void* memory) noexcept {
    static_assert(kLength % 4 == 0);
    std::array<std::uint32_t, kLength / 4> words;
    std::memcpy(words.data(), memory, kLength);
    for (const std::uint32_t word : words) sum_ += ~word;
  }
  // `length` is even.
  void subtract(const void* memory, std::size_t length) noexcept {
    const auto* bytes = static_cast<const std::uint8_t*>(memory);
    for (; length >= 2; bytes += 2, length -= 2) {
      std::uint16_t word;
      std::memcpy(&word, bytes, sizeof word);
      subtract_word(word);
    }
  }

  std::uint16_t fold() const noexcept {
    // The upper half of a number and the same with its halves changed is the sum of the halves,
    // with the carry out of the lower half: both halves are that.
    const std::uint64_t halves = sum_ + std::rotl(sum_, 32);
    const auto words = static_cast<std::uint32_t>(halves >> 32);
    return static_cast<std::uint16_t>((words + std::rotl(words, 16)) >> 16);
  }
  // Whether words that include their checksum add up to what a right one makes them: fold() is
  // 0xffff. Since 2^16 is 1 modulo 0xffff, that is a sum which it divides. Requires a word that is
  // not 0.
  bool is_right() const noexcept { return sum_ % 0xffff == 0; }
  // What goes into the checksum field, in the machine's loading order.
  std::uint16_t checksum() const noexcept { return static_cast<std::uint16_t>(~fold()); }

 private:
  std::uint64_t sum_ = 0;
};

// RFC 1624 equation 3: HC' = ~(~HC + delta), where delta = ~m + m' over all words that change.
inline std::uint16_t update_checksum(std::uint16_t checksum, std::uint16_t delta) noexcept {
  const std::uint32_t sum = static_cast<std::uint16_t>(~checksum) + std::uint32_t{delta};
  return static_cast<std::uint16_t>(~((sum & 0xffff) + (sum >> 16)));
}

// Two updates, one after the other.
inline std::uint16_t update_checksum(std::uint16_t checksum, std::uint16_t one,
                                     std::uint16_t other) noexcept {
  std::uint32_t sum = static_cast<std::uint16_t>(~checksum) + std::uint32_t{one} + other;
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~((sum & 0xffff) + (sum >> 16)));
}

// The same for a UDP checksum, RFC 768: zero says that there is none and stays; a computed zero is
// sent as its other representation.
inline std::uint16_t update_udp_checksum(std::uint16_t checksum, std::uint16_t delta) noexcept {
  if (checksum == 0) return 0;
  const std::uint16_t updated = update_checksum(checksum, delta);
  return updated == 0 ? std::uint16_t{0xffff} : updated;
}

}  // namespace portico
