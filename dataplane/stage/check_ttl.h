#pragma once

#include "dataplane/packet/burst.h"
#include "dataplane/stage/context.h"

namespace portico {

// A packet that would be forwarded, and whose TTL or hop limit ends here, becomes an ICMP time
// exceeded message to its sender (RFC 792, RFC 4443 section 3.3), within the limit on ICMP errors.
template <typename Address>
void check_ttl(const Batch& packets, StageContext& context) noexcept;

}  // namespace portico
