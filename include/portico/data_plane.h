#pragma once

// What the control plane sees of the data plane: the only way from one half of porticod to the
// other. Every call may come from any thread; none of them stops a worker, and none touches a
// connection from outside the worker that owns it: requests travel to the workers and are answered
// by them between bursts, a bounded amount of work at a time.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "include/portico/drop_reason.h"
#include "include/portico/ip_address.h"
#include "include/portico/protocol.h"
#include "include/portico/strong_id.h"
#include "include/portico/tables.h"
#include "include/portico/time.h"

namespace portico {

// Counted since the endpoint appeared.
struct EndpointCounters {
  std::uint64_t connections = 0;         // made so far
  std::uint64_t active_connections = 0;  // open now
  std::uint64_t packets_to_endpoint = 0;
  std::uint64_t packets_from_endpoint = 0;
  std::uint64_t bytes_to_endpoint = 0;  // from the IP header on
  std::uint64_t bytes_from_endpoint = 0;
};

struct ConnectionInfo {
  WorkerId owner;
  Protocol protocol = Protocol::kTcp;
  // What the client sent and what the gateway made of it.
  IpAddress client_address;
  L4Port client_port;
  IpAddress service_address;
  L4Port service_port;
  IpAddress source_address;  // as the endpoint sees it
  L4Port source_port;
  IpAddress endpoint_address;
  L4Port endpoint_port;
  std::string service_port_id;  // ServicePort::id; empty when it is gone
  std::string state;            // "SYN_SENT", "COOKIE_WAIT", ...; UDP: "UNREPLIED", ...
  Duration idle{};              // since its last packet
  Duration expires_in{};        // until it ends without another packet; never negative
  std::uint64_t packets_to_endpoint = 0;
  std::uint64_t packets_from_endpoint = 0;
};

// Absent fields match everything; present ones must all match.
struct ConnectionFilter {
  std::optional<Family> family;
  std::optional<Protocol> protocol;
  std::optional<IpPrefix> client;
  std::optional<L4Port> client_port;
  std::optional<IpPrefix> service_address;
  std::optional<L4Port> service_port;
  std::optional<IpPrefix> endpoint_address;
  std::optional<L4Port> endpoint_port;
  std::optional<std::string> service;  // "namespace/name"

  bool matches(const ConnectionInfo& connection) const;
};

struct RouteInfo {
  Route route;
  // The port that packets leave by, with several next hops each one's, "up0,up1"; empty while
  // `gateway` is not reachable.
  std::string port;
  // For the same prefix the first of these counts. kKernel: mirrored from the kernel's table.
  enum class Origin : std::uint8_t {
    kConnected,
    kConfigured,
    kPushed,
    kKernel
  } origin = Origin::kPushed;
};

struct NeighborInfo {
  IpAddress address;
  std::string port;
  std::optional<MacAddress> mac;  // absent while it is being resolved
  std::string state;  // RFC 4861 section 7.3.2: INCOMPLETE, REACHABLE, STALE, PROBE, PERMANENT
  Duration age{};     // since it was last confirmed, or since the first request
  std::uint32_t queued_packets = 0;
};

struct PortInfo {
  PortId id;
  std::string name;
  std::string device;  // as configured: PCI address or vdev arguments
  std::string driver;
  MacAddress mac;
  std::vector<std::string> addresses;  // "10.20.0.1/24"
  bool uplink = false;
  bool downlink = false;
  bool link_up = false;
  std::uint32_t mtu = 0;  // bytes, from the IP header on
  std::optional<std::uint16_t> vlan;
  // Of the device, as are the counters: ports that share one have them in common.
  std::uint16_t rx_queues = 0;
  std::uint64_t rx_packets = 0;
  std::uint64_t rx_bytes = 0;
  std::uint64_t rx_missed = 0;  // by the device, before Portico saw them
  std::uint64_t tx_packets = 0;
  std::uint64_t tx_bytes = 0;
  std::string kernel_interface;  // empty: it has none
  std::uint64_t to_kernel_packets = 0;
  std::uint64_t from_kernel_packets = 0;
};

// Of one worker. Once no packet is in flight, what came into being is what ended:
//   received + reassembled + fragments_made ==
//       sent + dropped + punted + handed_over + fragments_joined + fragments_waiting + fragmented
struct WorkerCounters {
  WorkerId worker;
  std::uint64_t received = 0;  // from ports and from other workers' hand-over
  std::uint64_t sent = 0;
  std::uint64_t dropped = 0;
  std::uint64_t punted = 0;  // to the slow path
  std::uint64_t handed_over = 0;
  std::uint64_t fragments_waiting = 0;  // in reassembly, now
  std::uint64_t fragments_joined = 0;   // to whole packets ...
  std::uint64_t reassembled = 0;        // ... and those packets
  std::uint64_t fragmented = 0;         // packets that left in fragments ...
  std::uint64_t fragments_made = 0;     // ... and those fragments
  std::uint64_t connections_made = 0;
  std::uint64_t connections_expired = 0;  // by their timeout
  std::uint64_t connections_evicted = 0;  // unanswered, to make room for others
  std::uint64_t connections_open = 0;
  std::uint64_t connection_capacity = 0;
  std::uint64_t polls = 0;
  std::uint64_t empty_polls = 0;

  bool balance() const {
    return received + reassembled + fragments_made == sent + dropped + punted + handed_over +
                                                          fragments_joined + fragments_waiting +
                                                          fragmented;
  }
};

// Where the time of one worker goes, from a sample of its bursts: the TSC cycles that each stage
// took for all of the packets together.
struct WorkerCycles {
  struct Stage {
    std::string name;
    std::uint64_t cycles = 0;
  };
  WorkerId worker;
  std::uint64_t bursts = 0;   // that were sampled
  std::uint64_t packets = 0;  // in them
  // In the packet's order: "receive", those of stage/pipeline.h, "settle".
  std::vector<Stage> stages;
};

// The sources of masqueraded connections, of one worker in one family. A candidate is a pair of an
// address and a port; each serves as many connections at once as there are endpoints' sockets.
struct SnatInfo {
  WorkerId worker;
  Family family = Family::kIpv4;
  std::vector<IpAddress> addresses;
  std::uint64_t candidates = 0;
  std::uint64_t connections = 0;    // masqueraded so far
  std::uint64_t exhausted = 0;      // refused because no candidate was free towards the endpoint
  std::uint32_t most_attempts = 0;  // the most candidates that one of them tried
  // The part of the candidates that is in use towards the endpoints of the last new connections,
  // 0 to 1: an estimate from how many each of them had to try.
  double fill = 0;
};

// Of all workers and the slow path together.
struct DropCount {
  DropReason reason{};
  std::uint64_t packets = 0;  // dropped in silence
  std::uint64_t refused = 0;  // answered: the sender was told by a TCP reset or an ICMP error
};

// An ICMP error about a packet: a router or host tells the packet's sender.
struct ExplainedError {
  enum class Kind : std::uint8_t { kTooBig, kTimeExceeded, kPortUnreachable } kind = Kind::kTooBig;
  IpAddress sender;
  std::uint16_t mtu = 0;  // kTooBig: bytes
};

// A packet that was never sent.
struct ExplainRequest {
  std::string in_port;  // name; empty: the first uplink
  Protocol protocol = Protocol::kTcp;
  IpAddress source;
  L4Port source_port;
  IpAddress destination;
  L4Port destination_port;
  std::uint8_t tcp_flags = 0x02;  // SYN
  std::uint8_t sctp_chunk = 1;    // the type of the only one, RFC 9260 section 3.2: INIT
  std::uint8_t ttl = 64;
  // What arrives is this error, with that TTL; all else is of the packet that it quotes, as its
  // sender met it.
  std::optional<ExplainedError> error;
};

// One stage's decision.
struct ExplainStep {
  std::string stage;     // as in stage/pipeline.h
  std::string decision;  // a sentence
};

struct Explanation {
  WorkerId worker;  // the one that would have decided
  std::vector<ExplainStep> steps;
  // "forward", "refuse", "drop", "punt"
  std::string verdict;
  std::optional<DropReason> drop_reason;  // with "refuse" and "drop"
  // The packet, or the answer to it, as it would leave, when it would.
  std::optional<std::string> out_port;
  std::optional<IpAddress> source, destination;
  std::optional<L4Port> source_port, destination_port;
  // Of an ICMP error that goes on: the packet that it quotes then.
  struct Quoted {
    IpAddress source, destination;
    L4Port source_port, destination_port;
  };
  std::optional<Quoted> quoted;
};

class DataPlane {
 public:
  virtual ~DataPlane() = default;

  // Applies `change` and returns when every worker has passed it. All or nothing:
  //   InvalidArgument     a route without a way out, named
  //   ResourceExhausted   a table's capacity, named with its setting
  virtual absl::Status apply(const TableChange& change) = 0;

  // In the order of the endpoints of the service port; empty when there is none of that id.
  virtual std::vector<EndpointCounters> endpoint_counters(const std::string& service_port_id) = 0;

  // Calls `visit` for each connection that `filter` matches, in no particular order, until it
  // returns false. Connections that come or go meanwhile may or may not be seen.
  virtual absl::Status visit_connections(
      const ConnectionFilter& filter, const std::function<bool(const ConnectionInfo&)>& visit) = 0;
  // Returns how many were deleted.
  virtual absl::StatusOr<std::uint64_t> delete_connections(const ConnectionFilter& filter) = 0;

  virtual std::vector<RouteInfo> routes() = 0;
  virtual std::vector<NeighborInfo> neighbors() = 0;
  virtual std::vector<PortInfo> ports() = 0;
  virtual std::vector<WorkerCounters> worker_counters() = 0;
  virtual std::vector<WorkerCycles> worker_cycles() = 0;
  virtual std::vector<SnatInfo> snat() = 0;    // by worker, then family; none of an empty pool
  virtual std::vector<DropCount> drops() = 0;  // every reason, zeros too, in the list's order

  // InvalidArgument: an unknown port, or addresses of different families.
  virtual absl::StatusOr<Explanation> explain(const ExplainRequest& request) = 0;
};

}  // namespace portico
