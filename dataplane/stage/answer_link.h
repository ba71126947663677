#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

// ARP (RFC 826) and neighbor discovery (RFC 4861): requests for an address that belongs on the
// port are answered in the request's own memory, what others answered goes to the slow path, which
// asked for it. Solicitations for link-local addresses that are none of ours may be the kernel's,
// if the port has a kernel interface. Leaves only IP packets undecided.
//
// An address of the gateway's own belongs on its port; a Service address (or one for node ports
// alone) on every uplink, where clients may think it is on their link; an SNAT address on the
// downlinks whose subnet it is in.
void answer_link(Burst& burst, const StageContext& context) noexcept;

}  // namespace portico
