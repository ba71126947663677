#include "dataplane/kernel/kernel_mirror.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>
#include <utility>

#include <spdlog/spdlog.h>

namespace portico {

absl::StatusOr<KernelMirror> KernelMirror::open(std::map<unsigned, std::string> ports,
                                                const KernelMirrorConfig& config, Tell tell,
                                                int receive_buffer) {
  auto netlink = Netlink::open(RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE |
                                   RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
                               receive_buffer);
  if (!netlink.ok()) return netlink.status();
  return KernelMirror(*std::move(netlink), std::move(ports), config, std::move(tell));
}

KernelMirror::KernelMirror(Netlink netlink, std::map<unsigned, std::string> ports,
                           const KernelMirrorConfig& config, Tell tell)
    : netlink_(std::move(netlink)), tables_(std::move(ports), config), tell_(std::move(tell)) {}

void KernelMirror::run(const std::atomic<bool>& stop) {
  while (!stop.load(std::memory_order_relaxed)) poll(100);
}

void KernelMirror::poll(int milliseconds) {
  if (!tables_.needs_dump()) {
    listen(milliseconds);
  } else if (dump()) {
    tables_.end_dump();
  } else {
    return start_over();
  }
  tell_change();
}

// What is still to come of an unfinished dump must not be taken for the next one's.
void KernelMirror::start_over() {
  tables_.require_dump();
  std::this_thread::sleep_for(std::chrono::milliseconds(kPause));
  for (int count = 0; count < kMostAtOnce; ++count) {
    if (netlink_.receive(0, [](const nlmsghdr&) {}) == Netlink::Received::kNothing) return;
  }
}

bool KernelMirror::dump() {
  tables_.begin_dump();
  return dump_one(RTM_GETROUTE, AF_INET) && dump_one(RTM_GETROUTE, AF_INET6) &&
         dump_one(RTM_GETNEIGH, AF_INET) && dump_one(RTM_GETNEIGH, AF_INET6);
}

bool KernelMirror::dump_one(std::uint16_t type, std::uint8_t family) {
  constexpr int kPatience = 5000;  // milliseconds, between two parts of the answer
  if (!netlink_.request_dump(type, family).ok()) return false;
  for (;;) {
    const Netlink::Received received =
        netlink_.receive(kPatience, [this](const nlmsghdr& message) { tables_.take(message); });
    if (received == Netlink::Received::kDumpDone) return true;
    if (received != Netlink::Received::kMessages) return false;
  }
}

void KernelMirror::listen(int milliseconds) {
  for (int count = 0; count < kMostAtOnce; ++count) {
    const Netlink::Received received = netlink_.receive(
        count == 0 ? milliseconds : 0, [this](const nlmsghdr& message) { tables_.take(message); });
    if (received == Netlink::Received::kNothing) return;
    if (received != Netlink::Received::kMessages) {
      spdlog::info("the kernel's tables are read again, as messages about them were lost");
      return tables_.require_dump();
    }
  }
}

void KernelMirror::tell_change() {
  const KernelChange change = tables_.take_change();
  if (tables_.left_out() > 0 && !left_out_) {
    spdlog::warn(
        "not all of the kernel's routes are mirrored: there are more than kernel.max_routes");
  }
  left_out_ = tables_.left_out() > 0;
  if (change.empty()) return;
  const absl::Status status = tell_(change);
  if (!status.ok() && !refused_) {
    spdlog::warn("not all of the kernel's routes are mirrored: {}", std::string(status.message()));
  }
  refused_ = !status.ok();
}

}  // namespace portico
