#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

// ICMP (RFC 792) and ICMPv6 (RFC 4443): an echo request for an address of the gateway's own or for
// a Service address is answered in the request's own memory and goes back the way it came. Where
// the port has a kernel interface, ICMP for the gateway's own addresses is the kernel's, and so is
// what goes to addresses of the link. Decides every ICMP packet but errors that have a connection.
template <typename Address>
void answer_echo(const Batch& packets, StageContext& context) noexcept;

}  // namespace portico
