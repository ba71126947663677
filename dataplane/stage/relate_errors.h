#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

// ICMP errors (RFC 5508 section 4, RFC 4443): one that quotes a packet of a connection's goes on,
// to be translated; it changes nothing in the connection (RFC 5927). What quotes none is dropped,
// unless it is about something that the gateway's kernel has sent.
//
// The checksum inside the quote is not verified (RFC 5508, REQ-3 c), nor is that of the quoted IP
// header, unlike REQ-3 a: routers are known to quote packets which they have changed. What shows
// that an error is no forgery is that it knows the connection's addresses and ports.
template <typename Address>
void relate_errors(const Batch& packets, StageContext& context) noexcept;

}  // namespace portico
