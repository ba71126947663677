// What a conversation says about packets: those that arrive, and those that leave.

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/support/packet/conversation.h"
#include "tests/support/packet/conversation_words.h"
#include "tests/support/packet/fragments.h"

namespace portico {

void Conversation::arrive(const Words& words) {
  const bool from_kernel = words.at(1).starts_with("kernel:");
  const PortId port = world_->port(from_kernel ? words[1].substr(7) : words[1]);
  FrameSpec spec = read_spec(words, 2);
  spec.destination_mac = World::mac(world_->port_name(world_->device_of(port)));
  if (spec.kind == FrameKind::kAsk) {
    spec.destination_mac =
        family_ == Family::kIpv4 ? kBroadcastMac : MacAddress{{0x33, 0x33, 0xff, 0, 0, 1}};
  }
  spec.source_mac = World::mac(world_->host_in_front_of(spec.source));
  if (!spec.vlan) spec.vlan = world_->vlan(port);
  WorkerId worker{0};
  for (const std::string& word : words) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(word, absl::MaxSplits('=', 1));
    if (pair.first == "worker") worker.value = static_cast<std::uint16_t>(number(pair.second));
    if (pair.first == "smac") spec.source_mac = World::mac(pair.second);
    if (pair.first == "dmac") spec.destination_mac = World::mac(pair.second);
    if (pair.first != "vlan") continue;
    spec.vlan.reset();
    if (pair.second != "none") spec.vlan = static_cast<std::uint16_t>(number(pair.second));
  }
  if (from_kernel) {
    spec.source_mac = World::mac(world_->port_name(port));
    if (spec.kind != FrameKind::kAsk) {
      spec.destination_mac = World::mac(world_->host_in_front_of(spec.destination));
    }
    spec.vlan.reset();
    for (unsigned i = 0; i < times(words); ++i) {
      world_->kernel().send(port, corrupt(build_frame(spec), words));
    }
    sent_ = world_->settle();
    return take_stock();
  }
  std::string frame = build_frame(spec);
  if (const std::string part = value_of(words, "fragment"); !part.empty()) {
    const std::string id = value_of(words, "ident");
    frame = cut_frame(frame, fragment_range(part, ip_payload(frame)), id.empty() ? 77 : number(id));
    frame += std::string(spec.padding, '\x55');
  }
  last_arrived_ = corrupt(std::move(frame), words);
  const PortId first = world_->device_of(port);
  const bool is_left = spec.checksum == FrameSpec::Checksum::kLeft;
  for (unsigned i = 0; i < times(words); ++i) {
    world_->io().arrive(first, last_arrived_, worker, is_left);
  }
  if (is_left) {  // whoever gets it sees it
    spec.checksum = FrameSpec::Checksum::kRight;
    last_arrived_ = build_frame(spec);
  }
  if (words[0] == "+") return;  // with those of the next `>`, in one burst
  sent_ = world_->settle();
  take_stock();
}

// `cut=N` keeps the first N bytes; `patch=OFFSET:HEX` overwrites; `fixip` makes the checksum of the
// IPv4 header right again.
std::string Conversation::corrupt(std::string frame, const Words& words) const {
  for (const std::string& word : words) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(word, absl::MaxSplits('=', 1));
    if (pair.first == "cut") frame.resize(number(pair.second));
    if (pair.first == "patch") {
      const std::pair<std::string, std::string> patch = absl::StrSplit(pair.second, ':');
      const std::string bytes = absl::HexStringToBytes(patch.second);
      frame.replace(number(patch.first), bytes.size(), bytes);
    }
    if (pair.first == "fixip") {
      const std::size_t size = (static_cast<std::uint8_t>(frame.at(14)) & 15u) * 4u;
      frame.replace(24, 2, std::string(2, '\0'));
      const std::uint16_t checksum = plain_checksum(frame.substr(14, size));
      frame[24] = static_cast<char>(checksum >> 8);
      frame[25] = static_cast<char>(checksum);
    }
  }
  return frame;
}

FrameSpec Conversation::read_spec(const Words& all_words, std::size_t from) {
  const auto begin = all_words.begin() + static_cast<std::ptrdiff_t>(from);
  const Words words(all_words.begin(), std::find(begin, all_words.end(), "quoting"));
  FrameSpec spec;
  spec.protocol = protocol_;
  std::size_t at = from;
  if (const auto kind = kinds().find(words.at(at)); kind != kinds().end()) {
    spec.kind = kind->second;
    ++at;
  }
  if (spec.kind == FrameKind::kError) {
    const IcmpMessage& message = icmp_messages().at(words[from]);
    const auto& numbers = family_ == Family::kIpv4 ? message.v4 : message.v6;
    spec.icmp_type = numbers.type;
    spec.icmp_code = numbers.code;
  }
  read_socket(words.at(at), spec.source, spec.source_port);
  if (words.at(at + 1) != "->") throw std::invalid_argument("an arrow is missing");
  read_socket(words.at(at + 2), spec.destination, spec.destination_port);
  for (at += 3; at < words.size(); ++at) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(words[at], absl::MaxSplits('=', 1));
    if (words[at].find('=') == std::string::npos && words[at] != "options" &&
        words[at] != "fixip" && words[at] != "nodf" && words[at] != "extension") {
      if (protocol_ == Protocol::kTcp) spec.tcp_flags = flags_of(words[at]);
      if (protocol_ == Protocol::kSctp) spec.sctp_chunks = chunks_of(words[at]);
    } else {
      read_attribute(pair.first, pair.second, spec);
    }
  }
  if (words.size() < all_words.size()) read_quotation(all_words, spec);
  return spec;
}

// The packet behind `quoting`, cut to the bytes that `quote=` says. `extension`: the quote is
// filled up to 128 bytes, and an extension structure follows (RFC 4884 section 5).
void Conversation::read_quotation(const Words& words, FrameSpec& spec) {
  const auto begin = quotation(words);
  constexpr std::size_t kLink = 14;
  spec.quoted = build_frame(read_spec(words, static_cast<std::size_t>(begin - words.begin()) + 1))
                    .substr(kLink);
  for (auto word = words.begin(); word != begin; ++word) {
    if (!word->starts_with("quote=")) continue;
    const std::size_t most = family_ == Family::kIpv4 ? 576 - 28 : 1280 - 48;
    spec.quoted.resize(word->substr(6) == "most" ? std::min(spec.quoted.size(), most)
                                                 : number(word->substr(6)));
  }
  if (std::find(words.begin(), begin, "extension") == begin) return;
  constexpr std::size_t kDatagram = 128;
  spec.quoted.resize(kDatagram, '\0');
  spec.icmp_rest |= family_ == Family::kIpv4 ? kDatagram / 4 << 16 : kDatagram / 8 << 24;
  const std::string object("\x00\x08\x01\x01\x12\x34\x51\xff", 8);  // an MPLS label, RFC 4950
  std::string structure = std::string("\x20\x00\x00\x00", 4) + object;
  const std::uint16_t checksum = plain_checksum(structure);
  structure[2] = static_cast<char>(checksum >> 8);
  structure[3] = static_cast<char>(checksum);
  spec.quoted += structure;
}

// "client:1234", "gw:?p", "[2001:db8::1]:80", or an address without port. A variable that has no
// value yet stays as zero, to be bound by compare().
void Conversation::read_socket(const std::string& word, IpAddress& address, std::uint16_t& port) {
  const std::size_t colon = word.rfind(':');
  std::string host = word.substr(0, colon);
  if (const auto at = variables_.find(host); at != variables_.end()) host = at->second;
  if (host[0] != '?') address = world_->address(host);
  if (colon == std::string::npos) return;
  std::string text = word.substr(colon + 1);
  if (const auto at = variables_.find(text); at != variables_.end()) text = at->second;
  if (text[0] != '?') port = static_cast<std::uint16_t>(number(text));
}

void Conversation::read_attribute(const std::string& key, const std::string& value,
                                  FrameSpec& spec) {
  if (key == "ttl") spec.ttl = static_cast<std::uint8_t>(number(value));
  if (key == "len") spec.payload = static_cast<std::uint16_t>(number(value));
  if (key == "pad") spec.padding = static_cast<std::uint16_t>(number(value));
  if (key == "id") spec.echo_id = static_cast<std::uint16_t>(number(value));
  if (key == "seq") spec.sequence = number(value);
  if (key == "ack") spec.acknowledgement = number(value);
  if (key == "tag") spec.tag = number(value);
  if (key == "mtu") spec.icmp_rest = number(value);
  if (key == "options") spec.options = true;
  if (key == "nodf") spec.dont_fragment = false;
  if (key == "csum") {
    spec.checksum = value == "zero"   ? FrameSpec::Checksum::kZero
                    : value == "left" ? FrameSpec::Checksum::kLeft
                                      : FrameSpec::Checksum::kWrong;
  }
}

void Conversation::expect_sent(const Words& words) {
  if (sent_.empty()) return fail("nothing was sent");
  MemoryIo::Sent sent = sent_.front();
  sent_.erase(sent_.begin());
  if (const std::string count = value_of(words, "fragments"); !count.empty()) {
    if (!collect_fragments(number(count), words, sent)) return;
  } else if (is_fragment(sent.frame)) {
    return fail("a fragment was sent");
  }
  const ReadFrame actual = read_frame(sent.frame);
  compare(actual, read_spec(words, 2), words, sent);
}

// Takes the others of `count` fragments, the first of which is `sent`, and makes it their packet.
bool Conversation::collect_fragments(unsigned count, const Words& words, MemoryIo::Sent& sent) {
  std::vector<std::string> fragments = {sent.frame};
  while (fragments.size() < count && !sent_.empty() && sent_.front().port == sent.port) {
    fragments.push_back(sent_.front().frame);
    sent_.erase(sent_.begin());
  }
  if (fragments.size() < count) {
    fail(absl::StrCat("only ", fragments.size(), " fragments were sent"));
    return false;
  }
  const JoinedFrame joined = join_frames(fragments);
  const std::string most = value_of(words, "largest");
  if (!joined.error.empty()) fail("it " + joined.error);
  if (!most.empty() && joined.largest != number(most)) {
    fail(absl::StrCat("the largest fragment has ", joined.largest, " bytes"));
  }
  sent.frame = joined.frame;
  return !testing::Test::HasFailure();
}

// What arrived last has gone to the kernel as it was, but for the VLAN tag.
void Conversation::expect_at_kernel(const Words& words) {
  if (at_kernel_.empty()) return fail("the kernel got nothing");
  const MemoryKernel::Frame given = at_kernel_.front();
  at_kernel_.erase(at_kernel_.begin());
  std::string wanted = last_arrived_;
  if (wanted.substr(12, 2) == std::string("\x81\0", 2)) wanted.erase(12, 4);
  if (world_->port_name(given.port) != words.at(1)) {
    return fail("it went through " + world_->port_name(given.port));
  }
  if (given.frame != wanted) {
    fail("the kernel got another frame: " + read_frame(given.frame).spec.to_string());
  }
}

void Conversation::compare(const ReadFrame& actual, const FrameSpec& wanted, const Words& words,
                           const MemoryIo::Sent& sent) {
  std::vector<std::string> wrong;
  const auto check = [&](bool good, const std::string& what) {
    if (!good) wrong.push_back(what);
  };
  const FrameSpec& spec = actual.spec;
  const std::string line = absl::StrJoin(words.begin(), quotation(words), " ");
  const auto says = [&](const std::string& key) {
    return line.find(" " + key) != std::string::npos;
  };
  // Sockets, variables among them.
  std::size_t at = kinds().contains(words.at(2)) ? 3 : 2;
  const auto match = [&](const std::string& word, const IpAddress& address, std::uint16_t port) {
    const std::size_t colon = word.rfind(':');
    const std::string host = word.substr(0, colon);
    if (host[0] == '?' && !variables_.contains(host)) variables_[host] = address.to_string();
    if (colon == std::string::npos) return;
    const std::string name = word.substr(colon + 1);
    if (name[0] == '?' && !variables_.contains(name)) variables_[name] = absl::StrCat(port);
  };
  match(words.at(at), spec.source, spec.source_port);
  match(words.at(at + 2), spec.destination, spec.destination_port);
  IpAddress source, destination;
  std::uint16_t source_port = 0, destination_port = 0;
  read_socket(words[at], source, source_port);
  read_socket(words[at + 2], destination, destination_port);

  check(actual.error.empty(), "it " + actual.error);
  check(world_->port_name(sent.port) == words[1], "it left by " + world_->port_name(sent.port));
  check(spec.kind == wanted.kind && spec.icmp_type == wanted.icmp_type &&
            spec.icmp_code == wanted.icmp_code && spec.icmp_rest == wanted.icmp_rest,
        "it is of another kind");
  check(spec.source == source && spec.source_port == source_port, "the source is another");
  check(spec.destination == destination && spec.destination_port == destination_port,
        "the destination is another");
  if (spec.kind == FrameKind::kData) {
    check(spec.protocol == protocol_, "the protocol is another");
    check(spec.tcp_flags == wanted.tcp_flags, "the flags are others");
    check(spec.sctp_chunks == wanted.sctp_chunks, "the chunks are others");
  }
  check(spec.checksum == wanted.checksum, "the checksum is wrong, or not wrong as it should be");
  check(actual.payload_is_pattern, "the payload has changed");
  check(spec.options == wanted.options, "options are there or not");
  check(spec.vlan == world_->vlan(sent.port), "the VLAN tag is another");
  const std::string device = world_->port_name(world_->device_of(sent.port));
  check(spec.source_mac == World::mac(device), "the source MAC address is not the port's");
  for (const char* key : {"ttl", "len", "pad", "id", "seq", "ack", "tag"}) {
    if (!says(std::string(key) + "=")) continue;
    check(spec.ttl == wanted.ttl || key != std::string("ttl"), absl::StrCat("ttl is ", spec.ttl));
    check(spec.payload == wanted.payload || key != std::string("len"),
          absl::StrCat("len is ", spec.payload));
    check(spec.padding == wanted.padding || key != std::string("pad"),
          absl::StrCat("pad is ", spec.padding));
    check(spec.echo_id == wanted.echo_id || key != std::string("id"),
          absl::StrCat("id is ", spec.echo_id));
    check(spec.sequence == wanted.sequence || key != std::string("seq"),
          absl::StrCat("seq is ", spec.sequence));
    check(spec.acknowledgement == wanted.acknowledgement || key != std::string("ack"),
          absl::StrCat("ack is ", spec.acknowledgement));
    check(spec.tag == wanted.tag || key != std::string("tag"), absl::StrCat("tag is ", spec.tag));
  }
  if (spec.kind != FrameKind::kAsk) {
    std::string to = world_->host_in_front_of(spec.destination);
    for (const std::string& word : words) {
      if (word.starts_with("to=")) to = word.substr(3);
    }
    check(spec.destination_mac == World::mac(to), "it goes to another MAC address than " + to);
  }
  if (spec.kind == FrameKind::kError && !wanted.quoted.empty()) {
    check(spec.quoted == wanted.quoted,
          absl::StrCat("it quotes\n    ", absl::BytesToHexString(spec.quoted),
                       "\n  instead of\n    ", absl::BytesToHexString(wanted.quoted)));
  } else if (spec.kind == FrameKind::kError) {
    const std::size_t l2 = settings_.uplink_vlan ? 18 : 14;
    check(spec.quoted.size() >= 28 && last_arrived_.substr(l2, spec.quoted.size()) == spec.quoted,
          "it quotes something else than what arrived last");
  }
  if (!wrong.empty()) {
    fail(absl::StrCat("sent: ", world_->port_name(sent.port), " ", spec.to_string(), "\n  ",
                      absl::StrJoin(wrong, "\n  ")));
  }
}

}  // namespace portico
