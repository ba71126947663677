#include "dataplane/runtime/fragmenter.h"

#include "dataplane/net/ip.h"

namespace portico {

// How a packet is cut. Offsets are from the IP header on.
struct Fragmenter::Plan {
  std::uint32_t header = 0;  // repeated in each fragment
  std::uint32_t step = 0;    // payload of each but the last
  std::uint32_t payload = 0;
  std::uint32_t next_header_at = 0;  // IPv6: where the header before the fragment header names it
  std::uint32_t id = 0;
};

namespace {

constexpr std::uint32_t kFragmentHeader = sizeof(Ipv6ExtensionHeader);

// RFC 791 section 3.1: a set highest bit of an option's type says that it is copied.
void erase_options_of_first(std::uint8_t* options, std::size_t size) noexcept {
  constexpr std::uint8_t kEnd = 0, kNoOperation = 1, kCopied = 0x80;
  for (std::size_t at = 0; at < size && options[at] != kEnd;) {
    if (options[at] == kNoOperation) {
      ++at;
      continue;
    }
    if (at + 1 >= size || options[at + 1] < 2 || options[at + 1] > size - at) return;
    const std::size_t length = options[at + 1];
    if ((options[at] & kCopied) == 0) std::memset(options + at, kNoOperation, length);
    at += length;
  }
}

void finish_ipv4(std::uint8_t* l3, std::uint32_t header, std::uint32_t size, std::uint32_t offset,
                 bool more, std::uint32_t id) noexcept {
  auto& ip = header_at<Ipv4Header>(l3);
  ip.total_length.set_host(static_cast<std::uint16_t>(size));
  ip.identification.set_host(static_cast<std::uint16_t>(id));
  ip.fragment.set_host(static_cast<std::uint16_t>((ip.fragment.host() & kIpv4DontFragment) |
                                                  (more ? kIpv4MoreFragments : 0) | offset / 8));
  if (offset > 0) erase_options_of_first(l3 + sizeof ip, header - sizeof ip);
  ip.checksum.set_host(0);
  ChecksumSum sum;
  sum.add(l3, header);
  ip.checksum.store(Be16::from_wire(sum.checksum()));
}

void finish_ipv6(std::uint8_t* l3, std::uint32_t header, std::uint32_t size, std::uint32_t offset,
                 bool more, std::uint32_t id, std::uint32_t next_header_at) noexcept {
  header_at<Ipv6Header>(l3).payload_length.set_host(
      static_cast<std::uint16_t>(size - sizeof(Ipv6Header)));
  auto& extension = header_at<Ipv6ExtensionHeader>(l3 + header);
  extension.next_header = l3[next_header_at];
  extension.length = 0;
  extension.fragment.set_host(static_cast<std::uint16_t>(offset | (more ? kIpv6MoreFragments : 0)));
  extension.rest.set_host(id);
  l3[next_header_at] = kIpv6Fragment;
}

// RFC 8200 section 4.5: the per-fragment headers are all up to the routing header, or else up to
// the hop-by-hop options. parse() has checked the chain.
void find_end_of_repeated(const Packet& packet, std::uint32_t& end,
                          std::uint32_t& next_header_at) noexcept {
  const std::uint8_t* const l3 = packet.l3();
  end = sizeof(Ipv6Header);
  next_header_at = offsetof(Ipv6Header, next_header);
  std::uint8_t next = l3[next_header_at];
  for (std::uint32_t at = end;
       next == kIpv6HopByHop || next == kIpv6DestinationOptions || next == kIpv6Routing;) {
    const auto& extension = header_at<Ipv6ExtensionHeader>(l3 + at);
    const std::uint32_t length = (extension.length + 1u) * 8;
    if (next != kIpv6DestinationOptions) {
      end = at + length;
      next_header_at = at;
    }
    next = extension.next_header;
    at += length;
  }
}

}  // namespace

Fragmenter::Fragments Fragmenter::cut(const Packet& packet) noexcept {
  const bool v4 = packet.family == Family::kIpv4;
  Plan plan;
  if (v4) {
    plan.header = header_at<Ipv4Header>(packet.l3()).header_length();
    plan.id = ipv4_id_ = static_cast<std::uint16_t>(ipv4_id_ + ipv4_step_);
  } else {
    find_end_of_repeated(packet, plan.header, plan.next_header_at);
    plan.id = random_.next();
  }
  plan.payload = packet.ip_length - plan.header;
  const std::uint32_t headers = plan.header + (v4 ? 0 : kFragmentHeader);
  if (packet.fragment_size < headers + 8) return {};
  plan.step = (packet.fragment_size - headers) / 8 * 8;
  const std::size_t count = (plan.payload + plan.step - 1) / plan.step;
  if (count > kMaxFragments) return {};
  for (std::size_t i = 0; i < count; ++i) {
    if (copy(packet, plan, static_cast<std::uint32_t>(i) * plan.step, fragments_[i])) continue;
    for (std::size_t j = 0; j < i; ++j) {
      Packet* const made = &fragments_[j];
      io_.free(&made, 1);
    }
    return {};
  }
  return {fragments_.data(), count};
}

bool Fragmenter::copy(const Packet& packet, const Plan& plan, std::uint32_t offset,
                      Packet& fragment) noexcept {
  const bool v4 = packet.family == Family::kIpv4;
  const std::uint32_t some = std::min(plan.step, plan.payload - offset);
  const std::uint32_t headers = plan.header + (v4 ? 0 : kFragmentHeader);
  if (!io_.allocate(packet.l3_offset + headers + some, fragment)) return false;
  copy_bytes(packet, 0, packet.l3_offset + plan.header, fragment.data);
  copy_bytes(packet, packet.l3_offset + plan.header + offset, some,
             fragment.data + packet.l3_offset + headers);
  fragment.in_port = packet.in_port;
  fragment.family = packet.family;
  fragment.next_hop = packet.next_hop;
  fragment.verdict = packet.verdict;
  std::uint8_t* const l3 = fragment.data + packet.l3_offset;
  const bool more = offset + some < plan.payload;
  if (v4) {
    finish_ipv4(l3, plan.header, headers + some, offset, more, plan.id);
  } else {
    finish_ipv6(l3, plan.header, headers + some, offset, more, plan.id, plan.next_header_at);
  }
  return true;
}

}  // namespace portico
