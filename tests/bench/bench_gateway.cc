#include "tests/bench/bench_gateway.h"

#include <algorithm>
#include <cstdlib>
#include <random>

#include "tests/support/packet/frame.h"

namespace portico {
namespace {

constexpr MacAddress kPortMac{{2, 0, 0, 0, 0, 1}};
constexpr MacAddress kHostMac{{2, 0, 0, 0, 0, 2}};
constexpr std::uint8_t kAck = 0x10;

IpAddress one_of(Family family, const char* v4, const char* v6) {
  return *IpAddress::parse(family == Family::kIpv4 ? v4 : v6);
}

// The n-th client's address and port, 60,000 ports an address.
IpAddress client(Family family, std::uint32_t n) {
  std::string text = family == Family::kIpv4 ? "10.20." : "2001:db8:20::";
  const std::uint32_t host = 10 + n / 60000;
  text += family == Family::kIpv4
              ? std::to_string(host / 250) + "." + std::to_string(host % 250 + 1)
              : std::to_string(host);
  return *IpAddress::parse(text);
}

std::string frame(Family family, Protocol protocol, std::uint32_t n) {
  FrameSpec spec;
  spec.protocol = protocol;
  spec.tcp_flags = kAck;
  spec.source_mac = kHostMac;
  spec.destination_mac = kPortMac;
  spec.source = client(family, n);
  spec.source_port = static_cast<std::uint16_t>(1024 + n % 60000);
  spec.destination = one_of(family, "10.100.3.59", "2001:db8:100::59");
  spec.destination_port = 80;
  std::string bytes = build_frame(spec);
  if (bytes.size() < 60) bytes.resize(60);
  return bytes;
}

}  // namespace

std::vector<std::string> bench_frames(Family family, Protocol protocol, std::uint32_t count) {
  std::vector<std::string> frames;
  for (std::uint32_t n = 0; n < count; ++n) frames.push_back(frame(family, protocol, n));
  std::shuffle(frames.begin(), frames.end(), std::mt19937(1));
  return frames;
}

BenchGateway::BenchGateway(Family family, Protocol protocol, std::uint32_t connections,
                           ReplayIo& io, const TimeoutConfig& timeouts)
    : family_(family), protocol_(protocol), io_(io) {
  GatewayConfig made = config(connections);
  made.timeouts = timeouts;
  Gateway::Options options;
  options.seed = 1;
  gateway_ = *Gateway::create(made, {make_port({0}, made.ports[0], kPortMac)}, io_, options);
  add_routes();
  add_service();
  resolve_next_hop();
}

void BenchGateway::establish(std::uint32_t flows) {
  io_.replay(bench_frames(family_, protocol_, flows));
  for (std::uint32_t n = 0; n < flows; n += kBurstSize) poll();
}

IpAddress BenchGateway::address(const char* v4, const char* v6) const {
  return one_of(family_, v4, v6);
}

GatewayConfig BenchGateway::config(std::uint32_t connections) const {
  GatewayConfig config;
  PortConfig port;
  port.name = "port0";
  port.uplink = port.downlink = true;
  port.addresses = {
      {address("10.12.22.1", "2001:db8:12::1"), family_ == Family::kIpv4 ? 24u : 64u}};
  config.ports = {port};
  config.capacity.connections = connections;
  config.capacity.endpoints = 64;
  config.capacity.frontends = 64;
  config.capacity.neighbors = 16;
  config.capacity.routes = 64;
  config.connections.midstream_pickup = true;
  // Enough source addresses for all flows towards three endpoints.
  for (std::uint32_t i = 0; i < 32; ++i) {
    config.snat.addresses.push_back(address(("10.12.23." + std::to_string(i + 1)).c_str(),
                                            ("2001:db8:13::" + std::to_string(i + 1)).c_str()));
  }
  return config;
}

void BenchGateway::add_routes() {
  TableChange change;
  const bool is_v4 = family_ == Family::kIpv4;
  for (const char* prefix : {is_v4 ? "192.168.0.0/16" : "2001:db8:1::/64",    // endpoints
                             is_v4 ? "10.20.0.0/16" : "2001:db8:20::/64"}) {  // clients
    change.set_routes.push_back(
        {*IpPrefix::parse(prefix), address("10.12.22.151", "2001:db8:12::151"), std::nullopt});
  }
  if (!gateway_->apply(change).ok()) std::abort();
}

// The first packet asks for the next hop, which answers.
void BenchGateway::resolve_next_hop() {
  io_.replay(bench_frames(family_, protocol_, 1));
  poll();
  gateway_->slow_path().poll(now_);
  FrameSpec answer;
  answer.kind = FrameKind::kAnswer;
  answer.source = address("10.12.22.151", "2001:db8:12::151");
  answer.destination = address("10.12.22.1", "2001:db8:12::1");
  answer.source_mac = kHostMac;
  answer.destination_mac = kPortMac;
  io_.replay({build_frame(answer)});
  poll();
  gateway_->slow_path().poll(now_);
  end_connections();
}

void BenchGateway::add_service() {
  ServicePort service;
  service.id = "default/web:/" + std::string(family_ == Family::kIpv4 ? "IPv4" : "IPv6");
  service.family = family_;
  service.protocol = protocol_;
  service.frontends = {{address("10.100.3.59", "2001:db8:100::59"), L4Port::from_host(80),
                        FrontendKind::kClusterIp}};
  for (const char* host : {"3", "4", "5"}) {
    Endpoint endpoint;
    endpoint.address = address(("192.168.1." + std::string(host)).c_str(),
                               ("2001:db8:1::" + std::string(host)).c_str());
    endpoint.port = L4Port::from_host(8080);
    service.endpoints.push_back(endpoint);
  }
  TableChange change;
  change.set_service_ports = {service};
  if (!gateway_->apply(change).ok()) std::abort();
}

}  // namespace portico
