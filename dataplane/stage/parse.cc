#include "dataplane/stage/parse.h"

#include "dataplane/net/parse.h"

namespace portico {

void parse(Burst& burst, const StageContext& context) noexcept {
  for (Packet& packet : burst) __builtin_prefetch(packet.data);
  for (Packet& packet : burst) {
    const Port& port = context.port(packet.in_port);
    parse_frame(packet, {port.mac, port.vlan});
  }
}

}  // namespace portico
