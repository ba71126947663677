#pragma once

// The packet's way, top to bottom. This is the file to read first.
//
// A stage is a function over some packets of a burst. It looks at packets whose verdict is still
// open, finds something out or rewrites them, and at most marks where they end; nothing here sends,
// frees, counts, logs, waits or reads a clock. What becomes of a marked packet is runtime/settle.h,
// of a fragment runtime/gather.h.

#include "dataplane/stage/answer_echo.h"
#include "dataplane/stage/answer_link.h"
#include "dataplane/stage/check_ttl.h"
#include "dataplane/stage/create_connection.h"
#include "dataplane/stage/find_connection.h"
#include "dataplane/stage/find_service.h"
#include "dataplane/stage/forward_established.h"
#include "dataplane/stage/next_hop.h"
#include "dataplane/stage/parse.h"
#include "dataplane/stage/pick_endpoint.h"
#include "dataplane/stage/relate_errors.h"
#include "dataplane/stage/steer.h"
#include "dataplane/stage/track.h"
#include "dataplane/stage/translate.h"

namespace portico {

enum class Stage {
  kParse,
  kAnswerLink,
  kForwardEstablished,
  kSteer,
  kFindConnection,
  kRelateErrors,
  kAnswerEcho,
  kFindService,
  kCheckTtl,
  kPickEndpoint,
  kCreateConnection,
  kTrack,
  kTranslate,
  kNextHop,
};
inline constexpr std::size_t kStageCount = static_cast<std::size_t>(Stage::kNextHop) + 1;

// The stage's name, as `explain` tells it.
constexpr const char* to_string(Stage stage) noexcept {
  constexpr const char* kNames[] = {"parse",         "answer_link",       "forward_established",
                                    "steer",         "find_connection",   "relate_errors",
                                    "answer_echo",   "find_service",      "check_ttl",
                                    "pick_endpoint", "create_connection", "track",
                                    "translate",     "next_hop"};
  return kNames[static_cast<std::size_t>(stage)];
}

inline Batch undecided(const Batch& packets) noexcept {
  Batch rest;
  for (Packet& packet : packets) {
    if (packet.undecided()) rest.add(packet);
  }
  return rest;
}

// Those that are not known to be of a connection, and ICMP errors.
inline Batch without_connection(const Batch& packets) noexcept {
  Batch without;
  for (Packet& packet : packets) {
    const bool is_known = packet.connection.found() && !packet.quote.is_error;
    if (packet.undecided() && !is_known) without.add(packet);
  }
  return without;
}

// The way of packets of one family. `observe(stage)` is called after each stage:
// runtime/stage_cycles.h in the worker, the recorder in explain.
template <typename Address, typename Observe>
void run(const Batch& all, StageContext& context, Observe&& observe) noexcept {
  forward_established<Address>(all, context);  // what knows its way leaves here
  observe(Stage::kForwardEstablished);
  const Batch packets = undecided(all);
  if (packets.empty()) return;

  steer<Address>(packets, context);  // to the worker that owns the connection
  observe(Stage::kSteer);
  find_connection<Address>(packets, context);
  observe(Stage::kFindConnection);
  const Batch others = without_connection(packets);
  relate_errors<Address>(others, context);  // ICMP errors about packets of a connection
  observe(Stage::kRelateErrors);
  answer_echo<Address>(others, context);
  observe(Stage::kAnswerEcho);
  find_service<Address>(others, context);
  observe(Stage::kFindService);
  check_ttl<Address>(packets, context);
  observe(Stage::kCheckTtl);
  pick_endpoint<Address>(others, context);
  observe(Stage::kPickEndpoint);
  create_connection<Address>(others, all, context);
  forward_first<Address>(others, context);  // what knows its way from its beginning
  observe(Stage::kCreateConnection);
  const Batch rest = undecided(packets);
  track<Address>(rest, context);
  observe(Stage::kTrack);
  translate<Address>(rest, context);
  observe(Stage::kTranslate);
  next_hop<Address>(rest, context);
  observe(Stage::kNextHop);
}

// Whether all packets were plain ones: no fragment is among them.
template <typename Observe>
bool run_pipeline(Burst& burst, StageContext& context, Observe&& observe) noexcept {
  const bool all_plain = parse(burst, context);
  observe(Stage::kParse);
  if (!all_plain) answer_link(burst, context);
  observe(Stage::kAnswerLink);

  Batch v4, v6;
  for (Packet& packet : burst) {
    if (packet.undecided()) (packet.family == Family::kIpv4 ? v4 : v6).add(packet);
  }
  if (!v4.empty()) run<Ipv4Address>(v4, context, observe);
  if (!v6.empty()) run<Ipv6Address>(v6, context, observe);
  return all_plain;
}

}  // namespace portico
