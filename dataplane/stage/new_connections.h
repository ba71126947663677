#pragma once

#include <optional>

#include "dataplane/stage/rate_limit.h"
#include "dataplane/state/source_limits.h"
#include "include/portico/drop_reason.h"
#include "include/portico/gateway_config.h"

namespace portico {

// Which new connections a worker makes: its caps on how many, and whether out of mid-stream.
class NewConnections {
 public:
  explicit NewConnections(const ConnectionsConfig& config)
      : midstream_pickup(config.midstream_pickup),
        sources_(config.new_per_second_and_source, config.source_prefix_v4,
                 config.source_prefix_v6) {
    if (config.new_per_second > 0) all_.emplace(config.new_per_second, config.new_per_second);
  }

  // Absent: one more of this client may be made. The source is asked first, so that those beyond
  // its limit take nothing away from others.
  template <typename Address>
  std::optional<DropReason> refuse(const Address& client, Instant now) noexcept {
    if (!sources_.take(client, now)) return DropReason::source_rate_limited;
    if (all_ && !all_->take(now)) return DropReason::connection_rate_limited;
    return std::nullopt;
  }

  // What refuse() would say; takes nothing.
  template <typename Address>
  std::optional<DropReason> would_refuse(const Address& client, Instant now) const noexcept {
    if (!sources_.allows(client, now)) return DropReason::source_rate_limited;
    std::optional<RateLimit> copy = all_;
    if (copy && !copy->take(now)) return DropReason::connection_rate_limited;
    return std::nullopt;
  }

  const bool midstream_pickup;

 private:
  std::optional<RateLimit> all_;
  SourceLimits sources_;
};

}  // namespace portico
