#pragma once

// The gateway of the scenario with everything around it, in memory and with a clock that the test
// moves: hosts have names, and neighbors answer when they are asked.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/runtime/gateway.h"
#include "tests/support/packet/frame.h"
#include "tests/support/packet/memory_io.h"
#include "tests/support/packet/memory_kernel.h"

namespace portico {

class World {
 public:
  struct Settings {
    GatewayConfig config;  // ports and routes are filled in
    std::uint16_t workers = 1;
    bool one_armed = false;
    bool neighbors_answer = true;
    std::optional<std::uint16_t> uplink_vlan;
    std::uint32_t uplink_mtu = 1500;
    // One device: the uplink has uplink_vlan, the downlink this tag; 0: untagged.
    std::optional<std::uint16_t> stick_vlan;
    bool uplink_addresses = true;                            // false: the uplink has none
    std::map<std::string, std::uint32_t> kernel_interfaces;  // port -> packets a second
  };

  World(Family family, const Settings& settings);

  // "client", "vip", "pod1", ...; or an address as text. Dies on an unknown name.
  IpAddress address(const std::string& name) const;
  static IpAddress address(Family family, const std::string& name);
  std::string name(const IpAddress& address) const;
  static MacAddress mac(const std::string& host);  // of a host by its name, of a port by its name
  PortId port(const std::string& name) const;
  const std::string& port_name(PortId port) const;
  std::optional<std::uint16_t> vlan(PortId port) const;
  // The port that frames for `port` come in by, before anybody has looked at their tags.
  PortId device_of(PortId port) const { return settings_.stick_vlan ? PortId{0} : port; }
  // Who hands frames for `port` over to the gateway from this address: the host itself or the node
  // in front of it.
  std::string host_in_front_of(const IpAddress& address) const;

  Gateway& gateway() { return *gateway_; }
  MemoryIo& io() { return io_; }
  MemoryKernel& kernel() { return kernel_; }
  // What the kernel was given, without the answers of neighbors that answer by themselves.
  std::vector<MemoryKernel::Frame> take_given_to_kernel();
  Family family() const { return family_; }
  std::uint16_t workers() const { return settings_.workers; }

  // Lets everybody work until nothing is left to do. Returns what was sent, without the requests
  // that the neighbors answered by themselves.
  std::vector<MemoryIo::Sent> settle();
  // Lets time pass, in steps of 100 ms.
  void pass(Duration duration);

 private:
  bool answer_by_itself(const MemoryIo::Sent& sent);

  const Family family_;
  Settings settings_;
  std::map<std::string, IpAddress> hosts_;
  MemoryIo io_;
  MemoryKernel kernel_;
  std::unique_ptr<Gateway> gateway_;
  Instant now_ = Instant() + std::chrono::hours(1);
  std::vector<MemoryIo::Sent> sent_while_passing_;
};

// What asks for an explanation of this packet, arriving at `port`.
ExplainRequest explain_request(const std::string& port, const FrameSpec& packet);

}  // namespace portico
