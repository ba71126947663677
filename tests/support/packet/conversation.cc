#include "tests/support/packet/conversation.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"

namespace portico {
namespace {

std::vector<std::string> words_of(const std::string& line) {
  return absl::StrSplit(line.substr(0, line.find('#')), absl::ByAnyChar(" \t"), absl::SkipEmpty());
}

std::string text(absl::string_view view) {
  return std::string(view.data(), view.size());
}

unsigned number(const std::string& word) {
  unsigned value = 0;
  if (!absl::SimpleAtoi(word, &value)) throw std::invalid_argument(word + " is no number");
  return value;
}

Duration duration(const std::string& word) {
  absl::Duration value;
  if (!absl::ParseDuration(word, &value)) throw std::invalid_argument(word + " is no duration");
  return absl::ToChronoNanoseconds(value);
}

std::uint8_t flags_of(const std::string& word) {
  static const std::map<std::string, int> kBits = {{"FIN", 1}, {"SYN", 2},  {"RST", 4},
                                                   {"PSH", 8}, {"ACK", 16}, {"none", 0}};
  int flags = 0;
  for (const absl::string_view name : absl::StrSplit(word, ',')) {
    flags |= kBits.at(text(name));
  }
  return static_cast<std::uint8_t>(flags);
}

// "times=60"; 1 when it is not there.
unsigned times(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word.starts_with("times=")) return number(word.substr(6));
  }
  return 1;
}

const std::map<std::string, FrameKind>& kinds() {
  static const std::map<std::string, FrameKind> kKinds = {
      {"ask", FrameKind::kAsk},
      {"answer", FrameKind::kAnswer},
      {"echo", FrameKind::kEcho},
      {"echo-reply", FrameKind::kEchoReply},
      {"time-exceeded", FrameKind::kTimeExceeded}};
  return kKinds;
}

}  // namespace

bool Conversation::wants(const std::string& text, Family family, Protocol protocol) {
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const Words words = words_of(std::string(line.data(), line.size()));
    if (words.size() != 2) continue;
    if (words[0] == "families" && words[1] != (family == Family::kIpv4 ? "ipv4" : "ipv6")) {
      return false;
    }
    if (words[0] == "protocols" && words[1] != (protocol == Protocol::kTcp ? "tcp" : "udp")) {
      return false;
    }
  }
  return true;
}

Conversation::Conversation(std::string file, const std::string& text, Family family,
                           Protocol protocol)
    : file_(std::move(file)), family_(family), protocol_(protocol) {
  settings_.config.capacity = {1024, 256, 256, 64, 16};
  int line_number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++line_number;
    const std::string copy(line.data(), line.size());
    Words words = words_of(copy);
    if (!words.empty()) lines_.push_back({line_number, copy, std::move(words)});
  }
}

void Conversation::fail(const std::string& what) const {
  ADD_FAILURE_AT(file_.c_str(), line_->number) << line_->text << "\n" << what;
}

void Conversation::run() {
  for (const Line& line : lines_) {
    line_ = &line;
    try {
      if (world_ == nullptr) read_setting(line.words);
      if (world_ != nullptr) step(line.words);
    } catch (const std::exception& error) {
      return fail(error.what());
    }
    if (testing::Test::HasFailure()) return;
  }
  finish_step();
}

// Settings come first; the first line that is none builds the world.
void Conversation::read_setting(const Words& words) {
  const std::string& name = words[0];
  GatewayConfig& config = settings_.config;
  if (name == "families" || name == "protocols") return;
  if (name == "workers") {
    settings_.workers = static_cast<std::uint16_t>(number(words.at(1)));
  } else if (name == "capacity") {
    config.capacity.connections = number(words.at(1));
  } else if (name == "one-armed") {
    settings_.one_armed = true;
  } else if (name == "neighbors") {
    settings_.neighbors_answer = words.at(1) != "manual";
  } else if (name == "snat-ports") {
    config.snat.first_port = static_cast<std::uint16_t>(number(words.at(1)));
    config.snat.last_port = static_cast<std::uint16_t>(number(words.at(2)));
  } else if (name == "snat-other-family-only") {
    config.snat.addresses = {
        *IpAddress::parse(family_ == Family::kIpv4 ? "2001:db8:12::1" : "10.12.22.1")};
  } else if (name == "mtu") {
    config.ports.resize(1);
    config.ports[0].mtu = number(words.at(1));
  } else if (name == "vlan") {
    settings_.uplink_vlan = static_cast<std::uint16_t>(number(words.at(1)));
  } else if (name == "uplink-without-addresses") {
    settings_.uplink_addresses = false;
  } else {
    world_ = std::make_unique<World>(family_, settings_);
    take_stock();
  }
}

void Conversation::step(const Words& words) {
  const std::string& verb = words[0];
  if (verb == "<" || verb == "drop") {
    for (unsigned i = 0; i < times(words) && !testing::Test::HasFailure(); ++i) {
      verb == "<" ? expect_sent(words) : expect_drop(words.at(1));
    }
    return;
  }
  finish_step();
  if (verb == ">") return arrive(words);
  if (verb == "wait") return wait(words.at(1));
  if (verb == "service") return set_service(words);
  if (verb == "delete") return remove_service(words.at(2));
  if (verb == "connection") return expect_connection(words, true);
  if (verb == "no") return expect_connection({words.begin() + 1, words.end()}, false);
  if (verb == "explain") return expect_explanation(words);
  if (verb == "room") return world_->io().set_room(world_->port(words.at(1)), number(words.at(2)));
  fail("is no statement");
}

void Conversation::finish_step() {
  for (const MemoryIo::Sent& sent : sent_) {
    fail("before this, " + world_->port_name(sent.port) +
         " sent what nobody expected: " + read_frame(sent.frame).spec.to_string());
  }
  for (const auto& [reason, count] : new_drops_) {
    if (count > 0) fail(absl::StrCat("before this, ", count, " dropped unexpectedly: ", reason));
  }
  sent_.clear();
  new_drops_.clear();
}

void Conversation::take_stock() {
  for (const DropCount& drop : world_->gateway().drops()) {
    std::uint64_t& known = drops_[text(to_string(drop.reason))];
    new_drops_[text(to_string(drop.reason))] += drop.packets - known;
    known = drop.packets;
  }
  check_balance();
}

void Conversation::check_balance() const {
  for (const WorkerCounters& counters : world_->gateway().worker_counters()) {
    const std::uint64_t ended =
        counters.sent + counters.dropped + counters.punted + counters.handed_over;
    if (counters.received != ended) {
      fail(absl::StrCat("worker ", counters.worker.value, " received ", counters.received,
                        " packets and accounts for ", ended));
    }
  }
}

void Conversation::arrive(const Words& words) {
  const PortId port = world_->port(words.at(1));
  FrameSpec spec = read_spec(words, 2);
  spec.destination_mac = World::mac(words[1]);
  if (spec.kind == FrameKind::kAsk) {
    spec.destination_mac =
        family_ == Family::kIpv4 ? kBroadcastMac : MacAddress{{0x33, 0x33, 0xff, 0, 0, 1}};
  }
  spec.source_mac = World::mac(world_->host_in_front_of(spec.source));
  if (port == world_->port("uplink") && !spec.vlan) spec.vlan = settings_.uplink_vlan;
  WorkerId worker{0};
  for (const std::string& word : words) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(word, absl::MaxSplits('=', 1));
    if (pair.first == "worker") worker.value = static_cast<std::uint16_t>(number(pair.second));
    if (pair.first == "dmac") spec.destination_mac = World::mac(pair.second);
    if (pair.first == "vlan") spec.vlan = static_cast<std::uint16_t>(number(pair.second));
    if (pair.second == "none" && pair.first == "vlan") spec.vlan.reset();
  }
  last_arrived_ = corrupt(build_frame(spec), words);
  for (unsigned i = 0; i < times(words); ++i) world_->io().arrive(port, last_arrived_, worker);
  sent_ = world_->settle();
  take_stock();
}

void Conversation::wait(const std::string& how_long) {
  world_->pass(duration(how_long));
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

FrameSpec Conversation::read_spec(const Words& words, std::size_t from) {
  FrameSpec spec;
  spec.protocol = protocol_;
  std::size_t at = from;
  if (const auto kind = kinds().find(words.at(at)); kind != kinds().end()) {
    spec.kind = kind->second;
    ++at;
  }
  read_socket(words.at(at), spec.source, spec.source_port);
  if (words.at(at + 1) != "->") throw std::invalid_argument("an arrow is missing");
  read_socket(words.at(at + 2), spec.destination, spec.destination_port);
  for (at += 3; at < words.size(); ++at) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(words[at], absl::MaxSplits('=', 1));
    if (words[at].find('=') == std::string::npos && words[at] != "options" &&
        words[at] != "fixip") {
      if (protocol_ == Protocol::kTcp) spec.tcp_flags = flags_of(words[at]);
    } else {
      read_attribute(pair.first, pair.second, spec);
    }
  }
  return spec;
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
  if (key == "options") spec.options = true;
  if (key == "csum") {
    spec.checksum = value == "zero" ? FrameSpec::Checksum::kZero : FrameSpec::Checksum::kWrong;
  }
}

void Conversation::expect_sent(const Words& words) {
  if (sent_.empty()) return fail("nothing was sent");
  const MemoryIo::Sent sent = sent_.front();
  sent_.erase(sent_.begin());
  const ReadFrame actual = read_frame(sent.frame);
  compare(actual, read_spec(words, 2), words, sent);
}

void Conversation::compare(const ReadFrame& actual, const FrameSpec& wanted, const Words& words,
                           const MemoryIo::Sent& sent) {
  std::vector<std::string> wrong;
  const auto check = [&](bool good, const std::string& what) {
    if (!good) wrong.push_back(what);
  };
  const FrameSpec& spec = actual.spec;
  const std::string line = absl::StrJoin(words, " ");
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
  check(spec.kind == wanted.kind, "it is of another kind");
  check(spec.source == source && spec.source_port == source_port, "the source is another");
  check(spec.destination == destination && spec.destination_port == destination_port,
        "the destination is another");
  if (spec.kind == FrameKind::kData) {
    check(spec.protocol == protocol_, "the protocol is another");
    check(spec.tcp_flags == wanted.tcp_flags, "the flags are others");
  }
  check(spec.checksum == wanted.checksum, "the checksum is wrong, or not wrong as it should be");
  check(actual.payload_is_pattern, "the payload has changed");
  check(spec.options == wanted.options, "options are there or not");
  check(spec.vlan == (sent.port == world_->port("uplink") ? settings_.uplink_vlan : std::nullopt),
        "the VLAN tag is another");
  check(spec.source_mac == World::mac(words[1]), "the source MAC address is not the port's");
  for (const char* key : {"ttl", "len", "pad", "id"}) {
    if (!says(std::string(key) + "=")) continue;
    check(spec.ttl == wanted.ttl || key != std::string("ttl"), absl::StrCat("ttl is ", spec.ttl));
    check(spec.payload == wanted.payload || key != std::string("len"),
          absl::StrCat("len is ", spec.payload));
    check(spec.padding == wanted.padding || key != std::string("pad"),
          absl::StrCat("pad is ", spec.padding));
    check(spec.echo_id == wanted.echo_id || key != std::string("id"),
          absl::StrCat("id is ", spec.echo_id));
  }
  if (spec.kind != FrameKind::kAsk) {
    std::string to = world_->host_in_front_of(spec.destination);
    for (const std::string& word : words) {
      if (word.starts_with("to=")) to = word.substr(3);
    }
    check(spec.destination_mac == World::mac(to), "it goes to another MAC address than " + to);
  }
  if (spec.kind == FrameKind::kTimeExceeded) {
    const std::size_t l2 = settings_.uplink_vlan ? 18 : 14;
    check(spec.quoted.size() >= 28 && last_arrived_.substr(l2, spec.quoted.size()) == spec.quoted,
          "it quotes something else");
  }
  if (!wrong.empty()) {
    fail(absl::StrCat("sent: ", world_->port_name(sent.port), " ", spec.to_string(), "\n  ",
                      absl::StrJoin(wrong, "\n  ")));
  }
}

void Conversation::expect_drop(const std::string& reason) {
  const auto at = new_drops_.find(reason);
  if (at == new_drops_.end()) return fail("there is no such reason");
  if (at->second == 0) return fail("no packet was dropped for this reason");
  --at->second;
}

// service NAME VIP:PORT[,VIP:PORT] -> HOST:PORT[@IDENTITY][!],...|none [maglev] [preserve]
void Conversation::set_service(const Words& words) {
  ServicePort service;
  service.service = "default/" + words.at(1);
  service.id = absl::StrCat("default/", words[1], ":http/", text(to_string(family_)));
  service.family = family_;
  service.protocol = protocol_;
  for (const absl::string_view socket : absl::StrSplit(words.at(2), ',')) {
    Frontend frontend;
    std::uint16_t port = 0;
    read_socket(text(socket), frontend.address, port);
    frontend.port = L4Port::from_host(port);
    service.frontends.push_back(frontend);
  }
  for (const absl::string_view piece : absl::StrSplit(words.at(4), ',')) {
    std::string word = text(piece);
    if (word == "none") continue;
    Endpoint endpoint;
    endpoint.accepts_new = word.back() != '!';
    if (!endpoint.accepts_new) word.pop_back();
    const std::pair<std::string, std::string> pair = absl::StrSplit(word, absl::MaxSplits('@', 1));
    std::uint16_t port = 0;
    read_socket(pair.first, endpoint.address, port);
    endpoint.port = L4Port::from_host(port);
    endpoint.identity = pair.second;
    service.endpoints.push_back(endpoint);
  }
  for (const std::string& word : words) {
    if (word == "maglev") service.selection = Selection::kMaglev;
    if (word == "preserve") service.source_address = SourceAddress::kPreserve;
  }
  services_[words[1]] = service;
  TableChange change;
  change.set_service_ports = {service};
  const absl::Status status = world_->gateway().apply(change);
  if (!status.ok()) fail(text(status.message()));
}

void Conversation::remove_service(const std::string& name) {
  TableChange change;
  change.deleted_service_ports = {services_.at(name).id};
  const absl::Status status = world_->gateway().apply(change);
  if (!status.ok()) fail(text(status.message()));
}

// connection client:1234 STATE / no connection client:1234 / connection none
void Conversation::expect_connection(const Words& words, bool wanted) {
  ConnectionFilter filter;
  if (words.at(1) != "none") {
    IpAddress address;
    std::uint16_t port = 0;
    read_socket(words[1], address, port);
    filter.client = IpPrefix::of(address, address.bits());
    filter.client_port = L4Port::from_host(port);
  } else {
    wanted = false;
  }
  std::vector<std::string> states;
  static_cast<void>(world_->gateway().visit_connections(filter, [&](const ConnectionInfo& info) {
    states.push_back(info.state);
    return true;
  }));
  if (!wanted) {
    if (!states.empty()) fail("there is one: " + absl::StrJoin(states, ", "));
  } else if (states.size() != 1) {
    fail(absl::StrCat("there are ", states.size()));
  } else if (words.size() > 2 && states[0] != words[2]) {
    fail("its state is " + states[0]);
  }
}

// explain [PORT] SRC -> DST [FLAGS] [ttl=N] => forward|punt|drop REASON
void Conversation::expect_explanation(const Words& words) {
  const auto arrow = std::find(words.begin(), words.end(), "=>");
  const FrameSpec spec = read_spec({words.begin(), arrow}, 2);
  ExplainRequest request;
  request.in_port = words.at(1);
  request.protocol = protocol_;
  request.source = spec.source;
  request.source_port = L4Port::from_host(spec.source_port);
  request.destination = spec.destination;
  request.destination_port = L4Port::from_host(spec.destination_port);
  request.tcp_flags = spec.tcp_flags;
  request.ttl = spec.ttl;
  const auto explanation = world_->gateway().explain(request);
  if (!explanation.ok()) return fail(text(explanation.status().message()));
  std::string verdict = explanation->verdict;
  if (explanation->drop_reason) {
    absl::StrAppend(&verdict, " ", text(to_string(*explanation->drop_reason)));
  }
  const std::string expected = absl::StrJoin(arrow + 1, words.end(), " ");
  if (verdict != expected) fail("the explanation ends with " + verdict);
  take_stock();
}

}  // namespace portico
