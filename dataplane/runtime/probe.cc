#include "dataplane/runtime/probe.h"

#include "dataplane/net/ip.h"
#include "dataplane/stage/link_header.h"

namespace portico {
namespace {

constexpr MacAddress kSender{{0x02, 0, 0, 0, 0, 0x01}};

// What follows the IP header. Protocols that the gateway does not know get ports and nothing else.
std::vector<std::uint8_t> l4_header(const ExplainRequest& request) {
  std::vector<std::uint8_t> memory(request.protocol == Protocol::kTcp ? sizeof(TcpHeader)
                                                                      : sizeof(UdpHeader));
  auto& udp = header_at<UdpHeader>(memory.data());
  udp.source_port.store(request.source_port);
  udp.destination_port.store(request.destination_port);
  if (request.protocol == Protocol::kTcp) {
    auto& tcp = header_at<TcpHeader>(memory.data());
    tcp.data_offset = (sizeof(TcpHeader) / 4) << 4;
    tcp.flags = request.tcp_flags;
    tcp.window.set_host(65535);
  } else {
    udp.length.set_host(sizeof(UdpHeader));
  }
  return memory;
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
  } else {
    header_at<UdpHeader>(memory.data() + kHeader).checksum.store(checksum);
  }
  return memory;
}

}  // namespace

Probe::Probe(const ExplainRequest& request, const Port& port) : port_(port.id) {
  const bool is_v4 = request.source.is_v4();
  frame_.resize(link_header_size(port));
  write_link_header(frame_.data(), port, kSender, port.mac,
                    is_v4 ? kEtherTypeIpv4 : kEtherTypeIpv6);
  const auto ip = is_v4 ? ip_packet<Ipv4Address>(request) : ip_packet<Ipv6Address>(request);
  frame_.insert(frame_.end(), ip.begin(), ip.end());
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
