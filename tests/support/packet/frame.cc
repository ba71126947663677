#include "tests/support/packet/frame.h"

#include "absl/strings/str_cat.h"

namespace portico {
namespace {

std::string be16(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value)};
}
unsigned read16(const std::string& bytes, std::size_t at) {
  return static_cast<unsigned>(static_cast<std::uint8_t>(bytes.at(at)) << 8 |
                               static_cast<std::uint8_t>(bytes.at(at + 1)));
}
std::string be32(std::uint32_t value) {
  return be16(value >> 16) + be16(value & 0xffff);
}
std::uint32_t read32(const std::string& bytes, std::size_t at) {
  return read16(bytes, at) << 16 | read16(bytes, at + 2);
}
std::uint8_t read8(const std::string& bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes.at(at));
}
std::string bytes_of(const IpAddress& address) {
  return {reinterpret_cast<const char*>(address.data()), address.size()};
}
std::string bytes_of(const MacAddress& mac) {
  return {reinterpret_cast<const char*>(mac.bytes.data()), mac.bytes.size()};
}
MacAddress read_mac(const std::string& bytes, std::size_t at) {
  MacAddress mac;
  bytes.copy(reinterpret_cast<char*>(mac.bytes.data()), mac.bytes.size(), at);
  return mac;
}
IpAddress read_address(const std::string& bytes, std::size_t at, std::size_t size) {
  return *IpAddress::from_bytes(bytes.substr(at, size));
}

char pattern(std::size_t i) {
  return static_cast<char>('a' + i % 23);
}

std::string payload_of(std::uint16_t length) {
  std::string payload;
  for (std::size_t i = 0; i < length; ++i) payload += pattern(i);
  return payload;
}

std::string pseudo_header(const IpAddress& source, const IpAddress& destination, unsigned protocol,
                          std::size_t length) {
  std::string bytes = bytes_of(source) + bytes_of(destination);
  if (source.is_v4()) {
    return bytes + '\0' + static_cast<char>(protocol) + be16(static_cast<unsigned>(length));
  }
  return bytes + be16(0) + be16(static_cast<unsigned>(length)) + std::string(3, '\0') +
         static_cast<char>(protocol);
}

void put_checksum(std::string& segment, std::size_t at, const std::string& pseudo,
                  FrameSpec::Checksum mode, bool udp) {
  if (mode == FrameSpec::Checksum::kZero) return;
  if (mode == FrameSpec::Checksum::kLeft) {
    segment.replace(at, 2, be16(0xffffu - plain_checksum(pseudo)));
    return;
  }
  unsigned checksum = plain_checksum(pseudo + segment);
  if (udp && checksum == 0) checksum = 0xffff;
  // Not zero, which would say that there is none.
  if (mode == FrameSpec::Checksum::kWrong) checksum ^= checksum == 0x0101 ? 0x0202 : 0x0101;
  segment.replace(at, 2, be16(checksum));
}

bool is_icmp(const FrameSpec& spec) {
  return spec.kind == FrameKind::kEcho || spec.kind == FrameKind::kEchoReply ||
         spec.kind == FrameKind::kError;
}

unsigned protocol_number(const FrameSpec& spec) {
  if (spec.kind == FrameKind::kData) return static_cast<unsigned>(spec.protocol);
  return spec.source.is_v4() ? 1 : 58;
}

std::string sctp_of(const FrameSpec& spec) {
  std::string segment = build_sctp(spec.source_port, spec.destination_port, spec.sctp_chunks,
                                   payload_of(spec.payload), spec.tag);
  if (spec.checksum == FrameSpec::Checksum::kWrong) segment[8] = static_cast<char>(~segment[8]);
  if (spec.checksum == FrameSpec::Checksum::kZero) segment.replace(8, 4, 4, '\0');
  return segment;
}

std::string l4_of(const FrameSpec& spec) {
  const bool v4 = spec.source.is_v4();
  std::string segment;
  std::size_t checksum_at = 2;
  if (spec.kind == FrameKind::kError) {
    segment = std::string{static_cast<char>(spec.icmp_type), static_cast<char>(spec.icmp_code)} +
              be16(0) + be32(spec.icmp_rest) + spec.quoted;
  } else if (is_icmp(spec)) {
    const bool request = spec.kind == FrameKind::kEcho;
    const int type = v4 ? (request ? 8 : 0) : (request ? 128 : 129);
    segment = std::string{static_cast<char>(type)} + std::string(3, '\0') + be16(spec.echo_id) +
              be16(1) + payload_of(spec.payload);
  } else if (spec.protocol == Protocol::kSctp) {
    return sctp_of(spec);
  } else if (spec.protocol == Protocol::kTcp) {
    segment = be16(spec.source_port) + be16(spec.destination_port) + be32(spec.sequence) +
              be32(spec.acknowledgement) + '\x50' + static_cast<char>(spec.tcp_flags) + be16(1000) +
              be16(0) + be16(0) + payload_of(spec.payload);
    checksum_at = 16;
  } else {
    segment = be16(spec.source_port) + be16(spec.destination_port) + be16(8u + spec.payload) +
              be16(0) + payload_of(spec.payload);
    checksum_at = 6;
  }
  const std::string pseudo =
      is_icmp(spec) && v4
          ? ""
          : pseudo_header(spec.source, spec.destination, protocol_number(spec), segment.size());
  put_checksum(segment, checksum_at, pseudo, spec.checksum,
               !is_icmp(spec) && spec.protocol == Protocol::kUdp);
  return segment;
}

std::string ipv4_of(const FrameSpec& spec, const std::string& l4) {
  const std::string options = spec.options ? std::string("\x94\x04\x00\x00", 4) : "";  // RFC 2113
  const std::size_t length = 20 + options.size() + l4.size();
  std::string header = std::string{static_cast<char>(0x45 + options.size() / 4), '\0'} +
                       be16(static_cast<unsigned>(length)) + be16(0x1234) +
                       be16(spec.dont_fragment ? 0x4000 : 0) + static_cast<char>(spec.ttl) +
                       static_cast<char>(protocol_number(spec)) + be16(0) + bytes_of(spec.source) +
                       bytes_of(spec.destination) + options;
  header.replace(10, 2, be16(plain_checksum(header)));
  return header + l4;
}

std::string ipv6_of(const FrameSpec& spec, const std::string& l4) {
  const char next = static_cast<char>(protocol_number(spec));
  // A PadN option of six bytes in each.
  const std::string hop_by_hop = std::string("\x3c\x00\x01\x04\x00\x00\x00\x00", 8);
  const std::string destination =
      std::string{next} + std::string("\x00\x01\x04\x00\x00\x00\x00", 7);
  const std::string extensions = spec.options ? hop_by_hop + destination : "";
  return std::string("\x60\x00\x00\x00", 4) +
         be16(static_cast<unsigned>(extensions.size() + l4.size())) + (spec.options ? '\0' : next) +
         static_cast<char>(spec.ttl) + bytes_of(spec.source) + bytes_of(spec.destination) +
         extensions + l4;
}

// RFC 826; RFC 4861 sections 4.3 and 4.4.
std::string neighbor_of(const FrameSpec& spec) {
  const bool ask = spec.kind == FrameKind::kAsk;
  if (spec.source.is_v4()) {
    const std::string target_mac = ask ? std::string(6, '\0') : bytes_of(spec.destination_mac);
    return be16(1) + be16(0x0800) + "\x06\x04" + be16(ask ? 1 : 2) + bytes_of(spec.source_mac) +
           bytes_of(spec.source) + target_mac + bytes_of(spec.destination);
  }
  FrameSpec ip = spec;
  ip.ttl = 255;
  const IpAddress target = ask ? spec.destination : spec.source;
  if (ask) {
    std::string group = std::string("\xff\x02", 2) + std::string(9, '\0') + "\x01\xff";
    ip.destination = *IpAddress::from_bytes(group + bytes_of(target).substr(13));
  }
  std::string message = std::string{static_cast<char>(ask ? 135 : 136)} + std::string(3, '\0') +
                        (ask ? std::string(4, '\0') : std::string("\x60\x00\x00\x00", 4)) +
                        bytes_of(target) + static_cast<char>(ask ? 1 : 2) + '\x01' +
                        bytes_of(spec.source_mac);
  put_checksum(message, 2, pseudo_header(ip.source, ip.destination, 58, message.size()),
               spec.checksum, false);
  return ipv6_of(ip, message);
}

}  // namespace

std::uint16_t plain_checksum(const std::string& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += read8(bytes, i) * 256u + (i + 1 < bytes.size() ? read8(bytes, i + 1) : 0u);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(~sum);
}

std::string build_frame(const FrameSpec& spec) {
  const bool neighbor = spec.kind == FrameKind::kAsk || spec.kind == FrameKind::kAnswer;
  const bool v4 = spec.source.is_v4();
  std::string frame = bytes_of(spec.destination_mac) + bytes_of(spec.source_mac);
  if (spec.vlan) frame += be16(0x8100) + be16(*spec.vlan);
  frame += be16(v4 ? (neighbor ? 0x0806 : 0x0800) : 0x86dd);
  if (neighbor) {
    frame += neighbor_of(spec);
  } else {
    frame += v4 ? ipv4_of(spec, l4_of(spec)) : ipv6_of(spec, l4_of(spec));
  }
  return frame + std::string(spec.padding, '\x55');
}

namespace {

class Reader {
 public:
  explicit Reader(const std::string& frame) : frame_(frame) {}

  ReadFrame read() {
    try {
      link();
    } catch (const std::out_of_range&) {
      result_.error = "is truncated";
    }
    return result_;
  }

 private:
  void fail(const std::string& error) {
    if (result_.error.empty()) result_.error = error;
  }

  void link() {
    FrameSpec& spec = result_.spec;
    spec.destination_mac = read_mac(frame_, 0);
    spec.source_mac = read_mac(frame_, 6);
    std::size_t at = 12;
    if (read16(frame_, at) == 0x8100) {
      spec.vlan = static_cast<std::uint16_t>(read16(frame_, at + 2));
      at += 4;
    }
    switch (read16(frame_, at)) {
      case 0x0800:
        return ipv4(at + 2);
      case 0x86dd:
        return ipv6(at + 2);
      case 0x0806:
        return arp(at + 2);
      default:
        return fail("has an unknown EtherType");
    }
  }

  void arp(std::size_t at) {
    FrameSpec& spec = result_.spec;
    spec.kind = read16(frame_, at + 6) == 1 ? FrameKind::kAsk : FrameKind::kAnswer;
    spec.source = read_address(frame_, at + 14, 4);
    spec.destination = read_address(frame_, at + 24, 4);
    if (read_mac(frame_, at + 8) != spec.source_mac) fail("has another sender in ARP");
    if (spec.kind == FrameKind::kAnswer && read_mac(frame_, at + 18) != spec.destination_mac) {
      fail("has another target in ARP");
    }
  }

  void ipv4(std::size_t at) {
    FrameSpec& spec = result_.spec;
    const std::size_t header = (read8(frame_, at) & 15u) * 4u;
    const std::size_t length = read16(frame_, at + 2);
    if (read8(frame_, at) >> 4 != 4) fail("has a wrong IP version");
    if (plain_checksum(frame_.substr(at, header)) != 0) fail("has a wrong IPv4 header checksum");
    spec.options = header > 20;
    spec.ttl = read8(frame_, at + 8);
    spec.source = read_address(frame_, at + 12, 4);
    spec.destination = read_address(frame_, at + 16, 4);
    spec.padding = static_cast<std::uint16_t>(frame_.size() - at - length);
    l4(read8(frame_, at + 9), frame_.substr(at + header, length - header));
  }

  void ipv6(std::size_t at) {
    FrameSpec& spec = result_.spec;
    const std::size_t end = at + 40 + read16(frame_, at + 4);
    spec.ttl = read8(frame_, at + 7);
    spec.source = read_address(frame_, at + 8, 16);
    spec.destination = read_address(frame_, at + 24, 16);
    unsigned next = read8(frame_, at + 6);
    std::size_t offset = at + 40;
    while (next == 0 || next == 60 || next == 43 || next == 44) {
      spec.options = true;
      next = read8(frame_, offset);
      offset += (read8(frame_, offset + 1) + 1u) * 8u;
    }
    if (read8(frame_, at) >> 4 != 6 || end > frame_.size()) fail("has a wrong version or length");
    spec.padding = static_cast<std::uint16_t>(frame_.size() - end);
    l4(next, frame_.substr(offset, end - offset));
  }

  void l4(unsigned protocol, const std::string& segment) {
    FrameSpec& spec = result_.spec;
    if (protocol == 132) return sctp(segment);
    const std::string pseudo =
        protocol == 1 ? "" : pseudo_header(spec.source, spec.destination, protocol, segment.size());
    if (plain_checksum(pseudo + segment) != 0) spec.checksum = FrameSpec::Checksum::kWrong;
    if (protocol == 6 || protocol == 17) {
      spec.protocol = static_cast<Protocol>(protocol);
      spec.source_port = static_cast<std::uint16_t>(read16(segment, 0));
      spec.destination_port = static_cast<std::uint16_t>(read16(segment, 2));
      const std::size_t header = protocol == 6 ? (read8(segment, 12) >> 4) * 4u : 8u;
      if (protocol == 6) {
        spec.sequence = read32(segment, 4);
        spec.acknowledgement = read32(segment, 8);
        spec.tcp_flags = read8(segment, 13);
      }
      if (protocol == 17 && read16(segment, 6) == 0) spec.checksum = FrameSpec::Checksum::kZero;
      payload(segment, header);
    } else {
      icmp(segment);
    }
  }

  void sctp(const std::string& segment) {
    FrameSpec& spec = result_.spec;
    const ReadSctp read = read_sctp(segment);
    spec.protocol = Protocol::kSctp;
    spec.source_port = static_cast<std::uint16_t>(read16(segment, 0));
    spec.destination_port = static_cast<std::uint16_t>(read16(segment, 2));
    spec.sctp_chunks = read.chunks;
    spec.tag = read.tag;
    if (!read.checksum_is_right) spec.checksum = FrameSpec::Checksum::kWrong;
    payload(read.payload, 0);
  }

  void icmp(const std::string& message) {
    FrameSpec& spec = result_.spec;
    switch (read8(message, 0)) {
      case 8:
      case 128:
        spec.kind = FrameKind::kEcho;
        break;
      case 0:
      case 129:
        spec.kind = FrameKind::kEchoReply;
        break;
      case 135:
      case 136:
        return neighbor(message);
      default:
        spec.kind = FrameKind::kError;
        spec.icmp_type = read8(message, 0);
        spec.icmp_code = read8(message, 1);
        spec.icmp_rest = read32(message, 4);
        spec.quoted = message.substr(8);
        return;
    }
    spec.echo_id = static_cast<std::uint16_t>(read16(message, 4));
    payload(message, 8);
  }

  void neighbor(const std::string& message) {
    FrameSpec& spec = result_.spec;
    const bool ask = read8(message, 0) == 135;
    spec.kind = ask ? FrameKind::kAsk : FrameKind::kAnswer;
    if (spec.ttl != 255) fail("is neighbor discovery with a hop limit below 255");
    spec.ttl = 64;
    const IpAddress target = read_address(message, 8, 16);
    if (!ask && target != spec.source) fail("advertises another address than its source");
    if (ask) spec.destination = target;
    if (read8(message, 24) != (ask ? 1 : 2) || read_mac(message, 26) != spec.source_mac) {
      fail("has a wrong link-layer address option");
    }
  }

  void payload(const std::string& segment, std::size_t begin) {
    result_.spec.payload = static_cast<std::uint16_t>(segment.size() - begin);
    for (std::size_t i = begin; i < segment.size(); ++i) {
      result_.payload_is_pattern &= segment[i] == pattern(i - begin);
    }
  }

  const std::string& frame_;
  ReadFrame result_;
};

}  // namespace

ReadFrame read_frame(const std::string& frame) {
  return Reader(frame).read();
}

std::string FrameSpec::to_string() const {
  constexpr const char* kKinds[] = {"", "echo ", "echo-reply ", "ICMP error ", "ask ", "answer "};
  constexpr const char* kFlags[] = {"FIN", "SYN", "RST", "PSH", "ACK"};
  std::string text = kKinds[static_cast<std::size_t>(kind)];
  if (kind == FrameKind::kData) {
    absl::StrAppend(&text, portico::to_string(source, L4Port::from_host(source_port)), " -> ",
                    portico::to_string(destination, L4Port::from_host(destination_port)), " ");
    for (int bit = 0; bit < 5; ++bit) {
      if ((tcp_flags >> bit & 1) != 0) absl::StrAppend(&text, kFlags[bit], " ");
    }
    if (!sctp_chunks.empty()) absl::StrAppend(&text, chunks_text(sctp_chunks), " ");
  } else {
    absl::StrAppend(&text, source.to_string(), " -> ", destination.to_string(), " ");
  }
  if (kind == FrameKind::kError) {
    absl::StrAppend(&text, "type ", icmp_type, " code ", icmp_code, " rest ", icmp_rest,
                    " quoting ", quoted.size(), " bytes ");
  }
  return absl::StrCat(text, "ttl=", ttl, " len=", payload, " from ", source_mac.to_string(), " to ",
                      destination_mac.to_string());
}

}  // namespace portico
