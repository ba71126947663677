#include "dataplane/runtime/packet_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dataplane/net/ip.h"
#include "dataplane/net/sctp.h"
#include "dataplane/stage/icmp_error.h"

namespace portico {
namespace {

std::string flags_text(std::uint8_t flags) {
  constexpr const char* kNames[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
  std::vector<absl::string_view> set;
  for (int bit = 0; bit < 8; ++bit) {
    if ((flags >> bit & 1) != 0) set.push_back(kNames[bit]);
  }
  return absl::StrJoin(set, ",");
}

std::string chunks_text(std::uint16_t chunks) {
  constexpr const char* kNames[kSctpChunkKinds] = {
      "INIT", "INIT ACK", "COOKIE ECHO",  "COOKIE ACK",        "HEARTBEAT", "HEARTBEAT ACK",
      "DATA", "SHUTDOWN", "SHUTDOWN ACK", "SHUTDOWN COMPLETE", "ABORT"};
  std::vector<absl::string_view> set;
  for (int bit = 0; bit < kSctpChunkKinds; ++bit) {
    if ((chunks >> bit & 1) != 0) set.push_back(kNames[bit]);
  }
  return absl::StrJoin(set, ", ");
}

// The errors that explain can be asked about.
template <typename Address>
std::string error_text(const IcmpHeader& icmp) {
  const auto is = [&](const IcmpError& error) {
    return icmp.type == error.type && icmp.code == error.code;
  };
  if (is(IcmpErrors<Address>::kTimeExceeded)) return "time exceeded";
  if (is(IcmpErrors<Address>::kPortUnreachable)) return "port unreachable";
  constexpr bool kIsV4 = Address::kFamily == Family::kIpv4;
  return absl::StrCat(kIsV4 ? "fragmentation needed" : "packet too big", ", MTU ",
                      icmp.rest.host());
}

// What TCP, SCTP or ICMP errors say beside addresses and ports.
template <typename Address>
std::string signals_text(const Packet& packet) {
  if (packet.quote.is_error) {
    return " " + error_text<Address>(header_at<IcmpHeader>(packet.l4()));
  }
  if (packet.protocol == Protocol::kTcp) return absl::StrCat(" ", flags_text(packet.tcp_flags));
  if (packet.protocol == Protocol::kSctp) return absl::StrCat(" ", chunks_text(packet.sctp_chunks));
  return "";
}

}  // namespace

template <typename Address>
std::string addresses_text(const Tuple<Address>& tuple) {
  return absl::StrCat(to_string(tuple.source, tuple.source_port), " -> ",
                      to_string(tuple.destination, tuple.destination_port));
}

template <typename Address>
Tuple<Address> quoted_tuple(const Packet& packet) {
  // Quote's offsets are those of before the next link header.
  const std::uint8_t* l3 = packet.l4() + sizeof(IcmpHeader);
  const auto& ip = header_at<typename Ip<Address>::Header>(l3);
  const auto& ports = header_at<UdpHeader>(l3 + (packet.quote.l4_offset - packet.quote.l3_offset));
  return {Address::from_bytes(ip.source.data()), Address::from_bytes(ip.destination.data()),
          ports.source_port.load(), ports.destination_port.load(), packet.quote.protocol};
}

template <typename Address>
std::string addresses_text(const Packet& packet) {
  if (packet.quote.is_known()) {
    return absl::StrCat(IpAddress(source_of<Address>(packet)).to_string(), " -> ",
                        IpAddress(destination_of<Address>(packet)).to_string(), ", quoting ",
                        addresses_text(quoted_tuple<Address>(packet)));
  }
  const auto& ports = header_at<UdpHeader>(packet.l4());  // all have them in the same place
  return addresses_text(Tuple<Address>{source_of<Address>(packet), destination_of<Address>(packet),
                                       ports.source_port.load(), ports.destination_port.load(),
                                       packet.protocol});
}

template <typename Address>
std::string packet_text(const Packet& packet) {
  return absl::StrCat(text(to_string(Address::kFamily)), " ", text(to_string(packet.protocol)),
                      signals_text<Address>(packet), "  ", addresses_text<Address>(packet));
}

template std::string addresses_text(const Tuple<Ipv4Address>&);
template std::string addresses_text(const Tuple<Ipv6Address>&);
template std::string addresses_text<Ipv4Address>(const Packet&);
template std::string addresses_text<Ipv6Address>(const Packet&);
template Tuple<Ipv4Address> quoted_tuple(const Packet&);
template Tuple<Ipv6Address> quoted_tuple(const Packet&);
template std::string packet_text<Ipv4Address>(const Packet&);
template std::string packet_text<Ipv6Address>(const Packet&);

}  // namespace portico
