#pragma once

// IPv4 and IPv6 addresses, prefixes and MAC addresses as plain values.

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "include/portico/byte_order.h"

namespace portico {

enum class Family : std::uint8_t { kIpv4 = 4, kIpv6 = 6 };

// "IPv4" or "IPv6".
absl::string_view to_string(Family family);

// 4 bytes, in the wire's byte order.
struct Ipv4Address {
  static constexpr Family kFamily = Family::kIpv4;
  static constexpr std::size_t kSize = 4;

  Be32 word;

  static Ipv4Address from_bytes(const std::uint8_t* bytes) noexcept {
    std::uint32_t wire;
    std::memcpy(&wire, bytes, sizeof wire);
    return {Be32::from_wire(wire)};
  }
  void copy_to(std::uint8_t* bytes) const noexcept {
    const std::uint32_t wire = word.wire();
    std::memcpy(bytes, &wire, sizeof wire);
  }

  // 169.254.0.0/16, RFC 3927.
  bool is_link_local() const noexcept { return word.host() >> 16 == 0xa9fe; }

  friend bool operator==(const Ipv4Address&, const Ipv4Address&) noexcept = default;
  friend auto operator<=>(const Ipv4Address&, const Ipv4Address&) noexcept = default;
  template <typename H>
  friend H AbslHashValue(H state, const Ipv4Address& a) {
    return H::combine(std::move(state), a.word);
  }
};

// 16 bytes, in the wire's byte order.
struct Ipv6Address {
  static constexpr Family kFamily = Family::kIpv6;
  static constexpr std::size_t kSize = 16;

  std::array<std::uint8_t, 16> bytes{};

  static Ipv6Address from_bytes(const std::uint8_t* from) noexcept {
    Ipv6Address address;
    std::memcpy(address.bytes.data(), from, kSize);
    return address;
  }
  void copy_to(std::uint8_t* to) const noexcept { std::memcpy(to, bytes.data(), kSize); }

  bool is_multicast() const noexcept { return bytes[0] == 0xff; }
  // fe80::/10, RFC 4291 section 2.5.6.
  bool is_link_local() const noexcept { return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80; }

  friend bool operator==(const Ipv6Address&, const Ipv6Address&) noexcept = default;
  friend auto operator<=>(const Ipv6Address&, const Ipv6Address&) noexcept = default;
  template <typename H>
  friend H AbslHashValue(H state, const Ipv6Address& a) {
    return H::combine(std::move(state), a.bytes);
  }
};

// An address of either family. Used on the control path; the packet path is templated on the two.
class IpAddress {
 public:
  IpAddress() = default;
  IpAddress(Ipv4Address address) : family_(Family::kIpv4) {  // NOLINT: every v4 is an IP address
    address.copy_to(bytes_.data());
  }
  IpAddress(Ipv6Address address) : family_(Family::kIpv6), bytes_(address.bytes) {}  // NOLINT

  // Parses RFC 4291 section 2.2 or dotted-quad text. InvalidArgument names the text.
  static absl::StatusOr<IpAddress> parse(absl::string_view text);
  // `length` 4 or 16 bytes in the wire's order; InvalidArgument for any other length.
  static absl::StatusOr<IpAddress> from_bytes(absl::string_view bytes);

  Family family() const noexcept { return family_; }
  bool is_v4() const noexcept { return family_ == Family::kIpv4; }
  // Requires is_v4() or !is_v4() respectively.
  Ipv4Address v4() const noexcept { return Ipv4Address::from_bytes(bytes_.data()); }
  Ipv6Address v6() const noexcept { return Ipv6Address{bytes_}; }
  template <typename Address>
  Address as() const noexcept {
    return Address::from_bytes(bytes_.data());
  }

  const std::uint8_t* data() const noexcept { return bytes_.data(); }
  std::size_t size() const noexcept { return is_v4() ? 4 : 16; }
  unsigned bits() const noexcept { return is_v4() ? 32 : 128; }

  // 0.0.0.0 or ::.
  bool is_unspecified() const noexcept;
  bool is_loopback() const noexcept;    // 127.0.0.0/8 or ::1
  bool is_multicast() const noexcept;   // 224.0.0.0/4 or ff00::/8
  bool is_link_local() const noexcept;  // 169.254.0.0/16 or fe80::/10
  bool is_broadcast() const noexcept;   // 255.255.255.255

  // RFC 5952 text.
  std::string to_string() const;

  friend bool operator==(const IpAddress&, const IpAddress&) noexcept = default;
  friend auto operator<=>(const IpAddress&, const IpAddress&) noexcept = default;
  template <typename H>
  friend H AbslHashValue(H state, const IpAddress& a) {
    return H::combine(std::move(state), a.family_, a.bytes_);
  }

 private:
  Family family_ = Family::kIpv4;
  std::array<std::uint8_t, 16> bytes_{};
};

// An address and how many of its leading bits count. The other bits are zero.
class IpPrefix {
 public:
  IpPrefix() = default;

  // "10.0.0.0/8", "2001:db8::/32", or a bare address, which means all its bits. InvalidArgument
  // when the text is malformed, the length exceeds the family's, or bits beyond it are set.
  static absl::StatusOr<IpPrefix> parse(absl::string_view text);
  // Bits beyond `length` are cleared. Requires length <= address.bits().
  static IpPrefix of(IpAddress address, unsigned length);

  const IpAddress& address() const noexcept { return address_; }
  unsigned length() const noexcept { return length_; }
  Family family() const noexcept { return address_.family(); }
  bool contains(const IpAddress& address) const noexcept;

  // "10.0.0.0/8".
  std::string to_string() const;

  friend bool operator==(const IpPrefix&, const IpPrefix&) noexcept = default;
  friend auto operator<=>(const IpPrefix&, const IpPrefix&) noexcept = default;
  template <typename H>
  friend H AbslHashValue(H state, const IpPrefix& p) {
    return H::combine(std::move(state), p.address_, p.length_);
  }

 private:
  IpAddress address_;
  unsigned length_ = 0;
};

// "10.100.3.59:80" or "[2001:db8::1]:80".
std::string to_string(const IpAddress& address, L4Port port);

struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};

  // "02:00:00:00:00:01"; InvalidArgument names the text.
  static absl::StatusOr<MacAddress> parse(absl::string_view text);
  std::string to_string() const;
  bool is_multicast() const noexcept { return (bytes[0] & 1) != 0; }

  // By two words: the library's comparison of six bytes is a call.
  friend bool operator==(const MacAddress& a, const MacAddress& b) noexcept {
    std::uint32_t first[2];
    std::uint16_t last[2];
    std::memcpy(&first[0], a.bytes.data(), 4);
    std::memcpy(&first[1], b.bytes.data(), 4);
    std::memcpy(&last[0], a.bytes.data() + 4, 2);
    std::memcpy(&last[1], b.bytes.data() + 4, 2);
    return ((first[0] ^ first[1]) | static_cast<std::uint32_t>(last[0] ^ last[1])) == 0;
  }
};

inline constexpr MacAddress kBroadcastMac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

}  // namespace portico
