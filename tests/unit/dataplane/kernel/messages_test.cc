#include "dataplane/kernel/messages.h"

#include <gtest/gtest.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>

#include "tests/unit/dataplane/kernel/network_namespace.h"

namespace portico {
namespace {

// A message as the kernel would make it, in memory that ends where it ends.
class Message {
 public:
  explicit Message(std::uint16_t type) : header_(mnl_nlmsg_put_header(memory_)) {
    header_->nlmsg_type = type;
  }
  template <typename Body>
  Body& body() {
    return *static_cast<Body*>(mnl_nlmsg_put_extra_header(header_, sizeof(Body)));
  }
  void put(std::uint16_t type, const IpAddress& value) {
    mnl_attr_put(header_, type, value.size(), value.data());
  }
  void put(std::uint16_t type, std::uint32_t value) { mnl_attr_put_u32(header_, type, value); }
  nlmsghdr* header() { return header_; }

  std::string bytes() const { return std::string(memory_, header_->nlmsg_len); }

 private:
  alignas(4) char memory_[1024] = {};
  nlmsghdr* const header_;
};

template <typename Read>
auto read(const std::string& bytes, Read&& function) {
  const auto copy = std::make_unique<char[]>(bytes.size());  // aligned, and not a byte more
  std::memcpy(copy.get(), bytes.data(), bytes.size());
  return function(*reinterpret_cast<const nlmsghdr*>(copy.get()));
}

Message route_message() {
  Message message(RTM_NEWROUTE);
  auto& body = message.body<rtmsg>();
  body.rtm_family = AF_INET;
  body.rtm_dst_len = 24;
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_type = RTN_UNICAST;
  message.put(RTA_DST, address("192.168.1.0"));
  message.put(RTA_PRIORITY, 20);
  nlattr* const multipath = mnl_attr_nest_start(message.header(), RTA_MULTIPATH);
  for (const unsigned interface : {7u, 8u}) {
    auto* const hop =
        static_cast<rtnexthop*>(mnl_nlmsg_put_extra_header(message.header(), sizeof(rtnexthop)));
    hop->rtnh_ifindex = static_cast<int>(interface);
    message.put(RTA_GATEWAY, address("10.0.0." + std::to_string(interface)));
    hop->rtnh_len = sizeof(rtnexthop) + 8;
  }
  mnl_attr_nest_end(message.header(), multipath);
  return message;
}

TEST(Messages, ARouteOfSeveralNextHops) {
  const auto route = read(route_message().bytes(), read_route);
  ASSERT_TRUE(route.has_value());
  EXPECT_EQ(route->prefix, prefix("192.168.1.0/24"));
  EXPECT_EQ(route->table, 254u);
  EXPECT_EQ(route->metric, 20u);
  ASSERT_EQ(route->hops.size(), 2u);
  EXPECT_EQ(route->hops[0], (RouteUpdate::Hop{7, address("10.0.0.7")}));
  EXPECT_EQ(route->hops[1], (RouteUpdate::Hop{8, address("10.0.0.8")}));
}

TEST(Messages, RoutesThatAreNone) {
  const auto changed = [](auto&& change) {
    Message message = route_message();
    change(*static_cast<rtmsg*>(mnl_nlmsg_get_payload(message.header())));
    return read(message.bytes(), read_route).has_value();
  };
  EXPECT_TRUE(changed([](rtmsg&) {}));
  EXPECT_FALSE(changed([](rtmsg& body) { body.rtm_type = RTN_LOCAL; }));
  EXPECT_FALSE(changed([](rtmsg& body) { body.rtm_dst_len = 33; }));
  EXPECT_FALSE(changed([](rtmsg& body) { body.rtm_family = AF_BRIDGE; }));
  EXPECT_FALSE(changed([](rtmsg& body) { body.rtm_family = AF_INET6; }));  // an IPv4 address
  EXPECT_FALSE(changed([](rtmsg& body) { body.rtm_flags = RTM_F_CLONED; }));
  EXPECT_FALSE(changed([](rtmsg& body) { body.rtm_tos = 4; }));
}

// RFC 4861 section 6.2.7: advertisements are to be checked, not followed, by a router.
TEST(Messages, RoutesThatStrangersMade) {
  const auto is_fleeting = [](std::uint8_t protocol, std::uint32_t expires) {
    Message message = route_message();
    static_cast<rtmsg*>(mnl_nlmsg_get_payload(message.header()))->rtm_protocol = protocol;
    rta_cacheinfo info{};
    info.rta_expires = static_cast<std::int32_t>(expires);
    mnl_attr_put(message.header(), RTA_CACHEINFO, sizeof info, &info);
    return read(message.bytes(), read_route)->is_fleeting;
  };
  EXPECT_FALSE(is_fleeting(RTPROT_STATIC, 0));
  EXPECT_FALSE(is_fleeting(RTPROT_BGP, 0));
  EXPECT_FALSE(is_fleeting(RTPROT_KERNEL, 0));
  EXPECT_TRUE(is_fleeting(RTPROT_RA, 0));
  EXPECT_TRUE(is_fleeting(RTPROT_REDIRECT, 0));
  EXPECT_TRUE(is_fleeting(RTPROT_KERNEL, 6000)) << "the prefix of an advertisement";
}

// Cut anywhere, and with any byte changed: never a byte read too far (a sanitizer sees it), never a
// next hop that is on no interface.
TEST(Messages, DamageIsSurvived) {
  Message neighbor(RTM_NEWNEIGH);
  auto& body = neighbor.body<ndmsg>();
  body.ndm_family = AF_INET;
  body.ndm_state = NUD_PERMANENT;
  neighbor.put(NDA_DST, address("10.0.0.5"));
  mnl_attr_put(neighbor.header(), NDA_LLADDR, 6, "\x02\0\0\0\0\x05");
  ASSERT_TRUE(read(neighbor.bytes(), read_neighbor).has_value());

  for (const std::string& whole : {route_message().bytes(), neighbor.bytes()}) {
    for (std::size_t length = sizeof(nlmsghdr); length < whole.size(); ++length) {
      std::string bytes = whole.substr(0, length);
      const auto told = static_cast<std::uint32_t>(length);
      bytes.replace(0, sizeof told, reinterpret_cast<const char*>(&told), sizeof told);
      read(bytes, read_route);
      read(bytes, read_neighbor);
      read(bytes, read_interface);
    }
    for (std::size_t at = sizeof(nlmsghdr); at < whole.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(value);
        read(bytes, read_route);
        read(bytes, read_neighbor);
      }
    }
  }
}

}  // namespace
}  // namespace portico
