// A flood of SYNs from random sources, some of which the endpoint answers, upon a gateway with
// established connections, through the whole pipeline in memory:
//
//   flood [PACKETS]      default: a million
//
// While it lasts, every packet of every established connection must be translated; afterwards new
// connections must be made at once, and memory must be what it was. Prints what it measured; the
// exit status is 1 if any of that does not hold.

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <random>

#include "dataplane/runtime/gateway.h"
#include "tests/support/eal_environment.h"
#include "tests/support/packet/frame.h"

namespace portico {
namespace {

constexpr MacAddress kPortMac{{2, 0, 0, 0, 0, 1}};
constexpr MacAddress kHostMac{{2, 0, 0, 0, 0, 2}};
constexpr std::uint32_t kCapacity = 1u << 17;
constexpr std::uint32_t kEstablished = 20000;

using Frame = std::array<std::uint8_t, 60>;
enum Offset { kIpChecksum = 24, kSource = 26, kDestination = 30, kPorts = 34, kFlags = 47 };

std::uint32_t word_at(const std::uint8_t* bytes) {
  std::uint32_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// PacketIo with frames of one size in a few buffers: what `next` gives arrives, `sent` sees what
// leaves.
class FloodIo : public PacketIo {
 public:
  std::function<bool(Frame&)> next;
  std::function<void(const std::uint8_t*)> sent = [](const std::uint8_t*) {};

  std::size_t port_count() const noexcept override { return 1; }
  void receive(WorkerId, PortId port, Burst& burst) noexcept override {
    for (burst.count = 0; burst.count < kBurstSize; ++burst.count) {
      Frame frame;
      if (!next(frame)) break;
      std::uint8_t* const data = buffers_[burst.count].data() + kHeadroom;
      std::memcpy(data, frame.data(), frame.size());
      view(data, burst.packets[burst.count]);
      burst.packets[burst.count].in_port = port;
    }
  }
  std::size_t send(WorkerId, PortId, Packet* const* packets, std::size_t count) noexcept override {
    for (std::size_t i = 0; i < count; ++i) sent(packets[i]->data);
    return count;
  }
  void free(Packet* const*, std::size_t) noexcept override {}
  void open(void* handle, Packet& packet) noexcept override {
    view(static_cast<std::uint8_t*>(handle), packet);
  }
  void close(Packet&) noexcept override {}
  void complete(Packet&) noexcept override {}
  Reassembly reassemble(WorkerId, Packet&, Instant) noexcept override { return {}; }
  std::uint32_t expire_fragments(WorkerId, Instant) noexcept override { return 0; }
  bool allocate(std::uint32_t length, Packet& packet) noexcept override {
    view(spare_.data() + kHeadroom, packet);
    packet.length = packet.contiguous = length;
    return true;
  }

 private:
  static constexpr std::uint16_t kHeadroom = 128;
  static void view(std::uint8_t* data, Packet& packet) noexcept {
    packet = Packet();
    packet.data = data;
    packet.handle = data;
    packet.length = packet.contiguous = sizeof(Frame);
    packet.headroom = kHeadroom;
  }

  using Buffer = std::array<std::uint8_t, 512>;
  alignas(64) std::array<Buffer, kBurstSize> buffers_{};
  Buffer spare_{};
};

Frame build(const FrameSpec& spec) {
  std::string bytes = build_frame(spec);
  bytes.resize(sizeof(Frame));
  Frame frame;
  std::memcpy(frame.data(), bytes.data(), frame.size());
  return frame;
}

// From this source; the checksum of the IP header is made right, that of TCP is not looked at.
void set_source(Frame& frame, std::uint32_t address, std::uint16_t port) {
  std::memcpy(&frame[kSource], &address, sizeof address);
  std::memcpy(&frame[kPorts], &port, sizeof port);
  frame[kIpChecksum] = frame[kIpChecksum + 1] = 0;
  std::uint32_t sum = 0;
  for (std::size_t at = 14; at < 34; at += 2) sum += frame[at] * 256u + frame[at + 1];
  sum = (sum & 0xffff) + (sum >> 16);
  sum = ~((sum & 0xffff) + (sum >> 16));
  frame[kIpChecksum] = static_cast<std::uint8_t>(sum >> 8);
  frame[kIpChecksum + 1] = static_cast<std::uint8_t>(sum);
}

// What the endpoint says to a packet that it got.
Frame reply_to(const std::uint8_t* sent, std::uint8_t flags) {
  Frame frame;
  std::memcpy(frame.data(), sent, frame.size());
  std::memcpy(&frame[kSource], sent + kDestination, 4);
  std::memcpy(&frame[kDestination], sent + kSource, 4);
  std::memcpy(&frame[kPorts], sent + kPorts + 2, 2);
  std::memcpy(&frame[kPorts + 2], sent + kPorts, 2);
  std::memcpy(&frame[0], kPortMac.bytes.data(), 6);
  frame[kFlags] = flags;
  return frame;
}

class Flood {
 public:
  Flood() {
    GatewayConfig config;
    PortConfig port;
    port.name = "port0";
    port.uplink = port.downlink = true;
    port.addresses = {{*IpAddress::parse("10.12.22.1"), 24}};
    config.ports = {port};
    config.capacity = {kCapacity, 64, 64, 64, 16};
    for (int i = 1; i <= 4; ++i) {
      config.snat.addresses.push_back(*IpAddress::parse("10.12.23." + std::to_string(i)));
    }
    gateway_ = *Gateway::create(config, {make_port({0}, port, kPortMac)}, io_, Gateway::Options());
    ServicePort service;
    service.id = "default/web:/IPv4";
    service.family = Family::kIpv4;
    service.frontends = {{*IpAddress::parse("10.100.3.59"), L4Port::from_host(80)}};
    for (const char* pod : {"192.168.1.3", "192.168.1.4", "192.168.1.5"}) {
      Endpoint endpoint;
      endpoint.address = *IpAddress::parse(pod);
      endpoint.port = L4Port::from_host(8080);
      service.endpoints.push_back(endpoint);
    }
    TableChange change;
    change.set_service_ports = {service};
    change.set_routes = {{*IpPrefix::parse("0.0.0.0/0"), *IpAddress::parse("10.12.22.151"), {}}};
    if (!gateway_->apply(change).ok()) std::abort();
    FrameSpec spec;
    spec.source_mac = kHostMac;
    spec.destination_mac = kPortMac;
    spec.source = *IpAddress::parse("10.20.0.10");
    spec.destination = *IpAddress::parse("10.100.3.59");
    spec.destination_port = 80;
    spec.source_port = 1;
    spec.tcp_flags = 0x02;
    syn_ = build(spec);
    resolve_next_hop();
  }

  // Three packets; true when the endpoint has got the first and the client the answer.
  bool handshake(std::uint32_t n) {
    std::vector<Frame> seen;
    io_.sent = [&](const std::uint8_t* frame) {
      Frame copy;
      std::memcpy(copy.data(), frame, copy.size());
      seen.push_back(copy);
    };
    pass({client_frame(n, 0x02)});
    if (seen.size() != 1) return false;
    pass({reply_to(seen[0].data(), 0x12)});
    if (seen.size() != 2 ||
        word_at(&seen[1][kDestination]) != word_at(&client_frame(n, 0)[kSource])) {
      return false;
    }
    pass({client_frame(n, 0x10)});
    return seen.size() == 3;
  }

  // Whether each packet of the established connections was forwarded.
  bool flood(std::uint64_t packets) {
    std::mt19937_64 random(1);
    std::uint64_t syns = 0, asked = 0, forwarded = 0, count = 0;
    std::vector<Frame> answers;
    io_.sent = [&](const std::uint8_t* frame) {
      if (frame[kFlags] == 0x10) ++forwarded;
      if (frame[kFlags] == 0x02 && syns % 8 == 0) answers.push_back(reply_to(frame, 0x12));
    };
    io_.next = [&](Frame& frame) {
      if (count++ % 32 == 31) {
        frame = client_frame(static_cast<std::uint32_t>(asked++ % kEstablished), 0x10);
      } else if (!answers.empty()) {
        frame = answers.back();
        answers.pop_back();
      } else {
        frame = syn_;
        const std::uint64_t any = random();
        // 32.0.0.0/3: neither ours nor reserved, but for a little.
        const std::uint32_t host = (static_cast<std::uint32_t>(any) & 0xffffff1fu) | 0x20u;
        set_source(frame, host, static_cast<std::uint16_t>(any >> 32 | 1));
        ++syns;
      }
      return true;
    };
    while (syns < packets) poll(std::chrono::microseconds(32));
    std::printf("%llu SYNs; established: %llu of %llu packets forwarded\n",
                static_cast<unsigned long long>(syns), static_cast<unsigned long long>(forwarded),
                static_cast<unsigned long long>(asked));
    return forwarded == asked;
  }

  WorkerCounters counters() { return gateway_->worker_counters()[0]; }

 private:
  Frame client_frame(std::uint32_t n, std::uint8_t flags) {
    Frame frame = syn_;
    frame[kFlags] = flags;
    const std::uint32_t address = 0x0a + (0x14u << 8) + ((n / 50000 + 1) << 24);
    set_source(frame, address, __builtin_bswap16(static_cast<std::uint16_t>(1024 + n % 50000)));
    return frame;
  }
  void pass(std::vector<Frame> frames) {
    std::size_t at = 0;
    io_.next = [&](Frame& frame) {
      if (at == frames.size()) return false;
      frame = frames[at++];
      return true;
    };
    poll(std::chrono::microseconds(1));
  }
  void poll(Duration duration) {
    now_ += duration;
    gateway_->worker({0}).poll(now_);
  }
  void resolve_next_hop() {
    pass({client_frame(0, 0x02)});
    gateway_->slow_path().poll(now_);
    FrameSpec answer;
    answer.kind = FrameKind::kAnswer;
    answer.source = *IpAddress::parse("10.12.22.151");
    answer.destination = *IpAddress::parse("10.12.22.1");
    answer.source_mac = kHostMac;
    answer.destination_mac = kPortMac;
    pass({build(answer)});
    gateway_->slow_path().poll(now_);
    pass({});
    static_cast<void>(gateway_->delete_connections({}));
  }

  FloodIo io_;
  std::unique_ptr<Gateway> gateway_;
  Instant now_ = Instant() + std::chrono::hours(1);
  Frame syn_{};
};

std::uint64_t resident_kilobytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

bool run(std::uint64_t packets) {
  Flood flood;
  for (std::uint32_t n = 0; n < kEstablished; ++n) {
    if (!flood.handshake(n)) return std::printf("connection %u was not made\n", n), false;
  }
  if (!flood.flood(kCapacity)) return false;  // every page has been touched
  const std::uint64_t before = resident_kilobytes();
  const auto begin = std::chrono::steady_clock::now();
  const bool unharmed = flood.flood(packets);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const std::uint64_t after = resident_kilobytes();
  const WorkerCounters counters = flood.counters();
  std::printf("%.1f s, %.2f M SYNs/s; resident %llu KB before, %llu KB after\n", took.count(),
              static_cast<double>(packets) / took.count() / 1e6,
              static_cast<unsigned long long>(before), static_cast<unsigned long long>(after));
  std::printf("connections: %llu made, %llu evicted, %llu expired; %llu packets dropped\n",
              static_cast<unsigned long long>(counters.connections_made),
              static_cast<unsigned long long>(counters.connections_evicted),
              static_cast<unsigned long long>(counters.connections_expired),
              static_cast<unsigned long long>(counters.dropped));
  if (!unharmed || after > before + 2048) return false;
  for (std::uint32_t n = kEstablished; n < kEstablished + 5000; ++n) {
    if (!flood.handshake(n)) return std::printf("afterwards, connection %u failed\n", n), false;
  }
  return true;
}

}  // namespace
}  // namespace portico

int main(int argc, char** argv) {
  const std::uint64_t packets = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000000;
  portico::start_eal();
  return portico::run(packets) ? 0 : 1;
}
