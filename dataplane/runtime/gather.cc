#include "dataplane/runtime/gather.h"

namespace portico {

void gather(Burst& burst, WorkerId self, Instant now, PacketIo& io, WorkerCounts& counts,
            Burst& whole) noexcept {
  whole.count = 0;
  for (Packet& packet : burst) {
    if (packet.verdict.kind() != Verdict::Kind::kReassemble) continue;
    Packet& next = whole.packets[whole.count];
    next = packet;
    const Reassembly result = io.reassemble(self, next, now);
    counts.fragments_waiting.add(1);
    if (result.evicted > 0) counts.drop(DropReason::fragment_table_full, result.evicted);
    if (result.dropped > 0) counts.drop(result.reason, result.dropped);
    if (result.joined > 0) {
      counts.fragments_joined.add(result.joined);
      counts.reassembled.add(1);
      ++whole.count;
    }
    counts.fragments_waiting.subtract(std::uint64_t{result.evicted} + result.dropped +
                                      result.joined);
  }
}

void expire_fragments(WorkerId self, Instant now, PacketIo& io, WorkerCounts& counts) noexcept {
  const std::uint32_t expired = io.expire_fragments(self, now);
  if (expired == 0) return;
  counts.drop(DropReason::fragment_timeout, expired);
  counts.fragments_waiting.subtract(expired);
}

}  // namespace portico
