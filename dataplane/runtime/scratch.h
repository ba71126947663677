#pragma once

// Theory of operation. What the stages work on for a packet that was never sent: the shared tables,
// which they only read, and in place of what a worker owns a scratch of a few kilobytes, in which
// they find what they would find in the owner, as far as it concerns this packet:
//
//   the connection       a copy of the owner's record
//   a full table         one that is full too: of the connection that would make room in
//                        the owner's, and beside it of answered ones that are nobody's
//   caps that refuse     caps that have nothing left
//   random numbers       the owner's next ones
//
// So the stages need not know that nothing is real. Called by explain, in the caller's thread; the
// owner is looked at once, between two bursts, for a few cache lines.

#include <optional>

#include "dataplane/runtime/shared_tables.h"
#include "dataplane/runtime/worker.h"

namespace portico {

// What a worker has that concerns a packet. Without anything: one in which nothing has happened.
template <typename Address>
struct OwnerView {
  Tuple<Address> tuple{};  // of the packet
  Instant now;
  Random random{0};
  std::optional<Connection<Address>> connection;  // that it is of
  // Of a new connection by its source: why a cap refuses it, whether the table is full, and who
  // makes room then.
  std::optional<DropReason> refusal;
  bool full = false;
  std::optional<Connection<Address>> first_to_go;
  // Of a Service with session affinity: the client, and where its last connection went.
  std::optional<AffinityKey> session;
  EndpointRef last;
};

template <typename Address>
OwnerView<Address> look_at_owner(SharedTables& shared, Worker& worker, const Tuple<Address>& tuple);

class Scratch {
 public:
  // One of `workers`, as it was seen.
  template <typename Address>
  Scratch(SharedTables& shared, Worker& worker, std::uint16_t workers, const GatewayConfig& config,
          const OwnerView<Address>& view);

  StageContext& context() { return context_; }

 private:
  ConnectionTable<Ipv4Address> v4_;
  ConnectionTable<Ipv6Address> v6_;
  EndpointUsage usage_;
  KernelGate kernel_;
  NewConnections new_connections_;
  AffinityTable affinity_{1};
  SnatUsage snat_usage_;
  TcpSequences sequences_{0};
  StageContext context_;
};

}  // namespace portico
