#include "dataplane/kernel/tap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "dataplane/kernel/kernel_interfaces.h"
#include "tests/support/packet/frame.h"
#include "tests/unit/dataplane/kernel/network_namespace.h"

namespace portico {
namespace {

using testing::AllOf;
using testing::HasSubstr;

bool write(Tap& tap, const std::string& frame) {
  return tap.write(reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size());
}

// Says something to the kernel until it sends a frame of this kind: an interface that is new takes
// a moment to be ready. The kernel sends others by itself (MLD, RS).
ReadFrame ask_until(Tap& tap, const std::string& said, FrameKind kind) {
  std::string memory(65536, '\0');
  for (int i = 0; i < 5000; ++i) {
    if (i % 200 == 0 && !write(tap, said)) return {{}, "is not taken", false};
    const std::size_t length =
        tap.read(reinterpret_cast<std::uint8_t*>(memory.data()), memory.size());
    if (length == 0) {
      usleep(1000);
      continue;
    }
    ReadFrame frame = read_frame(memory.substr(0, length));
    if (frame.error.empty() && frame.spec.kind == kind) return frame;
  }
  return {{}, "did not come", false};
}

TEST(Tap, IsAnInterfaceWithAllThatWasAskedFor) {
  {
    auto tap = Tap::open(uplink_options());
    ASSERT_TRUE(tap.ok()) << tap.status();
    EXPECT_THAT(output_of("ip link show pt0"),
                AllOf(HasSubstr("mtu 1400"), HasSubstr("02:00:00:00:20:01"), HasSubstr("UP")));
    const std::string addresses = output_of("ip address show pt0");
    EXPECT_THAT(addresses, AllOf(HasSubstr("inet 10.20.0.1/24 brd 10.20.0.255 scope global"),
                                 HasSubstr("inet6 2001:db8:20::1/64 scope global")));
    EXPECT_THAT(output_of("ip route"), HasSubstr("10.20.0.0/24 dev pt0 proto kernel"));
    EXPECT_THAT(output_of("ip -6 route"), HasSubstr("2001:db8:20::/64 dev pt0 proto kernel"));
    EXPECT_EQ(output_of("ip -6 address show dev pt0 tentative | grep -c 2001:db8 || true"), "0\n");
  }
  EXPECT_EQ(output_of("ip link show pt0 2>&1 || true"), "Device \"pt0\" does not exist.\n");
}

TEST(Tap, BelievesNeitherRouterAdvertisementsNorRedirects) {
  run("sysctl -qw net.ipv6.conf.default.accept_ra=2");
  auto tap = Tap::open(uplink_options());
  ASSERT_TRUE(tap.ok()) << tap.status();
  for (const char* what : {"ipv6.conf.pt0.accept_ra", "ipv6.conf.pt0.autoconf",
                           "ipv6.conf.pt0.accept_redirects", "ipv4.conf.pt0.accept_redirects"}) {
    EXPECT_EQ(output_of(std::string("sysctl -n net.") + what), "0\n") << what;
  }
  run("sysctl -qw net.ipv6.conf.default.accept_ra=1");
}

// A conversation with the kernel itself: it answers an echo request, and asks for our MAC address.
TEST(Tap, TalksToTheKernel) {
  auto tap = Tap::open(uplink_options());
  ASSERT_TRUE(tap.ok()) << tap.status();
  for (const auto& [us, them] :
       {std::pair("10.20.0.10", "10.20.0.1"), std::pair("2001:db8:20::10", "2001:db8:20::1")}) {
    FrameSpec echo;
    echo.kind = FrameKind::kEcho;
    echo.source = address(us);
    echo.destination = address(them);
    echo.source_mac = {{0x02, 0, 0, 0, 0, 0x10}};
    echo.destination_mac = uplink_options().mac;
    echo.echo_id = 7;
    const ReadFrame question = ask_until(*tap, build_frame(echo), FrameKind::kAsk);
    ASSERT_EQ(question.error, "") << us;
    EXPECT_EQ(question.spec.destination, address(us));
    FrameSpec answer;
    answer.kind = FrameKind::kAnswer;
    answer.source = address(us);
    answer.destination = address(them);
    answer.source_mac = echo.source_mac;
    answer.destination_mac = echo.destination_mac;
    const ReadFrame reply = ask_until(*tap, build_frame(answer), FrameKind::kEchoReply);
    ASSERT_EQ(reply.error, "");
    EXPECT_EQ(reply.spec.source, address(them));
    EXPECT_EQ(reply.spec.destination_mac, echo.source_mac);
    EXPECT_EQ(reply.spec.echo_id, 7);
  }
}

TEST(Tap, TakesNothingWhileItIsDown) {
  auto tap = Tap::open(uplink_options());
  ASSERT_TRUE(tap.ok()) << tap.status();
  EXPECT_TRUE(write(*tap, std::string(60, '\0')));
  run("ip link set pt0 down");
  EXPECT_FALSE(write(*tap, std::string(60, '\0')));
}

TEST(Tap, ATakenNameIsAnError) {
  auto tap = Tap::open(uplink_options());
  ASSERT_TRUE(tap.ok()) << tap.status();
  EXPECT_TRUE(absl::IsAlreadyExists(Tap::open(uplink_options()).status()));
  Tap::Options loopback = uplink_options();
  loopback.name = "lo";
  EXPECT_TRUE(absl::IsAlreadyExists(Tap::open(loopback).status())) << Tap::open(loopback).status();
}

TEST(Tap, WhatTheKernelRefusesIsNamed) {
  Tap::Options options = uplink_options();
  options.mac = {{0x01, 0, 0, 0, 0, 0x10}};
  EXPECT_THAT(std::string(Tap::open(options).status().message()),
              HasSubstr("setting MAC address 01:00:00:00:00:10"));
  options = uplink_options();
  options.addresses[0].prefix_length = 33;
  EXPECT_THAT(std::string(Tap::open(options).status().message()),
              HasSubstr("adding address 10.20.0.1/33"));
  EXPECT_TRUE(Tap::open(uplink_options()).ok()) << "nothing was left behind";
}

TEST(KernelInterfaces, AreThoseOfThePortsThatHaveOne) {
  std::vector<PortConfig> ports(3);
  const std::vector<MacAddress> macs(3, uplink_options().mac);
  auto none = KernelInterfaces::open(ports, macs);
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(*none, nullptr);

  for (std::size_t i = 0; i < ports.size(); ++i) {
    ports[i].name = "port" + std::to_string(i);
    ports[i].addresses = {{address("10.0." + std::to_string(i) + ".1"), 24}};
  }
  ports[1].kernel = KernelInterfaceConfig{"pt1", true, 1000};
  ports[2].kernel = KernelInterfaceConfig{"pt2", false, 1000};
  auto interfaces = KernelInterfaces::open(ports, macs);
  ASSERT_TRUE(interfaces.ok()) << interfaces.status();
  EXPECT_THAT(output_of("ip address show pt1"), HasSubstr("10.0.1.1/24"));
  EXPECT_THAT(output_of("ip address show pt2"), testing::Not(HasSubstr("10.0.2.1")));
  EXPECT_EQ((*interfaces)->ports().size(), 2u);
  const std::string frame(60, '\0');
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(frame.data());
  EXPECT_TRUE((*interfaces)->give({2}, bytes, frame.size()));

  EXPECT_THAT(std::string(KernelInterfaces::open(ports, macs).status().message()),
              HasSubstr("port port1: kernel interface pt1: there is an interface of that name"));
}

}  // namespace
}  // namespace portico
