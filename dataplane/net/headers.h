#pragma once

// The headers as they lie in a frame. Every field is an array of bytes, so a header may begin at
// any address, and reading one is a load and, on little-endian machines, a swap. Whoever casts
// memory to a header has checked its length: that is parse.cc, and the builders of our own answers.

#include <array>
#include <cstdint>
#include <cstring>

#include "include/portico/byte_order.h"
#include "include/portico/ip_address.h"

namespace portico {

// A big-endian field.
template <typename T>
struct WireField {
  std::array<std::uint8_t, sizeof(T)> bytes;

  BigEndian<T> load() const noexcept {
    T wire;
    std::memcpy(&wire, bytes.data(), sizeof wire);
    return BigEndian<T>::from_wire(wire);
  }
  void store(BigEndian<T> value) noexcept {
    const T wire = value.wire();
    std::memcpy(bytes.data(), &wire, sizeof wire);
  }
  T host() const noexcept { return load().host(); }
  void set_host(T value) noexcept { store(BigEndian<T>::from_host(value)); }
};
using Wire16 = WireField<std::uint16_t>;
using Wire32 = WireField<std::uint32_t>;

// IEEE 802.3 section 3, and the tag of IEEE 802.1Q section 9.6 behind it.
struct EthernetHeader {
  MacAddress destination;
  MacAddress source;
  Wire16 ether_type;
};
struct VlanTag {
  Wire16 control;  // priority, drop eligibility, and 12 bits of VLAN id
  Wire16 ether_type;
};
inline constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherTypeArp = 0x0806;
inline constexpr std::uint16_t kEtherTypeVlan = 0x8100;
inline constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;
inline constexpr std::uint16_t kVlanIdMask = 0x0fff;

// RFC 826, for Ethernet and IPv4.
struct ArpPacket {
  Wire16 hardware_type;
  Wire16 protocol_type;
  std::uint8_t hardware_size;
  std::uint8_t protocol_size;
  Wire16 operation;
  MacAddress sender_mac;
  std::array<std::uint8_t, 4> sender_ip;
  MacAddress target_mac;
  std::array<std::uint8_t, 4> target_ip;
};
inline constexpr std::uint16_t kArpEthernet = 1;
inline constexpr std::uint16_t kArpRequest = 1;
inline constexpr std::uint16_t kArpReply = 2;

// RFC 791 section 3.1.
struct Ipv4Header {
  std::uint8_t version_and_length;  // 4 bits each; the length in words of 4 bytes
  std::uint8_t type_of_service;
  Wire16 total_length;
  Wire16 identification;
  Wire16 fragment;  // flags and offset in units of 8 bytes
  std::uint8_t ttl;
  std::uint8_t protocol;
  Wire16 checksum;
  std::array<std::uint8_t, 4> source;
  std::array<std::uint8_t, 4> destination;

  std::uint16_t header_length() const noexcept {
    return static_cast<std::uint16_t>((version_and_length & 0x0f) * 4);
  }
};
inline constexpr std::uint16_t kIpv4DontFragment = 0x4000;
inline constexpr std::uint16_t kIpv4MoreFragments = 0x2000;
inline constexpr std::uint16_t kIpv4FragmentOffset = 0x1fff;
// Options, RFC 791 section 3.1.
inline constexpr std::uint8_t kIpv4EndOfOptions = 0;
inline constexpr std::uint8_t kIpv4NoOperation = 1;
inline constexpr std::uint8_t kIpv4LooseSourceRoute = 131;
inline constexpr std::uint8_t kIpv4StrictSourceRoute = 137;

// RFC 8200 sections 3 and 4.
struct Ipv6Header {
  Wire32 version_and_flow;
  Wire16 payload_length;
  std::uint8_t next_header;
  std::uint8_t hop_limit;
  std::array<std::uint8_t, 16> source;
  std::array<std::uint8_t, 16> destination;
};
struct Ipv6ExtensionHeader {
  std::uint8_t next_header;
  std::uint8_t length;  // in units of 8 bytes, the first not counted
  Wire16 fragment;      // of a fragment header: offset, and the flag for more
                        // of a routing header: type, and segments left
  Wire32 rest;          // of a fragment header: the identification
};
inline constexpr std::uint16_t kIpv6MoreFragments = 0x0001;
inline constexpr std::uint16_t kIpv6FragmentOffset = 0xfff8;  // in bytes
inline constexpr std::uint8_t kIpv6HopByHop = 0;
inline constexpr std::uint8_t kIpv6Routing = 43;
inline constexpr std::uint8_t kIpv6Fragment = 44;
inline constexpr std::uint8_t kIpv6DestinationOptions = 60;
inline constexpr std::uint8_t kIpv6SourceRoute = 0;  // a type of routing headers, RFC 5095

// RFC 9293 section 3.1.
struct TcpHeader {
  Wire16 source_port;
  Wire16 destination_port;
  Wire32 sequence;
  Wire32 acknowledgement;
  std::uint8_t data_offset;  // upper 4 bits: words of 4 bytes
  std::uint8_t flags;
  Wire16 window;
  Wire16 checksum;
  Wire16 urgent_pointer;
};

// RFC 768.
struct UdpHeader {
  Wire16 source_port;
  Wire16 destination_port;
  Wire16 length;
  Wire16 checksum;
};

// RFC 792 and RFC 4443: the part that all messages share, and the four bytes behind it.
struct IcmpHeader {
  std::uint8_t type;
  std::uint8_t code;
  Wire16 checksum;
  Wire32 rest;
};

// RFC 4861 sections 4.3 and 4.4, with one link-layer address option.
struct NeighborMessage {
  IcmpHeader icmp;  // of an advertisement, icmp.rest holds the flags
  std::array<std::uint8_t, 16> target;
};
struct LinkLayerOption {
  std::uint8_t type;
  std::uint8_t length;  // in units of 8 bytes
  MacAddress mac;
};
inline constexpr std::uint8_t kNeighborSolicitation = 135;
inline constexpr std::uint8_t kNeighborAdvertisement = 136;
inline constexpr std::uint8_t kSourceLinkLayer = 1;
inline constexpr std::uint8_t kTargetLinkLayer = 2;
inline constexpr std::uint32_t kAdvertisementSolicited = 0x40000000;
inline constexpr std::uint32_t kAdvertisementOverride = 0x20000000;

static_assert(sizeof(EthernetHeader) == 14 && sizeof(VlanTag) == 4 && sizeof(ArpPacket) == 28);
static_assert(sizeof(Ipv4Header) == 20 && sizeof(Ipv6Header) == 40);
static_assert(sizeof(Ipv6ExtensionHeader) == 8 && sizeof(TcpHeader) == 20);
static_assert(sizeof(UdpHeader) == 8 && sizeof(IcmpHeader) == 8);
static_assert(sizeof(NeighborMessage) == 24 && sizeof(LinkLayerOption) == 8);
static_assert(alignof(Ipv4Header) == 1 && alignof(Ipv6Header) == 1 && alignof(TcpHeader) == 1);

template <typename Header>
Header& header_at(std::uint8_t* memory) noexcept {
  return *reinterpret_cast<Header*>(memory);
}
template <typename Header>
const Header& header_at(const std::uint8_t* memory) noexcept {
  return *reinterpret_cast<const Header*>(memory);
}

}  // namespace portico
