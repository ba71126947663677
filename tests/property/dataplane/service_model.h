#pragma once

// What a Service means, in maps and loops: the rules of docs/service-semantics.md written down a
// second time, without workers, hashes, bursts or memory to save. It is told what the control plane
// sets, which packets come and how time passes, and says what must become of each packet. Where the
// gateway may choose, it says what from, and is told what was chosen.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dataplane/state/tcp_state.h"
#include "include/portico/drop_reason.h"
#include "include/portico/gateway_config.h"
#include "include/portico/tables.h"

namespace portico {

struct Socket {
  IpAddress address;
  std::uint16_t port = 0;

  std::string to_string() const { return portico::to_string(address, L4Port::from_host(port)); }
  friend bool operator==(const Socket&, const Socket&) = default;
  friend auto operator<=>(const Socket&, const Socket&) = default;
};

// What a packet does to its connection. Of TCP: SYN; SYN and ACK; ACK; FIN and ACK; RST. Of SCTP:
// INIT; INIT ACK; from the client COOKIE ECHO and from the endpoint COOKIE ACK, each with DATA;
// SHUTDOWN; ABORT. To UDP they are all one.
enum class Signal : std::uint8_t { kOpen, kOpenAnswer, kData, kClose, kReset };

// What must become of a packet.
struct Expectation {
  enum class Kind : std::uint8_t { kForward, kOpen, kRefuse, kDrop } kind = Kind::kDrop;
  DropReason reason{};         // kRefuse, kDrop
  Socket source, destination;  // kForward: as it leaves
  std::set<Socket> choices;    // kOpen: it goes to one of these, and a connection begins;
  bool keeps_source = false;   //        with the client's address, or one of the gateway's
};

class ServiceModel {
 public:
  // `masquerade`: the one address that endpoints see of masqueraded clients.
  ServiceModel(Protocol protocol, const GatewayConfig& config, const IpAddress& masquerade)
      : protocol_(protocol), config_(config), masquerade_(masquerade) {}

  void set(const ServicePort& port);
  void erase(const std::string& id);
  // Returns false when a connection's time is over just about now: whether it still lives is then
  // the gateway's to say, and the caller had better let some more time pass.
  bool pass(Duration duration);

  Expectation from_client(const Socket& client, const Socket& service, Signal signal);
  // After kOpen: which endpoint was chosen, and which source it sees.
  void opened(const Socket& client, const Socket& service, const Socket& endpoint,
              const Socket& source);
  Expectation from_endpoint(const Socket& endpoint, const Socket& source, Signal signal);

  struct Connection {
    Socket client, service, endpoint, source;
    std::string service_port;  // ServicePort::id
    std::string identity;      // of the endpoint
    bool orphan = false;       // its endpoint is gone
    ConnectionState state = ConnectionState::kUdpUnreplied;
    Duration last_seen{}, began{};
  };
  const std::vector<Connection>& connections() const { return connections_; }

 private:
  struct Affinity {
    Socket endpoint;
    std::string identity;
    Duration last_used{};
  };
  using AffinityKey = std::pair<std::string, IpAddress>;  // ServicePort::id, client

  void end_orphans();
  Connection* find_original(const Socket& client, const Socket& service);
  bool is_over(const Connection& connection, Signal signal) const;
  Duration deadline(const Connection& connection) const;
  void step(Connection& connection, bool from_client, Signal signal) const;
  Expectation open(const Socket& client, const ServicePort& port, const Frontend& frontend,
                   Signal signal);
  static bool may_ask(const Frontend& frontend, const IpAddress& client);
  static bool any_serves(const ServicePort& port);
  bool at_limit(const ServicePort& port, const Endpoint& endpoint) const;
  bool in_cluster(const IpAddress& client) const;
  bool is_pod_traffic(const Frontend& frontend, const IpAddress& client) const;
  bool keeps_source(const Frontend& frontend, const IpAddress& client) const;

  // A connection ends within this time of its deadline.
  static constexpr Duration kSlack = std::chrono::milliseconds(600);

  const Protocol protocol_;
  const GatewayConfig config_;
  const IpAddress masquerade_;
  Duration now_{};
  std::map<std::string, ServicePort> ports_;
  std::vector<Connection> connections_;
  std::map<AffinityKey, Affinity> affinities_;
  std::set<IpAddress> served_;  // was ever an address of a Service
};

}  // namespace portico
