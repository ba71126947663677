#include "dataplane/stage/translate.h"

#include "dataplane/stage/icmp_checksum.h"
#include "dataplane/stage/translation.h"

namespace portico {
namespace {

// An ICMP error (RFC 5508 section 4.2): the packet that it quotes becomes what its sender sent,
// who gets the error. The error comes from the router that it came from; but the other end of the
// connection is known to that sender by another address.
template <typename Address>
void rewrite_error(Packet& packet, const Connection<Address>& connection) noexcept {
  const Direction way = packet.connection.direction;
  const auto quoted = translation_back(connection, opposite(way));
  rewrite({packet.data + packet.quote.l3_offset, packet.data + packet.quote.l4_offset,
           packet.quote.protocol, packet.quote.l4_here, packet.quote.l4_length},
          quoted);

  const bool from_endpoint = way == Direction::kReply;
  const Address peer = from_endpoint ? connection.endpoint : connection.client;
  Address source = source_of<Address>(packet);
  if (source == peer) source = translation(connection, way).source;
  auto& ip = header_at<typename Ip<Address>::Header>(packet.l3());
  ChecksumSum delta;
  delta.subtract(ip.source.data(), 2 * Address::kSize);  // the destination lies behind it
  set_addresses(packet, source, quoted.source);
  delta.add(ip.source.data(), 2 * Address::kSize);
  Ip<Address>::update_header_checksum(ip, delta.fold());

  auto& checksum = header_at<IcmpHeader>(packet.l4()).checksum;
  checksum.store({});
  checksum.store(Be16::from_wire(icmp_sum<Address>(packet).checksum()));
}

}  // namespace

template <typename Address>
void translate(const Batch& packets, StageContext& context) noexcept {
  const auto& connections = context.tables<Address>().connections;
  for (Packet& packet : packets) {
    if (!packet.undecided()) continue;
    const Connection<Address>& connection = connections[packet.connection];
    if (packet.quote.is_known()) {
      rewrite_error(packet, connection);
    } else {
      rewrite(headers_of(packet), translation(connection, packet.connection.direction));
    }
  }
}

template void translate<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void translate<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
