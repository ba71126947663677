#include "dataplane/runtime/kernel_path.h"

#include <gtest/gtest.h>

#include "tests/support/packet/frame.h"
#include "tests/support/packet/memory_io.h"
#include "tests/support/packet/memory_kernel.h"
#include "tests/unit/dataplane/runtime/runtime_fixture.h"

namespace portico {
namespace {

PortTable ports_with_interfaces() {
  PortTable ports = two_ports();
  ports[0].vlan = 20;
  for (Port& port : ports) port.kernel = KernelInterfaceConfig{"pt-" + port.name, true, 1000};
  return ports;
}

class KernelPathTest : public testing::Test {
 protected:
  // A frame that came in by `port`, as a worker punts it. False when the ring is full.
  bool punt(PortId port, const std::string& frame) {
    Packet packet;
    EXPECT_TRUE(io_.allocate(static_cast<std::uint32_t>(frame.size()), packet));
    std::memcpy(packet.data, frame.data(), frame.size());
    io_.close(packet);
    const bool taken = path_.ring().push({packet.handle, {}, PuntReason::kForKernel, port});
    if (!taken) {
      Packet* const packets[] = {&packet};
      io_.free(packets, 1);
    }
    return taken;
  }
  std::size_t outgoing() {
    std::array<OutgoingPacket, 1024> packets;
    const std::size_t count = path_.outbox().pop(packets.data(), packets.size());
    for (std::size_t i = 0; i < count; ++i) {
      Packet packet;
      io_.open(packets[i].handle, packet);
      Packet* const freed[] = {&packet};
      io_.free(freed, 1);
    }
    return count;
  }
  std::uint64_t drops(DropReason reason) const {
    return path_.counts().drops[static_cast<std::size_t>(reason)].get();
  }
  static std::string syn() {
    FrameSpec spec;
    spec.source = ip("10.20.0.10");
    spec.destination = ip("10.20.0.1");
    spec.source_port = 1234;
    spec.destination_port = 22;
    spec.tcp_flags = 2;
    return build_frame(spec);
  }

  SharedTables shared_{ports_with_interfaces(), little_config(), 1};
  MemoryIo io_{2};
  MemoryKernel kernel_{2};
  KernelPath path_{shared_, io_, kernel_};
  const Instant now_{std::chrono::hours(1)};
};

TEST_F(KernelPathTest, CountsWhatGoesToAndComesFromEachInterface) {
  EXPECT_TRUE(punt({1}, syn()));
  EXPECT_TRUE(punt({1}, syn()));
  kernel_.send({0}, syn());
  EXPECT_TRUE(path_.poll(now_));
  EXPECT_EQ(kernel_.take_given().size(), 2u);
  EXPECT_EQ(outgoing(), 1u);
  EXPECT_EQ(path_.counts(PortId{1}).to_kernel.get(), 2u);
  EXPECT_EQ(path_.counts(PortId{1}).from_kernel.get(), 0u);
  EXPECT_EQ(path_.counts(PortId{0}).from_kernel.get(), 1u);
  EXPECT_EQ(path_.counts().received.get(), 3u);
  EXPECT_EQ(path_.counts().sent.get(), 3u);
  EXPECT_EQ(io_.held(), 0u);
  EXPECT_FALSE(path_.poll(now_));
}

TEST_F(KernelPathTest, TakesNoMoreFromTheKernelThanTheOutboxHolds) {
  const std::size_t room = path_.outbox().capacity();
  for (std::size_t i = 0; i < room + 100; ++i) kernel_.send({0}, syn());
  for (int round = 0; round < 100; ++round) path_.poll(now_);
  EXPECT_EQ(kernel_.waiting({0}), 100u);  // in the interface's own queue
  EXPECT_EQ(outgoing(), room);
  for (int round = 0; round < 100; ++round) path_.poll(now_);
  EXPECT_EQ(kernel_.waiting({0}), 0u);
  EXPECT_EQ(outgoing(), 100u);
  EXPECT_EQ(path_.counts().dropped(), 0u);
}

TEST_F(KernelPathTest, DropsWhatIsNoFrame) {
  kernel_.send({0}, std::string(13, 'x'));
  path_.poll(now_);
  EXPECT_EQ(outgoing(), 0u);
  EXPECT_EQ(drops(DropReason::ethernet_truncated), 1u);
}

TEST_F(KernelPathTest, DropsWhatAnInterfaceThatIsDownDoesNotTake) {
  kernel_.set_up(false);
  EXPECT_TRUE(punt({0}, syn()));
  path_.poll(now_);
  EXPECT_EQ(drops(DropReason::kernel_queue_full), 1u);
  EXPECT_EQ(io_.held(), 0u);
}

TEST_F(KernelPathTest, ItsQueueIsBounded) {
  std::size_t taken = 0;
  while (punt({0}, syn())) ++taken;
  EXPECT_EQ(taken, path_.ring().capacity());
  while (path_.poll(now_)) {
  }
  EXPECT_EQ(kernel_.take_given().size(), taken);
}

}  // namespace
}  // namespace portico
