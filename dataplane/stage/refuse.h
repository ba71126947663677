#pragma once

#include "dataplane/stage/context.h"
#include "dataplane/stage/icmp_error.h"

namespace portico {

// Refusals: the packet becomes an answer that tells its sender why it goes no further, and that
// goes back the way it came. Not answered, but dropped for the same reason, are
//   - TCP resets and all ICMP packets, so that no two ends answer each other without end;
//   - what may come from more than one host: multicast, broadcast, and unspecified sources. Most of
//     these end in parse, as does every fragment but a first one (RFC 1122 section 3.2.2, RFC 4443
//     section 2.4 e);
//   - packets without room for the answer, and those beyond the rate limit (answer_rate_limited).

// As the host with the packet's destination would that has nothing there: a TCP reset, for other
// protocols ICMP port unreachable, unless the packet's checksum is wrong (RFC 9293 section 3.1: it
// is as if it had not come). Drops instead where the gateway is configured to.
template <typename Address>
void refuse(Packet& packet, DropReason reason, StageContext& context) noexcept;

// As the router that the gateway is, from the port's own address.
template <typename Address>
void refuse_with_error(Packet& packet, DropReason reason, const IcmpError& error,
                       StageContext& context) noexcept;

}  // namespace portico
