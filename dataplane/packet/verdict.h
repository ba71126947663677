#pragma once

#include <cstdint>

#include "include/portico/drop_reason.h"
#include "include/portico/strong_id.h"

namespace portico {

// Why a packet goes to the slow path, or to the kernel.
enum class PuntReason : std::uint8_t {
  kNeighborMessage,  // an ARP reply or a neighbor advertisement: the slow path learns from it
  kNeighborMissing,  // translated and routed; waits there until its next hop's MAC address is known
  kForKernel,        // the gateway's own and none of ours: through the port's kernel interface
};

// Where a packet ends. Stages mark it; settle() alone acts on it.
class Verdict {
 public:
  enum class Kind : std::uint8_t {
    kUndecided,
    kForward,
    kRefuse,
    kDrop,
    kPunt,
    kHandOver,
    kReassemble
  };

  constexpr Verdict() noexcept = default;
  static constexpr Verdict forward(PortId out) noexcept { return {Kind::kForward, 0, out.value}; }
  // The packet has become an answer to its sender that says so, a TCP reset or an ICMP error.
  static constexpr Verdict refuse(DropReason reason, PortId out) noexcept {
    return {Kind::kRefuse, static_cast<std::uint8_t>(reason), out.value};
  }
  static constexpr Verdict drop(DropReason reason) noexcept {
    return {Kind::kDrop, static_cast<std::uint8_t>(reason), 0};
  }
  static constexpr Verdict punt(PuntReason reason, PortId out = {}) noexcept {
    return {Kind::kPunt, static_cast<std::uint8_t>(reason), out.value};
  }
  static constexpr Verdict hand_over(WorkerId owner) noexcept {
    return {Kind::kHandOver, 0, owner.value};
  }
  // A fragment: waits for the others of its packet.
  static constexpr Verdict reassemble() noexcept { return {Kind::kReassemble, 0, 0}; }

  constexpr Kind kind() const noexcept { return kind_; }
  constexpr bool decided() const noexcept { return kind_ != Kind::kUndecided; }
  // Each requires the matching kind.
  constexpr DropReason drop_reason() const noexcept { return static_cast<DropReason>(detail_); }
  constexpr DropReason refusal() const noexcept { return static_cast<DropReason>(detail_); }
  constexpr PuntReason punt_reason() const noexcept { return static_cast<PuntReason>(detail_); }
  constexpr PortId out_port() const noexcept { return {target_}; }
  constexpr WorkerId owner() const noexcept { return {target_}; }
  friend constexpr bool operator==(Verdict, Verdict) noexcept = default;

 private:
  constexpr Verdict(Kind kind, std::uint8_t detail, std::uint16_t target) noexcept
      : kind_(kind), detail_(detail), target_(target) {}

  Kind kind_ = Kind::kUndecided;
  std::uint8_t detail_ = 0;
  std::uint16_t target_ = 0;
};

}  // namespace portico
