#include "dataplane/runtime/connection_ends.h"

#include <algorithm>

#include "dataplane/net/ip.h"
#include "dataplane/stage/answer.h"
#include "dataplane/stage/next_hop.h"

namespace portico {
namespace {

// Whether the ends of a TCP connection in this state still hold it for one.
bool is_open(ConnectionState state) noexcept {
  using enum ConnectionState;
  return state == kEstablished || state == kFinWait || state == kCloseWait ||
         state == kEndpointFinWait || state == kEndpointCloseWait || state == kLastAck;
}

template <typename Address>
struct ResetSpec {
  Address source, destination;
  L4Port source_port, destination_port;
  std::uint32_t sequence, acknowledgement;
};

// Fills a new frame, but for its link header.
template <typename Address>
void write_reset(const ResetSpec<Address>& spec, Packet& packet) noexcept {
  constexpr auto kIp = static_cast<std::uint16_t>(sizeof(typename Ip<Address>::Header));
  packet.is_ip = true;
  packet.family = Address::kFamily;
  packet.protocol = Protocol::kTcp;
  packet.tcp_flags = kTcpRst | kTcpAck;
  packet.l3_offset = sizeof(EthernetHeader);
  packet.l4_offset = static_cast<std::uint16_t>(packet.l3_offset + kIp);
  packet.payload_offset = static_cast<std::uint16_t>(packet.l4_offset + sizeof(TcpHeader));
  packet.ip_length = kIp + std::uint32_t{sizeof(TcpHeader)};
  write_answer_header(packet, Protocol::kTcp, spec.source, spec.destination);
  auto& tcp = header_at<TcpHeader>(packet.l4());
  tcp = {};
  tcp.source_port.store(spec.source_port);
  tcp.destination_port.store(spec.destination_port);
  tcp.sequence.set_host(spec.sequence);
  tcp.acknowledgement.set_host(spec.acknowledgement);
  tcp.data_offset = (sizeof(TcpHeader) / 4) << 4;
  tcp.flags = packet.tcp_flags;
  ChecksumSum sum = pseudo_header(spec.source, spec.destination, Protocol::kTcp, sizeof tcp);
  sum.add(&tcp, sizeof tcp);
  tcp.checksum.store(Be16::from_wire(sum.checksum()));
}

}  // namespace

bool ConnectionEnds::expire(std::uint32_t now) noexcept {
  const std::size_t allowed = allowance();
  const std::size_t budget = config_.reset_on_expiry ? std::min(allowed, kMostReset) : allowed;
  bool is_behind = false;
  if (budget > 0) {
    const std::size_t v4 = expire<Ipv4Address>(now, budget);
    const std::size_t v6 = expire<Ipv6Address>(now, budget);
    is_behind = std::max(v4, v6) == budget;
    expired_at_most_ = is_behind ? std::min(2 * expired_at_most_, kMostExpired) : kLeastExpired;
    paid_ -= std::min(paid_, v4 + v6);
  }
  const auto& v4 = context_.v4.connections;
  const auto& v6 = context_.v6.connections;
  open_ = v4.size() + v6.size();
  if (!v4.is_due(now) && !v6.is_due(now)) expired_by_ = now;
  return is_behind;
}

std::size_t ConnectionEnds::allowance() noexcept {
  const auto& v4 = context_.v4.connections;
  const auto& v6 = context_.v6.connections;
  const std::uint64_t received = counts_.received.get();
  const std::uint64_t packets = received - received_;
  received_ = received;
  const std::uint64_t round = counts_.polls.get() + 1;
  const std::uint64_t rounds = round - rounds_;
  rounds_ = round;
  const std::size_t open = v4.size() + v6.size();
  const std::size_t made = open > open_ ? open - open_ : 0;
  // Full bursts: there may be more of them than there is time.
  const bool is_loaded = packets >= rounds * kBurstSize && !v4.full() && !v6.full();
  if (!is_loaded) return expired_at_most_;
  paid_ = std::min(paid_ + packets / kPacketsEach + made, kMostExpired);
  return paid_ - paid_ % kLeastExpired;
}

template <typename Address>
std::size_t ConnectionEnds::expire(std::uint32_t now, std::size_t budget) noexcept {
  auto& connections = context_.tables<Address>().connections;
  const std::size_t ended = connections.expire(now, budget, [&](const Connection<Address>& record) {
    context_.usage.connection_closed(record.endpoint_ref);
    if (config_.reset_on_expiry) add_resets(record, connections.index_of(record));
  });
  counts_.connections_expired.add(ended);
  send_resets<Address>();
  return ended;
}

bool ConnectionEnds::sweep() noexcept {
  if (!sweeping_) {
    target_ = context_.endpoints.departures();
    if (context_.now < rests_until_) return false;
    sweeping_ = true;
    keeps_ = false;
    began_ = context_.now;
    family_ = Family::kIpv4;
    cursor_ = 0;
  }
  cursor_ = family_ == Family::kIpv4 ? sweep<Ipv4Address>(cursor_) : sweep<Ipv6Address>(cursor_);
  if (cursor_ != ConnectionRef::kNone) return true;
  cursor_ = 0;
  if (family_ == Family::kIpv4) {
    family_ = Family::kIpv6;
    return true;
  }
  sweeping_ = false;
  swept_ = target_;
  rests_until_ = context_.now + std::min(kRest * (context_.now - began_), kLongestRest);
  return true;
}

template <typename Address>
std::uint32_t ConnectionEnds::sweep(std::uint32_t cursor) noexcept {
  auto& connections = context_.tables<Address>().connections;
  if (connections.size() == 0) return ConnectionRef::kNone;
  const bool resets = config_.when_endpoint_gone == EndpointGone::kReset;
  const std::uint32_t places = resets ? std::uint32_t{kMostReset} : kSwept;
  const std::uint32_t next =
      connections.walk(cursor, places, [&](ConnectionRef ref, const Connection<Address>& record) {
        if (context_.endpoints.exists(record.endpoint_ref)) return;
        const bool is_udp = record.protocol == Protocol::kUdp;
        if (!is_udp && config_.when_endpoint_gone == EndpointGone::kKeep) {
          keeps_ = true;
          return;
        }
        if (resets) add_resets(record, ref.index);
        context_.usage.connection_closed(record.endpoint_ref);
        connections.erase(ref);
      });
  send_resets<Address>();
  return next;
}

template <typename Address>
void ConnectionEnds::add_resets(const Connection<Address>& connection,
                                std::uint32_t index) noexcept {
  if (connection.protocol != Protocol::kTcp || !is_open(connection.state)) return;
  const TcpSequences& sequences = context_.tables<Address>().sequences;
  const std::uint32_t clients = sequences.next(index, Direction::kOriginal);
  const std::uint32_t endpoints = sequences.next(index, Direction::kReply);
  const ResetSpec<Address> specs[] = {
      {connection.service, connection.client, connection.service_port, connection.client_port,
       endpoints, clients},
      {connection.source, connection.endpoint, connection.source_port, connection.endpoint_port,
       clients, endpoints}};
  constexpr std::uint32_t kLength =
      sizeof(EthernetHeader) + sizeof(typename Ip<Address>::Header) + sizeof(TcpHeader);
  for (const ResetSpec<Address>& spec : specs) {
    Packet& packet = resets_.packets[resets_.count];
    if (!exits_.io.allocate(kLength, packet))
      return;  // the next packet meets a closed door instead
    write_reset(spec, packet);
    ++resets_.count;
  }
}

template <typename Address>
void ConnectionEnds::send_resets() noexcept {
  if (resets_.count == 0) return;
  Batch batch;
  for (Packet& packet : resets_) batch.add(packet);
  next_hop<Address>(batch, context_);
  counts_.received.add(resets_.count);  // from here, as the slow path's are
  settle(resets_, context_.self, exits_, counts_);
}

}  // namespace portico
