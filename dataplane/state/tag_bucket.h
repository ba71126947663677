#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace portico {

// Eight places of a hash index in one cache line: for each 15 bits of the hash to tell almost every
// wrong entry without looking at it, and the number of the entry. Tags are odd; 0 is an empty
// place.
struct alignas(64) TagBucket {
  static constexpr std::size_t kPlaces = 8;

  std::array<std::uint16_t, kPlaces> tags;
  std::array<std::uint32_t, kPlaces> entries;
  // How many entries of this or an earlier bucket found it full and lie farther on. While it is 0,
  // what is not here is nowhere.
  std::uint32_t passed_by;

  static constexpr std::uint16_t tag_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint16_t>(hash | 1);
  }

  // The places with this tag, as set bits.
  unsigned matches(std::uint16_t tag) const noexcept {
#if defined(__SSE2__)
    const __m128i all = _mm_load_si128(reinterpret_cast<const __m128i*>(tags.data()));
    const __m128i equal = _mm_cmpeq_epi16(all, _mm_set1_epi16(static_cast<short>(tag)));
    // Two bytes of each place become one.
    const __m128i packed = _mm_packs_epi16(equal, _mm_setzero_si128());
    return static_cast<unsigned>(_mm_movemask_epi8(packed));
#else
    unsigned places = 0;
    for (std::size_t i = 0; i < kPlaces; ++i) places |= unsigned{tags[i] == tag} << i;
    return places;
#endif
  }
  unsigned empty_places() const noexcept {
    return matches(0);
  }
  // Puts an entry into the first of these places.
  void set(unsigned places, std::uint16_t tag, std::uint32_t entry) noexcept {
    const auto place = static_cast<std::size_t>(std::countr_zero(places));
    tags[place] = tag;
    entries[place] = entry;
  }
};
static_assert(sizeof(TagBucket) == 64);

}  // namespace portico
