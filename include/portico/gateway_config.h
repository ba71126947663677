#pragma once

// How a gateway is set up: what `porticod --config FILE` says, checked, with every default filled
// in. The schema for people is proto/portico/config/v1/config.proto.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "include/portico/ip_address.h"
#include "include/portico/tables.h"
#include "include/portico/time.h"

namespace portico {

// An address of the gateway on a port's link, and how much of it names the link: 10.20.0.1/24.
struct InterfaceAddress {
  IpAddress address;
  unsigned prefix_length = 0;

  IpPrefix subnet() const { return IpPrefix::of(address, prefix_length); }
  friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};

// A Linux network interface beside a port, with its MAC address: through it the kernel gets what is
// addressed to the gateway and is not Portico's (SSH, BGP, OSPF, ...), and answers.
struct KernelInterfaceConfig {
  std::string name;       // "pt-uplink0"
  bool addresses = true;  // porticod gives it the port's addresses; else the operator does
  // How much of it gets through to the kernel, of each class (state/kernel_gate.h).
  std::uint32_t packets_per_second = 10000;
};

struct PortConfig {
  std::string name;
  // A PCI address ("0000:03:00.0") or vdev arguments ("net_af_packet0,iface=up0"). Ports with the
  // same device are told apart by `vlan`.
  std::string device;
  bool uplink = false;    // clients are here: Service addresses are answered for on this link
  bool downlink = false;  // Pods are here
  std::vector<InterfaceAddress> addresses;
  std::uint32_t mtu = 1500;           // bytes, from the IP header on
  std::optional<MacAddress> mac;      // absent: the device's own
  std::optional<std::uint16_t> vlan;  // 1 ... 4094: frames carry this 802.1Q tag; absent: untagged
  std::uint16_t queue_depth = 1024;   // descriptors of each receive and transmit queue
  std::optional<KernelInterfaceConfig> kernel;  // absent: nothing goes to the kernel
};

struct SnatConfig {
  // The addresses that endpoints see; empty: the downlink ports' addresses.
  std::vector<IpAddress> addresses;
  std::uint16_t first_port = 1024;
  std::uint16_t last_port = 65535;
  // Where Pods and nodes are: see SourceAddress::kMasqueradeOffCluster. Empty: nowhere.
  std::vector<IpPrefix> cluster_cidrs;
  // Every client is masqueraded, whatever SourceAddress its frontend has.
  bool masquerade_all = false;
};

// Where Services with node ports are reached. An address may be one of the gateway's own, and a
// SNAT address as well: there the ports from first to last are Services' alone, masquerading leaves
// them out.
struct NodePortConfig {
  std::vector<IpAddress> addresses;  // from a file without any: those of the uplink ports
  std::uint16_t first_port = 30000;
  std::uint16_t last_port = 32767;
};

// Seconds without a packet after which a connection ends. The defaults are Linux conntrack's
// (net.netfilter.nf_conntrack_*), except for established TCP: one day, as kube-proxy sets it.
struct TimeoutConfig {
  Duration tcp_syn_sent = std::chrono::seconds(120);
  Duration tcp_syn_received = std::chrono::seconds(60);
  Duration tcp_established = std::chrono::hours(24);
  Duration tcp_fin_wait = std::chrono::seconds(120);
  Duration tcp_close_wait = std::chrono::hours(1);  // as kube-proxy sets it
  Duration tcp_last_ack = std::chrono::seconds(30);
  Duration tcp_time_wait = std::chrono::seconds(120);
  Duration tcp_close = std::chrono::seconds(10);
  Duration udp_unreplied = std::chrono::seconds(30);
  Duration udp_replied = std::chrono::seconds(30);
  Duration udp_stream = std::chrono::seconds(120);
  Duration sctp_closed = std::chrono::seconds(10);
  Duration sctp_cookie_wait = std::chrono::seconds(3);
  Duration sctp_cookie_echoed = std::chrono::seconds(3);
  Duration sctp_established = std::chrono::seconds(210);
  Duration sctp_shutdown_sent = std::chrono::seconds(3);
  Duration sctp_shutdown_received = std::chrono::seconds(3);
  Duration sctp_shutdown_ack_sent = std::chrono::seconds(3);
  Duration sctp_heartbeat_sent = std::chrono::seconds(30);
};

// What becomes of TCP and SCTP connections whose endpoint is gone: removed, not merely terminating.
enum class EndpointGone : std::uint8_t {
  kKeep,   // they live until they close or are idle for too long
  kReset,  // both ends get a RST (TCP), and they end
  kDrop,   // they end; further packets are of no connection
};

struct ConnectionsConfig {
  // An ACK (TCP), data or a heartbeat (SCTP) for a Service makes a connection where there is none.
  bool midstream_pickup = false;
  EndpointGone when_endpoint_gone = EndpointGone::kKeep;
  bool reset_on_expiry = false;  // both ends of an idle TCP connection that ends get a RST
  // Whether clients are told, by a TCP reset or an ICMP error, that a Service has no endpoint or no
  // such port; false: their packets are dropped in silence.
  bool reject = true;
  // New connections of each worker, and of each source prefix and worker; 0: no cap.
  std::uint32_t new_per_second = 0;
  std::uint32_t new_per_second_and_source = 0;
  unsigned source_prefix_v4 = 32;  // 1 ... 32
  unsigned source_prefix_v6 = 64;  // 1 ... 128
};

// Reserved at start; a full table refuses, it never grows.
struct CapacityConfig {
  std::uint32_t connections = 262144;  // of each family and worker
  std::uint32_t frontends = 65536;     // (address, port, protocol) keys
  std::uint32_t endpoints = 262144;
  std::uint32_t routes = 16384;  // of each family
  std::uint32_t neighbors = 4096;
  std::uint32_t affinity_entries = 65536;  // (client, Service port) with session affinity
};

// Reassembly of fragments. The times are those of Linux (net.ipv4.ipfrag_time, ip6frag_time).
struct FragmentConfig {
  std::uint32_t capacity = 2048;  // fragments that wait, of each family and worker
  Duration ipv4_timeout = std::chrono::seconds(30);
  Duration ipv6_timeout = std::chrono::seconds(60);  // RFC 8200 section 4.5
};

enum class Hugepages : std::uint8_t { kAuto, kAlways, kNever };

struct WorkersConfig {
  // 0: one less than there are cores, at least one. Workers take the last cores; the control
  // threads stay on the first.
  std::uint16_t count = 0;
  std::vector<unsigned> cores;  // if not empty, exactly one core a worker
  // The longest nap of a worker that has nothing to do; 0: it polls all the time.
  Duration max_nap = std::chrono::microseconds(200);
};

// What is taken over from the kernel's tables, for ports that have a kernel interface.
struct KernelMirrorConfig {
  bool routes = false;
  bool neighbors = false;
  std::uint32_t table = 254;         // the routing table that is mirrored; 254 is "main"
  std::uint32_t max_routes = 12288;  // of each family; leaves capacity.routes room for others
};

// Paths of PEM files, all or none.
struct ApiTlsConfig {
  std::string certificate;
  std::string key;
  std::string client_ca;  // who is signed by it may do everything

  bool is_there() const { return !certificate.empty(); }
};

struct ApiConfig {
  std::string socket = "/run/portico/porticod.sock";  // mode 0660
  std::vector<std::string> tcp;                       // "127.0.0.1:9000"; empty: none
  ApiTlsConfig tls;                                   // at the addresses in `tcp`
};

struct GatewayConfig {
  std::vector<PortConfig> ports;
  std::vector<Route> routes;
  SnatConfig snat;
  NodePortConfig node_ports;
  TimeoutConfig timeouts;
  ConnectionsConfig connections;
  CapacityConfig capacity;
  FragmentConfig fragments;
  WorkersConfig workers;
  KernelMirrorConfig kernel_mirror;
  Hugepages hugepages = Hugepages::kAuto;
  // Of each NUMA node with a NIC; absent: what queues, rings and waiting packets need.
  std::optional<std::uint32_t> packet_buffers;
  ApiConfig api;
  // Where the last accepted tables are kept; empty: nowhere.
  std::string state_directory = "/var/lib/portico";
  std::string log_level = "info";  // "debug", "info", "warning", "error"
};

}  // namespace portico
