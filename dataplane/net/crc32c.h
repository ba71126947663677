#pragma once

// CRC32c, the checksum of SCTP (RFC 9260 appendix A): corrected after a change, not computed anew.
//
// A CRC is linear: the CRCs of two messages of one length differ by the CRC, begun and ended with
// zero, of their difference. Where only the first four bytes differ, that is their difference times
// x^(8 * length), modulo the polynomial; it takes two table look-ups and two multiplications,
// however long the message is, and nobody looks at the rest of it. A wrong checksum stays wrong.
//
// Polynomials over GF(2) are 32-bit words in the order of the CRC: bit 31 is the coefficient of
// x^0.

#include <array>
#include <cstddef>
#include <cstdint>

namespace portico {

// x^32 modulo Castagnoli's polynomial.
inline constexpr std::uint32_t kCrc32cPolynomial = 0x82f63b78;

// a * b modulo the polynomial.
constexpr std::uint32_t crc32c_multiply(std::uint32_t a, std::uint32_t b) noexcept {
  std::uint32_t product = 0;
  for (int power = 0; power < 32; ++power) {  // b is what it was, times x^power
    product ^= b & (0u - (a >> 31));
    a <<= 1;
    b = (b >> 1) ^ (kCrc32cPolynomial & (0u - (b & 1)));
  }
  return product;
}

struct Crc32cPowers {
  std::array<std::uint32_t, 256> of_bytes{};  // [i]: x^(8 * i)
  std::array<std::uint32_t, 256> of_pages{};  // [i]: x^(8 * 256 * i)
};

inline constexpr Crc32cPowers kCrc32cPowers = [] {
  constexpr std::uint32_t kOne = 0x80000000;
  constexpr std::uint32_t kByte = kOne >> 8;
  Crc32cPowers powers;
  powers.of_bytes[0] = kOne;
  for (std::size_t i = 1; i < 256; ++i) {
    powers.of_bytes[i] = crc32c_multiply(powers.of_bytes[i - 1], kByte);
  }
  const std::uint32_t page = crc32c_multiply(powers.of_bytes[255], kByte);
  powers.of_pages[0] = kOne;
  for (std::size_t i = 1; i < 256; ++i) {
    powers.of_pages[i] = crc32c_multiply(powers.of_pages[i - 1], page);
  }
  return powers;
}();

inline constexpr std::array<std::uint32_t, 256> kCrc32cOfBytes = [] {
  std::array<std::uint32_t, 256> crcs{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (kCrc32cPolynomial & (0u - (crc & 1)));
    crcs[byte] = crc;
  }
  return crcs;
}();

// Of a message so far, with `size` more bytes. It begins with 0xffffffff; the checksum is the
// complement of what it ends with.
constexpr std::uint32_t crc32c_add(std::uint32_t crc, const std::uint8_t* bytes,
                                   std::size_t size) noexcept {
  for (std::size_t i = 0; i < size; ++i) {
    crc = (crc >> 8) ^ kCrc32cOfBytes[(crc ^ bytes[i]) & 0xff];
  }
  return crc;
}

// How the CRC32c of a message changes when its first four bytes do. `difference` is the exclusive
// or of these before and after, as a little-endian word; `length` is that of the message, 4 ...
// 65535. The result is to be added, by exclusive or, to the CRC.
constexpr std::uint32_t crc32c_difference(std::uint32_t difference, std::uint32_t length) noexcept {
  const std::uint32_t power = crc32c_multiply(kCrc32cPowers.of_bytes[length & 0xff],
                                              kCrc32cPowers.of_pages[length >> 8 & 0xff]);
  return crc32c_multiply(difference, power);
}

// Of a whole message.
inline std::uint32_t crc32c(const std::uint8_t* message, std::size_t length) noexcept {
  return ~crc32c_add(0xffffffff, message, length);
}

}  // namespace portico
