#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

// The short way of nearly all packets: those of a connection that knows its way. One pass does to
// each of them what the stages after this one would do, find_connection, track, translate and
// next_hop, in the burst's order. What it leaves undecided is for those stages:
//   - packets without a connection, of a connection whose endpoint is gone, and ICMP errors;
//   - TCP packets that begin or end something: SYN, FIN, RST;
//   - what ends here or leaves otherwise than in one piece: TTL, MTU, fragments put together;
//   - what leaves with another link header than it came with, a VLAN tag more or less;
//   - replies that come in at a port which is no downlink;
//   - connections whose way is not known, or no longer (routes or neighbors have changed), or leads
//     to a neighbor that does not answer;
//   - SCTP;
//   - packets of a connection that an earlier packet of the burst was left of: each packet finds
//     the connection as the one before it has left it.
template <typename Address>
void forward_established(const Batch& packets, StageContext& context) noexcept;

// The same for the first packets of connections that create_connection() has made: of `packets`, in
// which nobody else has a connection but ICMP errors, those that are still undecided. Most know
// their way from the endpoint's last connection.
template <typename Address>
void forward_first(const Batch& packets, StageContext& context) noexcept;

}  // namespace portico
