#include "tests/support/packet/world.h"

#include <gtest/gtest.h>

namespace portico {
namespace {

struct Host {
  const char* name;
  const char* v4;
  const char* v6;
};
constexpr Host kHosts[] = {
    {"client", "10.20.0.10", "2001:db8:20::10"},
    {"client2", "10.20.0.11", "2001:db8:20::11"},
    {"gwup", "10.20.0.1", "2001:db8:20::1"},
    {"gw", "10.12.22.1", "2001:db8:12::1"},
    {"vip", "10.100.3.59", "2001:db8:100::59"},
    {"vip2", "10.100.3.60", "2001:db8:100::60"},
    {"nodeclient", "10.12.22.10", "2001:db8:12::10"},
    {"node1", "10.12.22.151", "2001:db8:12::151"},
    {"node2", "10.12.22.152", "2001:db8:12::152"},
    {"pod1", "192.168.1.3", "2001:db8:1::3"},
    {"pod2", "192.168.1.4", "2001:db8:1::4"},
    {"pod3", "192.168.2.4", "2001:db8:2::4"},
    {"link1", "169.254.0.1", "fe80::1"},
    {"link2", "169.254.0.2", "fe80::2"},
    {"routers", "224.0.0.5", "ff02::5"},
    {"lost", "172.16.0.1", "2001:db8:ffff::1"},  // no route leads there
};

IpAddress parse(const std::string& text) {
  const absl::StatusOr<IpAddress> address = IpAddress::parse(text);
  if (!address.ok()) throw std::invalid_argument("unknown host or address " + text);
  return *address;
}

Route route(const std::string& prefix, const std::string& gateway) {
  return {*IpPrefix::parse(prefix), parse(gateway), std::nullopt};
}

PortConfig port_config(const std::string& name, bool uplink, bool downlink) {
  PortConfig port;
  port.name = name;
  port.uplink = uplink;
  port.downlink = downlink;
  return port;
}

void add_addresses(PortConfig& port, const std::string& v4, const std::string& v6) {
  port.addresses.push_back({parse(v4), 24});
  port.addresses.push_back({parse(v6), 64});
}

GatewayConfig complete(World::Settings& settings) {
  GatewayConfig config = settings.config;
  PortConfig uplink = port_config("uplink", true, settings.one_armed);
  PortConfig downlink = port_config("downlink", false, true);
  uplink.vlan = settings.uplink_vlan;
  uplink.mtu = settings.uplink_mtu;
  if (settings.stick_vlan) {
    uplink.device = downlink.device = "stick";
    if (*settings.stick_vlan != 0) downlink.vlan = settings.stick_vlan;
  }
  if (settings.one_armed) {
    add_addresses(uplink, "10.12.22.1", "2001:db8:12::1");
  } else {
    if (settings.uplink_addresses) add_addresses(uplink, "10.20.0.1", "2001:db8:20::1");
    add_addresses(downlink, "10.12.22.1", "2001:db8:12::1");
    if (!config.ports.empty()) downlink.mtu = config.ports[0].mtu;  // `mtu N` of a conversation
  }
  config.ports = {uplink};
  if (!settings.one_armed) config.ports.push_back(downlink);
  for (PortConfig& port : config.ports) {
    const auto at = settings.kernel_interfaces.find(port.name);
    if (at == settings.kernel_interfaces.end()) continue;
    port.kernel = KernelInterfaceConfig{"pt-" + port.name, true, at->second};
  }
  for (const auto& [prefix, gateway] :
       {std::pair("192.168.1.0/24", "10.12.22.151"), std::pair("192.168.2.0/24", "10.12.22.152"),
        std::pair("2001:db8:1::/64", "2001:db8:12::151"),
        std::pair("2001:db8:2::/64", "2001:db8:12::152")}) {
    config.routes.push_back(route(prefix, gateway));
  }
  return config;
}

PortTable port_table(const GatewayConfig& config, const World::Settings& settings) {
  return make_port_table(config.ports, [&](PortId id) {
    return World::mac(settings.stick_vlan ? "uplink" : config.ports[id.value].name);
  });
}

}  // namespace

World::World(Family family, const Settings& settings)
    : family_(family),
      settings_(settings),
      io_(settings.one_armed ? 1 : 2, settings.config.fragments),
      kernel_(io_.port_count()) {
  for (const Host& host : kHosts) hosts_[host.name] = address(family, host.name);
  settings_.config = complete(settings_);
  Gateway::Options options;
  options.workers = settings_.workers;
  options.seed = 1;
  if (!settings_.kernel_interfaces.empty()) options.kernel = &kernel_;
  auto gateway = Gateway::create(settings_.config, port_table(settings_.config, settings_), io_,
                                 std::move(options));
  if (!gateway.ok()) throw std::runtime_error(std::string(gateway.status().message()));
  gateway_ = *std::move(gateway);
}

IpAddress World::address(Family family, const std::string& name) {
  for (const Host& host : kHosts) {
    if (host.name == name) return parse(family == Family::kIpv4 ? host.v4 : host.v6);
  }
  return parse(name);
}

IpAddress World::address(const std::string& name) const {
  return address(family_, name);
}

std::string World::name(const IpAddress& address) const {
  for (const auto& [name, host] : hosts_) {
    if (host == address) return name;
  }
  return address.to_string();
}

MacAddress World::mac(const std::string& host) {
  std::uint8_t sum = 0;
  for (const char c : host) sum = static_cast<std::uint8_t>(sum * 31 + c);
  return {{0x02, 0xab, static_cast<std::uint8_t>(host.size()), 0, 0, sum}};
}

PortId World::port(const std::string& name) const {
  for (std::size_t i = 0; i < settings_.config.ports.size(); ++i) {
    if (settings_.config.ports[i].name == name) return {static_cast<std::uint16_t>(i)};
  }
  throw std::invalid_argument("there is no port " + name);
}

const std::string& World::port_name(PortId port) const {
  return settings_.config.ports[port.value].name;
}

std::optional<std::uint16_t> World::vlan(PortId port) const {
  return settings_.config.ports[port.value].vlan;
}

std::string World::host_in_front_of(const IpAddress& address) const {
  const std::string host = name(address);
  if (host == "pod1" || host == "pod2") return "node1";
  return host == "pod3" ? "node2" : host;
}

std::vector<MemoryIo::Sent> World::settle() {
  std::vector<MemoryIo::Sent> sent = std::exchange(sent_while_passing_, {});
  for (bool busy = true; busy;) {
    busy = false;
    for (std::uint16_t i = 0; i < settings_.workers; ++i) {
      busy |= gateway_->worker({i}).poll(now_);
    }
    busy |= gateway_->slow_path().poll(now_);
    if (gateway_->kernel_path() != nullptr) busy |= gateway_->kernel_path()->poll(now_);
    for (MemoryIo::Sent& frame : io_.take_sent()) {
      busy = true;
      if (!answer_by_itself(frame)) sent.push_back(std::move(frame));
    }
  }
  return sent;
}

std::vector<MemoryKernel::Frame> World::take_given_to_kernel() {
  std::vector<MemoryKernel::Frame> given = kernel_.take_given();
  std::erase_if(given, [this](const MemoryKernel::Frame& frame) {
    return settings_.neighbors_answer && read_frame(frame.frame).spec.kind == FrameKind::kAnswer;
  });
  return given;
}

bool World::answer_by_itself(const MemoryIo::Sent& sent) {
  const ReadFrame read = read_frame(sent.frame);
  if (!settings_.neighbors_answer || read.spec.kind != FrameKind::kAsk || !read.error.empty()) {
    return false;
  }
  FrameSpec answer;
  answer.kind = FrameKind::kAnswer;
  answer.source = read.spec.destination;
  answer.destination = read.spec.source;
  answer.source_mac = mac(name(answer.source));
  answer.destination_mac = read.spec.source_mac;
  answer.vlan = read.spec.vlan;
  io_.arrive(device_of(sent.port), build_frame(answer));
  return true;
}

void World::pass(Duration duration) {
  constexpr Duration kStep = std::chrono::milliseconds(100);
  for (Duration passed{}; passed < duration; passed += kStep) {
    now_ += kStep;
    sent_while_passing_ = settle();
  }
}

ExplainRequest explain_request(const std::string& port, const FrameSpec& packet) {
  ExplainRequest request;
  request.in_port = port;
  request.protocol = packet.protocol;
  request.source = packet.source;
  request.source_port = L4Port::from_host(packet.source_port);
  request.destination = packet.destination;
  request.destination_port = L4Port::from_host(packet.destination_port);
  request.tcp_flags = packet.tcp_flags;
  if (!packet.sctp_chunks.empty()) request.sctp_chunk = packet.sctp_chunks[0];
  request.ttl = packet.ttl;
  return request;
}

}  // namespace portico
