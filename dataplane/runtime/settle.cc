#include "dataplane/runtime/settle.h"

namespace portico {
namespace {

// Sends a run of packets that leave by the same port; what the port has no room for is dropped.
void send(Packet* const* packets, std::size_t count, WorkerId self, Exits& exits,
          WorkerCounts& counts) noexcept {
  const std::size_t sent = exits.io.send(self, packets[0]->verdict.out_port(), packets, count);
  counts.sent.add(sent);
  if (sent == count) return;
  counts.drop(DropReason::transmit_full, count - sent);
  exits.io.free(packets + sent, count - sent);
}

void drop(Packet& packet, DropReason reason, Exits& exits, WorkerCounts& counts) noexcept {
  counts.drop(reason);
  Packet* const packets[] = {&packet};
  exits.io.free(packets, 1);
}

void punt(Packet& packet, Exits& exits, WorkerCounts& counts) noexcept {
  exits.io.close(packet);
  const PuntReason reason = packet.verdict.punt_reason();
  const bool is_for_neighbor = reason == PuntReason::kNeighborMissing;
  const PuntedPacket punted{packet.handle, packet.next_hop, reason,
                            is_for_neighbor ? packet.verdict.out_port() : packet.in_port};
  const bool is_for_kernel = reason == PuntReason::kForKernel;
  PuntRing* const ring = is_for_kernel ? exits.kernel : &exits.slow_path;
  if (ring != nullptr && ring->push(punted)) {
    counts.punted.add(1);
  } else {
    drop(packet, is_for_kernel ? DropReason::kernel_queue_full : DropReason::slow_path_full, exits,
         counts);
  }
}

// Hands packets over, all that are one worker's at once; what its ring has no room for is dropped.
void hand_over(Packet** packets, std::size_t count, Exits& exits, WorkerCounts& counts) noexcept {
  while (count > 0) {
    const WorkerId owner = packets[0]->verdict.owner();
    std::array<Packet*, kBurstSize> its;
    std::array<void*, kBurstSize> handles;
    std::size_t some = 0, others = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (packets[i]->verdict.owner() != owner) {
        packets[others++] = packets[i];
        continue;
      }
      exits.io.close(*packets[i]);
      handles[some] = packets[i]->handle;
      its[some++] = packets[i];
    }
    const std::size_t pushed = exits.workers[owner.value]->push(handles.data(), some);
    counts.handed_over.add(pushed);
    if (pushed < some) {
      counts.drop(DropReason::hand_over_full, some - pushed);
      exits.io.free(its.data() + pushed, some - pushed);
    }
    count = others;
  }
}

// Lets the packet leave, or wait for its neighbor, in fragments.
void cut_up(Packet& packet, WorkerId self, Exits& exits, WorkerCounts& counts) noexcept {
  exits.io.complete(packet);
  const Fragmenter::Fragments fragments = exits.fragmenter->cut(packet);
  if (fragments.count == 0) return drop(packet, DropReason::no_packet_memory, exits, counts);
  counts.fragmented.add(1);
  counts.fragments_made.add(fragments.count);
  if (packet.verdict.kind() == Verdict::Kind::kPunt) {
    for (std::size_t i = 0; i < fragments.count; ++i) punt(fragments.packets[i], exits, counts);
  } else {
    std::array<Packet*, Fragmenter::kMaxFragments> run;
    for (std::size_t i = 0; i < fragments.count; ++i) run[i] = &fragments.packets[i];
    send(run.data(), fragments.count, self, exits, counts);
  }
  Packet* const packets[] = {&packet};
  exits.io.free(packets, 1);
}

// Whether all packets are sent by one port, as they are: the rule. `run` gets their addresses.
bool leave_together(Burst& burst, Packet** run) noexcept {
  const Verdict first = burst.packets[0].verdict;
  if (first.kind() != Verdict::Kind::kForward) return false;
  for (Packet& packet : burst) {
    if (packet.verdict != first || packet.fragment_size != 0) return false;
    *run++ = &packet;
  }
  return true;
}

// Wherever each of them goes.
void settle_each(Burst& burst, WorkerId self, Exits& exits, WorkerCounts& counts) noexcept {
  std::array<Packet*, kBurstSize> run;  // to one port, in order
  std::size_t run_length = 0;
  std::array<Packet*, kBurstSize> handed;  // to other workers
  std::size_t handed_count = 0;
  const auto flush = [&] {
    if (run_length > 0) send(run.data(), run_length, self, exits, counts);
    run_length = 0;
  };
  for (Packet& packet : burst) {
    if (packet.fragment_size != 0 && packet.may_leave()) {
      flush();
      cut_up(packet, self, exits, counts);
      continue;
    }
    switch (packet.verdict.kind()) {
      case Verdict::Kind::kRefuse:
        counts.refuse(packet.verdict.refusal());
        [[fallthrough]];
      case Verdict::Kind::kForward:
        if (run_length > 0 && run[0]->verdict.out_port() != packet.verdict.out_port()) flush();
        run[run_length++] = &packet;
        break;
      case Verdict::Kind::kPunt:
        punt(packet, exits, counts);
        break;
      case Verdict::Kind::kHandOver:
        handed[handed_count++] = &packet;
        break;
      case Verdict::Kind::kDrop:
        drop(packet, packet.verdict.drop_reason(), exits, counts);
        break;
      case Verdict::Kind::kReassemble:
        break;  // gather() has taken it
      case Verdict::Kind::kUndecided:
        // next_hop() and answer_echo() decide every packet that comes so far.
        drop(packet, DropReason::protocol_unsupported, exits, counts);
        break;
    }
  }
  flush();
  hand_over(handed.data(), handed_count, exits, counts);
}

}  // namespace

void settle(Burst& burst, WorkerId self, Exits& exits, WorkerCounts& counts) noexcept {
  if (burst.count == 0) return;
  std::array<Packet*, kBurstSize> run;
  if (leave_together(burst, run.data())) {
    send(run.data(), burst.count, self, exits, counts);
  } else {
    settle_each(burst, self, exits, counts);
  }
  burst.count = 0;
}

}  // namespace portico
