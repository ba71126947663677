#pragma once

// A gateway and the plain model beside it (service_model.h), led through the same random steps.

#include <deque>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/property/dataplane/playground.h"
#include "tests/property/dataplane/service_model.h"

namespace portico {

struct Step {
  unsigned kind;
  std::array<std::uint32_t, 16> numbers;
};
using Steps = std::vector<Step>;

// Reads a step's numbers one after the other.
class Dice {
 public:
  explicit Dice(const Step& step) : numbers_(step.numbers) {}
  unsigned below(unsigned end) {
    state_ = state_ * 6364136223846793005u + numbers_[next_++ % numbers_.size()] + 1;
    return static_cast<unsigned>((state_ >> 33) % end);
  }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[below(static_cast<unsigned>(from.size()))];
  }

 private:
  const std::array<std::uint32_t, 16>& numbers_;
  std::size_t next_ = 0;
  std::uint64_t state_ = 0;
};

inline const std::vector<std::string> kServices = {"a", "b"};
inline const std::vector<std::string> kClients = {"client", "client2", "pod1", "pod3"};
inline const std::vector<std::string> kPods = {"pod1", "pod2", "pod3"};
inline const std::vector<std::uint16_t> kServicePorts = {80, 443};

class Replay {
 public:
  Replay(Family family, Protocol protocol, bool masquerade_all, std::uint16_t workers)
      : protocol_(protocol),
        settings_(settings(family, masquerade_all, workers)),
        world_(family, settings_),
        model_(protocol, settings_.config, world_.address("gw")) {}

  // What went wrong, if anything. `at` is where.
  std::optional<std::string> play(const Steps& steps, std::size_t& at) {
    for (at = 0; at < steps.size(); ++at) {
      Dice dice(steps[at]);
      step(steps[at].kind, dice);
      if (!wrong_.empty()) return wrong_;
    }
    return std::nullopt;
  }
  const std::deque<std::string>& story() const { return story_; }

 private:
  static World::Settings settings(Family family, bool masquerade_all, std::uint16_t workers) {
    World::Settings settings;
    settings.config.capacity.connections = 4096;
    settings.config.capacity.frontends = 64;
    settings.config.capacity.endpoints = 256;
    settings.config.capacity.routes = 64;
    settings.config.capacity.neighbors = 32;
    settings.workers = workers;
    settings.config.snat.masquerade_all = masquerade_all;
    for (const char* cidr : {"192.168.0.0/16", "2001:db8:1::/64", "2001:db8:2::/64"}) {
      const IpPrefix prefix = *IpPrefix::parse(cidr);
      if (prefix.family() == family) settings.config.snat.cluster_cidrs.push_back(prefix);
    }
    return settings;
  }

  void step(unsigned kind, Dice& dice) {
    if (kind < 8) return set_service(dice);
    if (kind < 10) return erase_service(dice);
    if (kind < 16) return pass(dice);
    if (kind < 60) return from_client(dice);
    return from_endpoint(dice);
  }

  void tell(const std::string& line) { story_.push_back(line); }
  void fail(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }

  // The addresses of Service "a" are its own; "b" has the other one.
  void set_service(Dice& dice) {
    ServicePort port;
    port.id = dice.pick(kServices);
    port.service = "default/" + port.id;
    port.family = world_.family();
    port.protocol = protocol_;
    const std::string vip = port.id == "a" ? "vip" : "vip2";
    for (const std::uint16_t number : kServicePorts) {
      if (number == 443 && dice.chance(70)) continue;
      port.frontends.push_back(frontend(world_.address(vip), number, dice));
    }
    for (const std::string& pod : kPods) {
      if (dice.chance(30)) continue;
      port.endpoints.push_back(endpoint(pod, dice));
    }
    constexpr Selection kSelections[] = {Selection::kRandom, Selection::kMaglev,
                                         Selection::kRoundRobin, Selection::kLeastConnections};
    port.selection = kSelections[dice.below(4)];
    if (dice.chance(30)) port.client_affinity = std::chrono::seconds(1 + dice.below(200));
    TableChange change;
    change.set_service_ports = {port};
    tell(absl::StrCat("set ", describe(port)));
    const absl::Status status = world_.gateway().apply(change);
    if (!status.ok()) fail(std::string(status.message()));
    model_.set(port);
  }

  Frontend frontend(const IpAddress& address, std::uint16_t number, Dice& dice) {
    constexpr FrontendKind kKinds[] = {FrontendKind::kClusterIp, FrontendKind::kExternalIp,
                                       FrontendKind::kLoadBalancerIp};
    constexpr SourceAddress kSources[] = {SourceAddress::kMasquerade, SourceAddress::kPreserve,
                                          SourceAddress::kMasqueradeOffCluster};
    Frontend frontend;
    frontend.address = address;
    frontend.port = L4Port::from_host(number);
    frontend.kind = kKinds[dice.below(3)];
    if (dice.chance(30)) frontend.policy = TrafficPolicy::kLocal;
    frontend.source_address = kSources[dice.below(3)];
    if (dice.chance(20)) {
      const IpAddress client = world_.address(dice.pick(kClients));
      frontend.source_ranges = {IpPrefix::of(client, client.bits() - dice.below(16))};
    }
    return frontend;
  }

  Endpoint endpoint(const std::string& pod, Dice& dice) {
    Endpoint endpoint;
    endpoint.address = world_.address(pod);
    endpoint.port = L4Port::from_host(8080);
    endpoint.identity = absl::StrCat(pod, "-", dice.below(4) / 3);  // another Pod, now and then
    endpoint.accepts_new = dice.chance(80);
    endpoint.accepts_new_local = dice.chance(40);
    if (dice.chance(20)) endpoint.weight = dice.below(4);
    if (dice.chance(20)) endpoint.max_connections = 1 + dice.below(4);
    return endpoint;
  }

  std::string describe(const ServicePort& port) const {
    std::string text = port.id;
    for (const Frontend& f : port.frontends) {
      absl::StrAppend(&text, " ", to_string(f.address, f.port), " kind ", int(f.kind), " policy ",
                      int(f.policy), " source ", int(f.source_address));
      for (const IpPrefix& range : f.source_ranges) absl::StrAppend(&text, " ", range.to_string());
    }
    absl::StrAppend(&text, " selection ", int(port.selection), " ->");
    for (const Endpoint& e : port.endpoints) {
      absl::StrAppend(&text, " ", e.identity, " ", e.accepts_new ? "new" : "",
                      e.accepts_new_local ? "local" : "", " weight ", e.weight, " limit ",
                      e.max_connections, ";");
    }
    if (port.client_affinity) {
      absl::StrAppend(&text, " affinity ", *port.client_affinity / std::chrono::seconds(1), " s");
    }
    return text;
  }

  void erase_service(Dice& dice) {
    const std::string id = dice.pick(kServices);
    tell("erase " + id);
    TableChange change;
    change.deleted_service_ports = {id};
    const absl::Status status = world_.gateway().apply(change);
    if (!status.ok()) fail(std::string(status.message()));
    model_.erase(id);
  }

  // Whether a connection lives on at the very end of its time is not what this is about.
  void pass(Dice& dice) {
    constexpr int kMost[] = {1, 10, 100, 400};
    const auto most = static_cast<unsigned>(kMost[dice.below(4)]);
    Duration duration = std::chrono::milliseconds(100) * (1 + dice.below(most));
    bool clear = false;
    refusals_since_pass_ = 0;
    do {
      tell(absl::StrCat("pass ", duration / std::chrono::milliseconds(1), " ms"));
      world_.pass(duration);
      clear = model_.pass(duration);
      duration = std::chrono::seconds(1);
    } while (!clear);
    world_.settle();
  }

  Signal signal_from_client(Dice& dice) {
    if (dice.chance(50)) return Signal::kOpen;
    constexpr Signal kSignals[] = {Signal::kData, Signal::kData, Signal::kData, Signal::kClose,
                                   Signal::kReset};
    return kSignals[dice.below(5)];
  }

  static std::uint8_t tcp_flags_of(Signal signal) {
    constexpr std::uint8_t kFlags[] = {0x02, 0x12, 0x10, 0x11, 0x04};
    return kFlags[static_cast<std::size_t>(signal)];
  }

  static const char* sctp_word(bool from_client, Signal signal) {
    switch (signal) {
      case Signal::kOpen:
        return "INIT";
      case Signal::kOpenAnswer:
        return "INIT-ACK";
      case Signal::kData:
        return from_client ? "COOKIE-ECHO,DATA" : "COOKIE-ACK,DATA";
      case Signal::kClose:
        return "SHUTDOWN";
      case Signal::kReset:
        return "ABORT";
    }
    return "";
  }

  FrameSpec frame(const std::string& port, const Socket& from, const Socket& to, Signal signal) {
    FrameSpec spec;
    spec.protocol = protocol_;
    spec.source = from.address;
    spec.source_port = from.port;
    spec.destination = to.address;
    spec.destination_port = to.port;
    spec.source_mac = World::mac(world_.host_in_front_of(spec.source));
    spec.destination_mac = World::mac(port);
    spec.tcp_flags = tcp_flags_of(signal);
    if (protocol_ == Protocol::kSctp)
      spec.sctp_chunks = chunks_of(sctp_word(to.port < 1000, signal));
    return spec;
  }

  void from_client(Dice& dice) {
    const std::string host = dice.pick(kClients);
    const Socket client{world_.address(host), static_cast<std::uint16_t>(2000 + dice.below(6))};
    const std::uint16_t number = dice.chance(5) ? 81 : dice.pick(kServicePorts);
    const Socket service{world_.address(dice.chance(50) ? "vip" : "vip2"), number};
    const Signal signal = signal_from_client(dice);
    const std::string port = host.starts_with("pod") ? "downlink" : "uplink";
    exchange(port, client, service, signal, model_.from_client(client, service, signal));
  }

  void from_endpoint(Dice& dice) {
    if (model_.connections().empty()) return;
    const ServiceModel::Connection connection = dice.pick(model_.connections());
    constexpr Signal kSignals[] = {Signal::kOpenAnswer, Signal::kOpenAnswer, Signal::kData,
                                   Signal::kData,       Signal::kClose,      Signal::kReset};
    const Signal signal = kSignals[dice.below(6)];
    Socket source = connection.source;
    if (dice.chance(3)) source.port = static_cast<std::uint16_t>(source.port ^ 1);
    exchange("downlink", connection.endpoint, source, signal,
             model_.from_endpoint(connection.endpoint, source, signal));
  }

  void exchange(const std::string& port, const Socket& from, const Socket& to, Signal signal,
                const Expectation& wanted) {
    constexpr const char* kNames[] = {"open", "open-answer", "data", "close", "reset"};
    tell(absl::StrCat(port, " ", from.to_string(), " -> ", to.to_string(), " ",
                      kNames[static_cast<std::size_t>(signal)]));
    take_stock();
    world_.io().arrive(world_.port(port), build_frame(frame(port, from, to, signal)),
                       {static_cast<std::uint16_t>(story_.size() % settings_.workers)});
    const std::vector<MemoryIo::Sent> sent = world_.settle();
    const std::map<DropReason, std::uint64_t> before = drops_;
    const std::map<DropReason, std::uint64_t> refused = refusals_;
    take_stock();
    switch (wanted.kind) {
      case Expectation::Kind::kForward:
        return expect_forwarded(sent, wanted.source, wanted.destination);
      case Expectation::Kind::kOpen:
        return expect_opened(sent, from, to, wanted);
      case Expectation::Kind::kRefuse:
        return expect_refused(sent, wanted.reason, before, refused);
      case Expectation::Kind::kDrop:
        if (drops_[wanted.reason] != before_of(before, wanted.reason) + 1 || !sent.empty()) {
          fail(absl::StrCat("should be dropped for ", name_of(wanted.reason)));
        }
        return;
    }
  }

  // The gateway limits its answers, to a number that many steps at one time reach.
  void expect_refused(const std::vector<MemoryIo::Sent>& sent, DropReason reason,
                      const std::map<DropReason, std::uint64_t>& dropped,
                      const std::map<DropReason, std::uint64_t>& refused) {
    constexpr auto kLimited = DropReason::answer_rate_limited;
    constexpr int kBurst = 42;  // what all sources share of 50, state/fair_limit.h
    if (++refusals_since_pass_ > kBurst && sent.empty() &&
        drops_[kLimited] == before_of(dropped, kLimited) + 1) {
      return;
    }
    if (refusals_[reason] != before_of(refused, reason) + 1 || sent.size() != 1) {
      fail(absl::StrCat("should be refused for ", name_of(reason)));
    }
  }

  static std::uint64_t before_of(const std::map<DropReason, std::uint64_t>& counts,
                                 DropReason reason) {
    const auto at = counts.find(reason);
    return at == counts.end() ? 0 : at->second;
  }
  static std::string name_of(DropReason reason) {
    const absl::string_view name = to_string(reason);
    return std::string(name.data(), name.size());
  }

  void take_stock() {
    for (const DropCount& count : world_.gateway().drops()) {
      drops_[count.reason] = count.packets;
      refusals_[count.reason] = count.refused;
    }
  }

  std::optional<FrameSpec> only(const std::vector<MemoryIo::Sent>& sent) {
    if (sent.size() != 1) {
      fail(absl::StrCat(sent.size(), " frames left"));
      return std::nullopt;
    }
    const ReadFrame read = read_frame(sent[0].frame);
    if (!read.error.empty()) fail("what left " + read.error);
    if (read.spec.kind != FrameKind::kData) fail("what left is " + read.spec.to_string());
    if (read.spec.checksum == FrameSpec::Checksum::kWrong) fail("what left has a wrong checksum");
    return read.spec;
  }

  void expect_forwarded(const std::vector<MemoryIo::Sent>& sent, const Socket& source,
                        const Socket& destination) {
    const std::optional<FrameSpec> out = only(sent);
    if (!out) return;
    if (Socket{out->source, out->source_port} != source ||
        Socket{out->destination, out->destination_port} != destination) {
      fail(absl::StrCat("left as ", out->to_string(), ", not as ", source.to_string(), " -> ",
                        destination.to_string()));
    }
  }

  void expect_opened(const std::vector<MemoryIo::Sent>& sent, const Socket& client,
                     const Socket& service, const Expectation& wanted) {
    const std::optional<FrameSpec> out = only(sent);
    if (!out) return;
    const Socket endpoint{out->destination, out->destination_port};
    const Socket source{out->source, out->source_port};
    if (!wanted.choices.contains(endpoint)) {
      fail(absl::StrCat("went to ", endpoint.to_string(), ", which takes no connection of it"));
    }
    // Who reaches himself could not answer himself: masqueraded in any case.
    const bool keeps = wanted.keeps_source && client.address != endpoint.address;
    if (source.address != (keeps ? client.address : world_.address("gw"))) {
      fail(absl::StrCat("left with the source ", source.to_string()));
    }
    for (const ServiceModel::Connection& other : model_.connections()) {
      if (other.endpoint == endpoint && other.source == source) {
        fail(absl::StrCat("its reply can't be told from that to ", other.client.to_string()));
      }
    }
    model_.opened(client, service, endpoint, source);
  }

  const Protocol protocol_;
  World::Settings settings_;
  World world_;
  ServiceModel model_;
  std::string wrong_;
  std::deque<std::string> story_;
  std::map<DropReason, std::uint64_t> drops_, refusals_;
  int refusals_since_pass_ = 0;
};

}  // namespace portico
