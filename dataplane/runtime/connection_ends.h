#pragma once

// Theory of operation. How the connections of a worker end without a packet, a bounded piece of
// work in each of its rounds:
//
//   expiry   connections whose time is over: looked for once a tick (state/ticks.h), and on until
//            all have ended. In rounds that leave the worker time, the piece doubles while there is
//            more to do, up to kMostExpired, and falls back when there is not: a million that end
//            at once are gone within a second. Where packets come as fast as they are taken, they
//            pay for it: one connection of each family may end for kPacketsEach of them, and one
//            for each that was made, so that a table does not fill with what is over. Since several
//            at once cost less each, they end in groups of kLeastExpired. A full table has no time
//            to lose: there it is as if there were no packets.
//   sweep    when endpoints went: one walk through the tables ends UDP connections of endpoints
//            that are gone, and those of TCP and SCTP as ConnectionsConfig::when_endpoint_gone
//            says. It drives all else out of the caches, so where endpoints go all the time a
//            sweep rests a hundred times as long as the last one took, and ends the connections of
//            all that went meanwhile. Nothing waits for it but memory, resets, and packets' not
//            having to ask: until it is over each sees for itself whether its endpoint is gone.
//   resets   of TCP connections that end so, when the configuration asks for them: one to each end,
//            with the next sequence number of the other (TcpSequences), routed like any packet.
//
// A connection that has ended is forgotten before its resets are sent. Called by Worker::poll(),
// in the worker's thread.

#include "dataplane/runtime/settle.h"
#include "dataplane/stage/context.h"
#include "dataplane/state/ticks.h"
#include "include/portico/gateway_config.h"

namespace portico {

class ConnectionEnds {
 public:
  // Whether connections need their sequence numbers kept.
  static bool needs_sequences(const ConnectionsConfig& config) noexcept {
    return config.reset_on_expiry || config.when_endpoint_gone == EndpointGone::kReset;
  }

  // All outlive it.
  ConnectionEnds(const ConnectionsConfig& config, StageContext& context, Exits& exits,
                 WorkerCounts& counts)
      : config_(config), context_(context), exits_(exits), counts_(counts) {}

  // One round at context.now. Returns whether there is more to do at once.
  bool round() noexcept {
    const std::uint32_t now = to_ticks(context_.now);
    const bool is_behind = now != expired_by_ && expire(now);
    return (is_sweep_due() && sweep()) || is_behind;
  }

  // Whether the endpoint of each connection is known to exist: the last sweep has left none whose
  // endpoint is gone, and none has gone since. New connections take endpoints that are there.
  bool no_orphans() const noexcept {
    return !sweeping_ && !keeps_ && swept_ == context_.endpoints.departures();
  }

 private:
  static constexpr std::size_t kLeastExpired = 16;
  static constexpr std::size_t kMostExpired = 256;
  static constexpr std::size_t kPacketsEach = 32;
  static constexpr std::uint32_t kSwept = 128;  // places of the table a round
  static constexpr std::size_t kMostReset = kBurstSize / 2;
  static constexpr int kRest = 100;  // times the length of the last sweep
  static constexpr Duration kLongestRest = std::chrono::seconds(5);

  // Returns whether there may be more.
  bool expire(std::uint32_t now) noexcept;
  // How many connections may end in this round.
  std::size_t allowance() noexcept;
  template <typename Address>
  std::size_t expire(std::uint32_t now, std::size_t budget) noexcept;
  bool is_sweep_due() const noexcept {
    return sweeping_ || context_.endpoints.departures() != swept_;
  }
  bool sweep() noexcept;
  template <typename Address>
  std::uint32_t sweep(std::uint32_t cursor) noexcept;
  // Makes the resets of a connection that is about to end, if it is one that gets any.
  template <typename Address>
  void add_resets(const Connection<Address>& connection, std::uint32_t index) noexcept;
  template <typename Address>
  void send_resets() noexcept;

  const ConnectionsConfig config_;
  StageContext& context_;
  Exits& exits_;
  WorkerCounts& counts_;
  std::size_t expired_at_most_ = kLeastExpired;  // in rounds that leave time
  std::size_t paid_ = 0;                         // by packets, at most kMostExpired
  std::uint32_t expired_by_ = 0;                 // the tick by which all is expired that was over
  // As the last expire() found them, or left them:
  std::uint64_t rounds_ = 0, received_ = 0;
  std::size_t open_ = 0;
  std::uint32_t swept_ = 0;   // EndpointTable::departures() that the last whole sweep has seen
  std::uint32_t target_ = 0;  // the same of the sweep under way
  bool sweeping_ = false;
  bool keeps_ = false;             // the last sweep has left a connection whose endpoint is gone
  Family family_ = Family::kIpv4;  // of the sweep under way
  std::uint32_t cursor_ = 0;
  Instant began_{};        // the last sweep
  Instant rests_until_{};  // no sweep begins earlier
  Burst resets_;
};

}  // namespace portico
