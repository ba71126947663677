#include "dataplane/runtime/packet_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dataplane/net/ip.h"
#include "dataplane/net/sctp.h"

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

// What TCP or SCTP say beside the ports.
std::string signals_text(const Packet& packet) {
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
std::string addresses_text(const Packet& packet) {
  const auto& ports = header_at<UdpHeader>(packet.l4());  // all have them in the same place
  return addresses_text(Tuple<Address>{source_of<Address>(packet), destination_of<Address>(packet),
                                       ports.source_port.load(), ports.destination_port.load(),
                                       packet.protocol});
}

template <typename Address>
std::string packet_text(const Packet& packet) {
  return absl::StrCat(text(to_string(Address::kFamily)), " ", text(to_string(packet.protocol)),
                      signals_text(packet), "  ", addresses_text<Address>(packet));
}

template std::string addresses_text(const Tuple<Ipv4Address>&);
template std::string addresses_text(const Tuple<Ipv6Address>&);
template std::string addresses_text<Ipv4Address>(const Packet&);
template std::string addresses_text<Ipv6Address>(const Packet&);
template std::string packet_text<Ipv4Address>(const Packet&);
template std::string packet_text<Ipv6Address>(const Packet&);

}  // namespace portico
