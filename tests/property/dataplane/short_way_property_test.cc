// Packets of a connection that knows its way take the short way (stage/forward_established.h),
// which does what the stages do. Two gateways get the same bursts, one after the other; the routes
// of one change before each of them, so that no connection knows its way there and every packet
// goes through all stages. What the two send, drop, count and remember is the same.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/property/dataplane/playground.h"
#include "tests/support/property_seed.h"

namespace portico {
namespace {

class ShortWay : public DataPlaneProperty {};
INSTANTIATE_TEST_SUITE_P(All, ShortWay, DataPlaneProperty::all(), DataPlaneProperty::name);

struct Arrival {
  std::string port;
  std::string frame;
};

template <typename T, std::size_t N>
T any(const T (&values)[N], Playground& playground) {
  return values[playground.below(N)];
}

// Of few connections, most of them alive; a reply to what an endpoint has seen, if there is any.
FrameSpec random_packet(Playground& playground, const std::string& port,
                        const std::vector<FrameSpec>& seen) {
  static const std::string kClients[] = {"client", "client2"};
  static const std::string kTargets[] = {"vip", "vip2"};
  constexpr std::uint8_t kFlags[] = {0x02, 0x10, 0x10, 0x10, 0x10, 0x18, 0x12, 0x11, 0x04, 0x14};
  constexpr std::uint8_t kChunks[] = {1, 1, 2, 0, 10, 11, 7};
  constexpr std::uint8_t kTtls[] = {64, 64, 64, 64, 64, 255, 2, 1};
  FrameSpec spec;
  if (port == "downlink") {
    const FrameSpec& last = seen[playground.below(static_cast<unsigned>(seen.size()))];
    spec = playground.data(port, playground.world().name(last.destination), last.destination_port,
                           last.source, last.source_port);
  } else {
    spec = playground.data(port, any(kClients, playground),
                           static_cast<std::uint16_t>(1 + playground.below(4)),
                           playground.world().address(any(kTargets, playground)), 80);
  }
  spec.tcp_flags = any(kFlags, playground);
  if (spec.protocol == Protocol::kSctp) spec.sctp_chunks = {any(kChunks, playground)};
  spec.ttl = any(kTtls, playground);
  spec.sequence =
      playground.below(4) == 0 ? static_cast<std::uint32_t>(playground.random()()) : spec.sequence;
  spec.payload = static_cast<std::uint16_t>(playground.below(1500));
  spec.options = playground.below(8) == 0;
  spec.padding = static_cast<std::uint16_t>(playground.below(2) * playground.below(64));
  constexpr FrameSpec::Checksum kChecksums[] = {
      FrameSpec::Checksum::kRight, FrameSpec::Checksum::kRight, FrameSpec::Checksum::kWrong};
  spec.checksum = any(kChecksums, playground);
  if (spec.protocol == Protocol::kUdp && playground.below(8) == 0) {
    spec.checksum = FrameSpec::Checksum::kZero;
  }
  return spec;
}

// SYNs come first. One that reopens a closed connection takes it away from those packets of the
// burst that came before it and went through the stages, too (find_connection); not from those that
// went the short way.
std::vector<Arrival> random_burst(Playground& playground, const std::vector<FrameSpec>& seen) {
  std::vector<Arrival> burst;
  for (unsigned left = 1 + playground.below(8); left > 0; --left) {
    const std::string port = !seen.empty() && playground.below(2) == 0 ? "downlink" : "uplink";
    const FrameSpec spec = random_packet(playground, port, seen);
    const bool is_first = spec.tcp_flags == 0x02;
    burst.insert(is_first ? burst.begin() : burst.end(), {port, build_frame(spec)});
  }
  return burst;
}

// All come in one burst a port.
Outcome exchange_burst(Playground& playground, const std::vector<Arrival>& burst) {
  for (const Arrival& one : burst) {
    playground.world().io().arrive(playground.world().port(one.port), one.frame);
  }
  return playground.settle();
}

// A route that nobody needs comes or goes: all ways have to be looked up again.
void change_routes(World& world, bool there) {
  const IpPrefix prefix =
      *IpPrefix::parse(world.family() == Family::kIpv4 ? "203.0.113.0/24" : "2001:db8:ff::/64");
  TableChange change;
  if (there) {
    change.set_routes = {{prefix, world.address("node1"), std::nullopt}};
  } else {
    change.deleted_routes = {prefix};
  }
  ASSERT_TRUE(world.gateway().apply(change).ok());
}

std::vector<std::string> connections(World& world) {
  std::vector<std::string> all;
  const absl::Status status = world.gateway().visit_connections({}, [&](const ConnectionInfo& one) {
    all.push_back(absl::StrCat(
        one.client_address.to_string(), ":", one.client_port.host(), " ",
        one.service_address.to_string(), " by ", one.source_address.to_string(), " to ",
        one.endpoint_address.to_string(), " ", one.state, " ", one.idle.count(), " ",
        one.expires_in.count(), " ", one.packets_to_endpoint, " ", one.packets_from_endpoint));
    return true;
  });
  EXPECT_TRUE(status.ok()) << status;
  std::sort(all.begin(), all.end());
  return all;
}

void tell_endpoints(World& world, std::string& text) {
  for (const char* service : {"vip", "vip2"}) {
    for (const EndpointCounters& one : world.gateway().endpoint_counters(service)) {
      absl::StrAppend(&text, service, " ", one.packets_to_endpoint, " ", one.bytes_to_endpoint, " ",
                      one.packets_from_endpoint, " ", one.bytes_from_endpoint, "\n");
    }
  }
}

// A frame without the source port that the gateway has drawn by lot.
std::string tell(const World& world, const MemoryIo::Sent& sent) {
  ReadFrame out = read_frame(sent.frame);
  if (out.spec.source == world.address("gw")) out.spec.source_port = 0;
  return absl::StrCat(world.port_name(sent.port), " ", out.spec.source_mac.to_string(), " ",
                      out.spec.destination_mac.to_string(), " ", out.spec.to_string(), " ",
                      out.spec.payload, " bytes, checksum ", static_cast<int>(out.spec.checksum),
                      out.error, out.payload_is_pattern ? "" : ", payload changed", "\n");
}

// What has come of a burst, and what is remembered.
std::string tell(World& world, const Outcome& outcome) {
  std::string text;
  for (const MemoryIo::Sent& sent : outcome.sent) {
    absl::StrAppend(&text, tell(world, sent));
  }
  for (const DropReason reason : outcome.drops) absl::StrAppend(&text, to_string(reason), "\n");
  for (const DropReason reason : outcome.refusals) absl::StrAppend(&text, to_string(reason), "\n");
  for (const std::string& connection : connections(world)) {
    absl::StrAppend(&text, connection, "\n");
  }
  tell_endpoints(world, text);
  return text;
}

// What comes of each of a series of bursts.
std::vector<std::string> history(Playground& playground, bool routes_change) {
  std::vector<std::string> told;
  std::vector<FrameSpec> seen;  // by endpoints
  for (int i = 0; i < 1000; ++i) {
    const std::vector<Arrival> burst = random_burst(playground, seen);
    if (routes_change) change_routes(playground.world(), i % 2 == 0);
    const Outcome outcome = exchange_burst(playground, burst);
    for (const MemoryIo::Sent& sent : outcome.sent) {
      if (playground.world().port_name(sent.port) != "downlink" || seen.size() == 64) continue;
      const FrameSpec spec = read_frame(sent.frame).spec;
      if (spec.kind == FrameKind::kData) seen.push_back(spec);
    }
    told.push_back(tell(playground.world(), outcome));
    if (playground.below(4) == 0) {
      playground.world().pass(std::chrono::milliseconds(playground.below(2000)));
    }
  }
  return told;
}

TEST_P(ShortWay, DoesWhatTheStagesDo) {
  const std::uint64_t seed = property_seed();
  SCOPED_TRACE(how_to_repeat(seed));
  for (const std::uint16_t workers : {std::uint16_t{1}, std::uint16_t{2}}) {
    const auto told = [&](bool routes_change) {
      Playground playground(GetParam().first, GetParam().second, seed, workers, 256);
      return history(playground, routes_change);
    };
    const std::vector<std::string> expected = told(true), short_way = told(false);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(short_way[i], expected[i]) << "burst " << i << ", " << workers << " workers";
    }
  }
}

}  // namespace
}  // namespace portico
