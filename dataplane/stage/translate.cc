#include "dataplane/stage/translate.h"

#include "dataplane/net/ip.h"
#include "dataplane/net/sctp.h"

namespace portico {
namespace {

void rewrite_l4(Packet& packet, L4Port source, L4Port destination, std::uint16_t delta) noexcept {
  switch (packet.protocol) {
    case Protocol::kTcp: {
      auto& tcp = header_at<TcpHeader>(packet.l4());
      tcp.source_port.store(source);
      tcp.destination_port.store(destination);
      tcp.checksum.store(Be16::from_wire(update_checksum(tcp.checksum.load().wire(), delta)));
      return;
    }
    case Protocol::kSctp:  // has no pseudo header: addresses don't matter
      return set_sctp_ports(header_at<SctpHeader>(packet.l4()), source, destination,
                            l4_length(packet));
    default: {
      auto& udp = header_at<UdpHeader>(packet.l4());
      udp.source_port.store(source);
      udp.destination_port.store(destination);
      udp.checksum.store(Be16::from_wire(update_udp_checksum(udp.checksum.load().wire(), delta)));
    }
  }
}

template <typename Address>
void rewrite(Packet& packet, const Connection<Address>& connection) noexcept {
  if (packet.connection.direction == Direction::kOriginal) {
    set_addresses(packet, connection.source, connection.endpoint);
    Ip<Address>::update_header_checksum(packet, connection.delta.l3);
    rewrite_l4(packet, connection.source_port, connection.endpoint_port, connection.delta.l4);
  } else {
    // The way back undoes what the way there did: the one's complement of the difference.
    const auto l3 = static_cast<std::uint16_t>(~connection.delta.l3);
    const auto l4 = static_cast<std::uint16_t>(~connection.delta.l4);
    set_addresses(packet, connection.service, connection.client);
    Ip<Address>::update_header_checksum(packet, l3);
    rewrite_l4(packet, connection.service_port, connection.client_port, l4);
  }
}

}  // namespace

template <typename Address>
void translate(const Batch& packets, StageContext& context) noexcept {
  const auto& connections = context.tables<Address>().connections;
  for (Packet& packet : packets) {
    if (packet.undecided()) rewrite(packet, connections[packet.connection]);
  }
}

template void translate<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void translate<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
