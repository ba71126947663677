#include "dataplane/io/packet_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dataplane/io/configs.h"

namespace portico {
namespace {

using testing::HasSubstr;

GatewayConfig two_ports() {
  return gateway({port("up", "net_null0"), port("down", "net_null1")});
}

TEST(PacketBuffers, AreAsManyAsQueuesAndFragmentsNeed) {
  const GatewayConfig small = two_ports();
  GatewayConfig large = two_ports();
  large.ports[0].queue_depth += 100;
  large.fragments.capacity += 10;
  // A receive and a transmit queue of each worker, and fragments of two families.
  EXPECT_EQ(packet_buffers(large, 3), packet_buffers(small, 3) + 3 * (2 * 100 + 2 * 10));
}

TEST(PacketBuffers, AreAsManyAsTheConfigurationSays) {
  GatewayConfig config = two_ports();
  const std::uint32_t least = least_packet_buffers(config, 1);
  const std::size_t memory = packet_memory(config, 1);
  config.packet_buffers = 2 * least;
  EXPECT_EQ(packet_buffers(config, 1), 2 * least);
  EXPECT_GE(packet_memory(config, 1), memory + least * packet_buffer_size(config));
  EXPECT_TRUE(check_packet_buffers(config, 1).ok());
}

TEST(PacketBuffers, FewerThanNeededAreRefused) {
  GatewayConfig config = two_ports();
  EXPECT_TRUE(check_packet_buffers(config, 2).ok());
  config.packet_buffers = least_packet_buffers(config, 2);
  EXPECT_TRUE(check_packet_buffers(config, 2).ok());
  const std::string needed = std::to_string(*config.packet_buffers);
  --*config.packet_buffers;
  const absl::Status status = check_packet_buffers(config, 2);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("memory.packet_buffers: is "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("2 workers hold"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("at least " + needed));
}

}  // namespace
}  // namespace portico
