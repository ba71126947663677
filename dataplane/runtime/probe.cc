#include "dataplane/runtime/probe.h"

#include "dataplane/net/ip.h"
#include "dataplane/net/sctp.h"
#include "dataplane/stage/icmp_error.h"
#include "dataplane/stage/link_header.h"

namespace portico {
namespace {

constexpr MacAddress kSender{{0x02, 0, 0, 0, 0, 0x01}};

std::vector<std::uint8_t> tcp_header(const ExplainRequest& request) {
  std::vector<std::uint8_t> memory(sizeof(TcpHeader));
  auto& tcp = header_at<TcpHeader>(memory.data());
  tcp.source_port.store(request.source_port);
  tcp.destination_port.store(request.destination_port);
  tcp.data_offset = (sizeof(TcpHeader) / 4) << 4;
  tcp.flags = request.tcp_flags;
  tcp.window.set_host(65535);
  return memory;
}

std::vector<std::uint8_t> udp_header(const ExplainRequest& request) {
  std::vector<std::uint8_t> memory(sizeof(UdpHeader));
  auto& udp = header_at<UdpHeader>(memory.data());
  udp.source_port.store(request.source_port);
  udp.destination_port.store(request.destination_port);
  udp.length.set_host(sizeof(UdpHeader));
  return memory;
}

// A packet with one chunk, which has no more than its header: nobody looks into it.
std::vector<std::uint8_t> sctp_header(const ExplainRequest& request) {
  std::vector<std::uint8_t> memory(sizeof(SctpHeader) + sizeof(SctpChunkHeader));
  auto& sctp = header_at<SctpHeader>(memory.data());
  sctp.source_port.store(request.source_port);
  sctp.destination_port.store(request.destination_port);
  const bool has_tag = sctp_chunk_kind(request.sctp_chunk) != kSctpInit;
  sctp.verification_tag.set_host(has_tag ? 1 : 0);
  auto& chunk = header_at<SctpChunkHeader>(memory.data() + sizeof(SctpHeader));
  chunk.type = request.sctp_chunk;
  chunk.length.set_host(sizeof(SctpChunkHeader));
  store_checksum(sctp, crc32c(memory.data(), memory.size()));
  return memory;
}

// What follows the IP header; TCP's and UDP's checksums are still missing.
std::vector<std::uint8_t> l4_header(const ExplainRequest& request) {
  switch (request.protocol) {
    case Protocol::kTcp:
      return tcp_header(request);
    case Protocol::kSctp:
      return sctp_header(request);
    default:
      return udp_header(request);
  }
}

template <typename Address>
void write_ip(std::uint8_t* memory, const ExplainRequest& request, std::size_t l4_size) {
  const auto size = static_cast<std::uint16_t>(l4_size);
  auto& ip = header_at<typename Ip<Address>::Header>(memory);
  if constexpr (Address::kFamily == Family::kIpv4) {
    ip.version_and_length = 0x45;
    ip.total_length.set_host(static_cast<std::uint16_t>(sizeof ip + size));
    ip.ttl = request.ttl;
    ip.protocol = static_cast<std::uint8_t>(request.protocol);
  } else {
    ip.version_and_flow.set_host(6u << 28);
    ip.payload_length.set_host(size);
    ip.hop_limit = request.ttl;
    ip.next_header = static_cast<std::uint8_t>(request.protocol);
  }
  request.source.as<Address>().copy_to(ip.source.data());
  request.destination.as<Address>().copy_to(ip.destination.data());
  if constexpr (Address::kFamily == Family::kIpv4) {
    ChecksumSum sum;
    sum.add(&ip, sizeof ip);
    ip.checksum.store(Be16::from_wire(sum.checksum()));
  }
}

template <typename Address>
std::vector<std::uint8_t> ip_packet(const ExplainRequest& request) {
  const std::vector<std::uint8_t> l4 = l4_header(request);
  constexpr std::size_t kHeader = sizeof(typename Ip<Address>::Header);
  std::vector<std::uint8_t> memory(kHeader);
  write_ip<Address>(memory.data(), request, l4.size());
  memory.insert(memory.end(), l4.begin(), l4.end());
  ChecksumSum sum = pseudo_header(request.source.as<Address>(), request.destination.as<Address>(),
                                  request.protocol, static_cast<std::uint32_t>(l4.size()));
  sum.add(l4.data(), l4.size());
  const Be16 checksum = Be16::from_wire(sum.checksum());
  if (request.protocol == Protocol::kTcp) {
    header_at<TcpHeader>(memory.data() + kHeader).checksum.store(checksum);
  } else if (request.protocol == Protocol::kUdp) {
    header_at<UdpHeader>(memory.data() + kHeader).checksum.store(checksum);
  }
  return memory;
}

template <typename Address>
IcmpError icmp_error(const ExplainedError& error) {
  switch (error.kind) {
    case ExplainedError::Kind::kTooBig:
      return IcmpErrors<Address>::too_big(error.mtu);
    case ExplainedError::Kind::kTimeExceeded:
      return IcmpErrors<Address>::kTimeExceeded;
    case ExplainedError::Kind::kPortUnreachable:
      break;
  }
  return IcmpErrors<Address>::kPortUnreachable;
}

// The error about this packet, whose IP header is behind `link` bytes, that a router on its way
// sends: made as the gateway itself makes them.
template <typename Address>
void become_error(Packet& packet, std::uint16_t link, const ExplainRequest& request) {
  packet.l3_offset = link;
  packet.ip_length = packet.length - link;
  become_icmp_error(packet, icmp_error<Address>(*request.error),
                    request.error->sender.as<Address>());
  Ip<Address>::set_ttl(packet, request.ttl);
}

}  // namespace

Probe::Probe(const ExplainRequest& request, const Port& port) : port_(port.id) {
  const bool is_v4 = request.source.is_v4();
  frame_.resize(link_header_size(port));
  write_link_header(frame_.data(), port, kSender, port.mac,
                    is_v4 ? kEtherTypeIpv4 : kEtherTypeIpv6);
  const auto ip = is_v4 ? ip_packet<Ipv4Address>(request) : ip_packet<Ipv6Address>(request);
  frame_.insert(frame_.end(), ip.begin(), ip.end());
  if (!request.error) return;
  Packet error = packet();
  is_v4 ? become_error<Ipv4Address>(error, link_header_size(port), request)
        : become_error<Ipv6Address>(error, link_header_size(port), request);
  frame_.assign(error.data, error.data + error.length);
}

Packet Probe::packet() {
  memory_.assign(kHeadroom, 0);
  memory_.insert(memory_.end(), frame_.begin(), frame_.end());
  Packet packet;
  packet.data = memory_.data() + kHeadroom;
  packet.headroom = kHeadroom;
  packet.length = static_cast<std::uint32_t>(frame_.size());
  packet.contiguous = packet.length;
  packet.in_port = port_;
  return packet;
}

}  // namespace portico
