// What explain says of a packet is what becomes of a real one, for packets and ICMP errors, with
// the connections that the ones before have made, with one worker and with two, and where new
// connections are refused.

#include <map>

#include "absl/strings/match.h"
#include "tests/property/dataplane/playground.h"
#include "tests/support/packet/icmp_messages.h"
#include "tests/support/property_seed.h"

namespace portico {
namespace {

class Explained : public DataPlaneProperty {
 protected:
  void compare(Playground& playground);

  int forwarded_ = 0, refused_ = 0, related_ = 0;
  std::map<DropReason, int> dropped_;
};
INSTANTIATE_TEST_SUITE_P(All, Explained, DataPlaneProperty::all(), DataPlaneProperty::name);

template <typename T, std::size_t N>
T any(const T (&values)[N], Playground& playground) {
  return values[playground.below(N)];
}

// Mostly packets that get somewhere.
FrameSpec random_packet(Playground& playground, const std::string& port, const FrameSpec& last) {
  const World& world = playground.world();
  static const std::string kClients[] = {"client", "client2", "nodeclient", "pod1"};
  static const std::string kTargets[] = {"vip",  "vip", "vip2", "vip2",
                                         "gwup", "gw",  "pod3", "lost"};
  constexpr std::uint16_t kPorts[] = {80, 80, 80, 81, 8080, 0};
  constexpr std::uint8_t kFlags[] = {0x02, 0x02, 0x10, 0x12, 0x04, 0x11, 0x18, 0x00, 0x03};
  constexpr std::uint8_t kChunks[] = {1, 1, 1, 2, 0, 10, 11, 7, 8, 14, 6, 5, 9};
  constexpr std::uint8_t kTtls[] = {64, 64, 64, 2, 1, 0};
  FrameSpec spec;
  if (port == "downlink" && last.source_port != 0 && playground.below(2) == 0) {
    spec = playground.data(port, world.name(last.destination), last.destination_port, last.source,
                           last.source_port);
  } else {
    spec = playground.data(port, any(kClients, playground),
                           static_cast<std::uint16_t>(playground.below(20)),
                           world.address(any(kTargets, playground)), any(kPorts, playground));
  }
  spec.tcp_flags = any(kFlags, playground);
  if (spec.protocol == Protocol::kSctp) spec.sctp_chunks = {any(kChunks, playground)};
  spec.ttl = any(kTtls, playground);
  return spec;
}

// A packet that opens a connection, most likely a new one.
FrameSpec random_opener(Playground& playground) {
  static const std::string kClients[] = {"client", "client2"};
  static const std::string kTargets[] = {"vip", "vip2"};
  const std::string& target = any(kTargets, playground);
  FrameSpec spec = playground.to_service(static_cast<std::uint16_t>(playground.below(5000) + 1));
  const FrameSpec to = playground.data("uplink", any(kClients, playground), spec.source_port,
                                       playground.world().address(target), spec.destination_port);
  spec.source = to.source;
  spec.source_mac = to.source_mac;
  spec.destination = to.destination;
  return spec;
}

std::uint64_t evicted(World& world) {
  std::uint64_t evicted = 0;
  for (const WorkerCounters& worker : world.gateway().worker_counters()) {
    evicted += worker.connections_evicted;
  }
  return evicted;
}

bool says_that_another_makes_room(const Explanation& explanation) {
  for (const ExplainStep& step : explanation.steps) {
    if (absl::StrContains(step.decision, "makes room")) return true;
  }
  return false;
}

// An error about a packet that has got to an endpoint, or about its reply: sometimes by who can't
// know, about what never was, where it can't come from.
FrameSpec random_error(Playground& playground, std::string& port, const FrameSpec& seen,
                       const FrameSpec& sent, ExplainRequest& request) {
  static const std::pair<const char*, ExplainedError::Kind> kErrors[] = {
      {"too-big", ExplainedError::Kind::kTooBig},
      {"time-exceeded", ExplainedError::Kind::kTimeExceeded},
      {"port-unreachable", ExplainedError::Kind::kPortUnreachable}};
  const bool about_reply = playground.below(2) == 0;
  FrameSpec quoted = about_reply ? sent : seen;
  if (about_reply) {
    std::swap(quoted.source, quoted.destination);
    std::swap(quoted.source_port, quoted.destination_port);
  }
  if (playground.below(5) == 0) ++quoted.source_port;
  port = about_reply == (playground.below(8) != 0) ? "uplink" : "downlink";
  const auto& [name, kind] = any(kErrors, playground);
  const World& world = playground.world();
  FrameSpec error =
      playground.data(port, world.host_in_front_of(quoted.destination), 0, quoted.source, 0);
  if (playground.below(2) == 0) error.source = quoted.destination;
  const IcmpMessage& message = icmp_messages().at(name);
  const auto& numbers = error.source.is_v4() ? message.v4 : message.v6;
  error.kind = FrameKind::kError;
  error.icmp_type = numbers.type;
  error.icmp_code = numbers.code;
  error.icmp_rest = kind == ExplainedError::Kind::kTooBig ? 1400 : 0;
  error.ttl = playground.below(8) == 0 ? 1 : 64;
  error.quoted = build_frame(quoted).substr(14);
  request = explain_request(port, quoted);
  request.ttl = error.ttl;
  request.error = ExplainedError{kind, error.source, 1400};
  return error;
}

// Addresses and ports, as they follow each other in a packet without options.
std::string wire(const Explanation::Quoted& quoted) {
  std::string bytes;
  for (const IpAddress& address : {quoted.source, quoted.destination}) {
    std::array<std::uint8_t, 16> copy{};
    address.is_v4() ? address.v4().copy_to(copy.data()) : address.v6().copy_to(copy.data());
    bytes.append(reinterpret_cast<const char*>(copy.data()), address.bits() / 8);
  }
  for (const L4Port port : {quoted.source_port, quoted.destination_port}) {
    bytes += static_cast<char>(port.host() >> 8);
    bytes += static_cast<char>(port.host());
  }
  return bytes;
}

void Explained::compare(Playground& playground) {
  World& world = playground.world();
  FrameSpec last, last_sent;  // as the endpoint saw it, as the client sent it
  for (int i = 0; i < 500 && !HasFailure(); ++i) {
    std::string port = playground.below(3) == 0 ? "downlink" : "uplink";
    FrameSpec spec = random_packet(playground, port, last);
    if (port == "uplink" && playground.below(4) == 0) spec = random_opener(playground);
    ExplainRequest request = explain_request(port, spec);
    if (last.source_port != 0 && playground.below(4) == 0) {
      spec = random_error(playground, port, last, last_sent, request);
    }
    SCOPED_TRACE(port + " " + spec.to_string());
    const auto told = world.gateway().explain(request);
    ASSERT_TRUE(told.ok()) << told.status();
    const std::uint64_t evicted_before = evicted(world);
    const Outcome outcome = playground.exchange(port, build_frame(spec));
    EXPECT_EQ(evicted(world) - evicted_before, says_that_another_makes_room(*told) ? 1u : 0u);
    if (told->verdict == "drop") {
      EXPECT_TRUE(outcome.sent.empty());
      ASSERT_EQ(outcome.drops.size(), 1u);
      EXPECT_EQ(to_string(outcome.drops[0]), to_string(*told->drop_reason));
      ++dropped_[*told->drop_reason];
      continue;
    }
    EXPECT_TRUE(outcome.drops.empty()) << to_string(outcome.drops[0]);
    ASSERT_EQ(outcome.refusals.size(), told->verdict == "refuse" ? 1u : 0u);
    if (told->verdict == "refuse") {
      EXPECT_EQ(outcome.refusals[0], *told->drop_reason);
    }
    ASSERT_EQ(outcome.sent.size(), 1u);
    const FrameSpec sent = read_frame(outcome.sent[0].frame).spec;
    EXPECT_EQ(world.port_name(outcome.sent[0].port), *told->out_port);
    EXPECT_EQ(sent.source, *told->source);
    EXPECT_EQ(sent.destination, *told->destination);
    if (sent.kind == FrameKind::kData) {
      EXPECT_EQ(sent.destination_port, told->destination_port->host());
      ++forwarded_;
      if (world.port_name(outcome.sent[0].port) == "downlink") {
        last = sent;
        last_sent = spec;
      }
    }
    if (told->quoted) {
      const std::string expected = wire(*told->quoted);
      EXPECT_EQ(sent.quoted.substr(v4() ? 12 : 8, expected.size()), expected);
      ++related_;
    }
    // The limit on answers, which explain does not foresee.
    if (told->verdict == "refuse" && ++refused_ % 20 == 0) {
      world.pass(std::chrono::milliseconds(100));
    }
  }
  EXPECT_GT(forwarded_, 20);
  EXPECT_GT(related_, 5);
}

TEST_P(Explained, IsWhatBecomesOfARealPacket) {
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  Playground playground(GetParam().first, GetParam().second, seed);
  compare(playground);
}

TEST_P(Explained, IsWhatBecomesOfARealPacketWithTwoWorkers) {
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  Playground playground(GetParam().first, GetParam().second, seed, 2);
  compare(playground);
}

TEST_P(Explained, ForeseesThatCapsRefuse) {
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  for (const DropReason reason :
       {DropReason::source_rate_limited, DropReason::connection_rate_limited}) {
    ConnectionsConfig caps;
    (reason == DropReason::source_rate_limited ? caps.new_per_second_and_source
                                               : caps.new_per_second) = 2;
    Playground playground(GetParam().first, GetParam().second, seed, 2, 8192, caps);
    compare(playground);
    EXPECT_GT(dropped_[reason], 0);
  }
}

TEST_P(Explained, ForeseesThatTheTableIsFull) {
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  Playground playground(GetParam().first, GetParam().second, seed, 2, 3);
  compare(playground);
  const int refused = dropped_[DropReason::connection_table_full];
  EXPECT_GT(evicted(playground.world()) + static_cast<unsigned>(refused), 0u);
}

}  // namespace
}  // namespace portico
