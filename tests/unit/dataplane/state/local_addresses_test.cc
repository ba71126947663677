#include "dataplane/state/local_addresses.h"

#include <gtest/gtest.h>

#include <array>

namespace portico {
namespace {

template <typename Address>
class LocalAddressesTest : public testing::Test {
 protected:
  static Address address(std::uint8_t last) {
    std::array<std::uint8_t, 16> bytes{10, 100, 3, last};
    return Address::from_bytes(bytes.data());
  }

  LocalAddresses<Address> table_{4};
};

using Families = testing::Types<Ipv4Address, Ipv6Address>;
TYPED_TEST_SUITE(LocalAddressesTest, Families);

TYPED_TEST(LocalAddressesTest, UnknownAddressIsNothing) {
  EXPECT_FALSE(this->table_.find(this->address(1)).any());
}

TYPED_TEST(LocalAddressesTest, RolesAddUp) {
  const auto a = this->address(1);
  this->table_.add_snat(a);
  this->table_.add_own(a, PortId{300});
  this->table_.add_service(a);
  const LocalAddress found = this->table_.find(a);
  EXPECT_TRUE(found.own && found.snat && found.service);
  EXPECT_FALSE(found.retired);
  EXPECT_EQ(found.port, PortId{300});
  EXPECT_FALSE(this->table_.find(this->address(2)).any());
}

TYPED_TEST(LocalAddressesTest, ServiceIsCountedThenRetiredThenBack) {
  const auto a = this->address(1);
  this->table_.add_service(a);
  this->table_.add_service(a);
  this->table_.remove_service(a);
  EXPECT_TRUE(this->table_.find(a).service);
  this->table_.remove_service(a);
  EXPECT_FALSE(this->table_.find(a).service);
  EXPECT_TRUE(this->table_.find(a).retired);
  this->table_.remove_service(a);
  this->table_.add_service(a);
  EXPECT_TRUE(this->table_.find(a).service) << "one removal too many does not count";
  EXPECT_FALSE(this->table_.find(a).retired);
}

TYPED_TEST(LocalAddressesTest, TheFirstRetiredGivesWay) {
  for (std::uint8_t i = 1; i <= 4; ++i) ASSERT_TRUE(this->table_.add_service(this->address(i)));
  EXPECT_FALSE(this->table_.add_service(this->address(5))) << "full, and nothing is retired";
  this->table_.remove_service(this->address(3));
  this->table_.remove_service(this->address(1));
  this->table_.remove_service(this->address(2));
  this->table_.add_service(this->address(3));  // back in use: the first retired is now 1
  EXPECT_TRUE(this->table_.add_service(this->address(5)));
  EXPECT_FALSE(this->table_.find(this->address(1)).any());
  EXPECT_TRUE(this->table_.find(this->address(2)).retired);
  EXPECT_TRUE(this->table_.find(this->address(3)).service);
  EXPECT_TRUE(this->table_.add_snat(this->address(6)));
  EXPECT_FALSE(this->table_.find(this->address(2)).any());
  EXPECT_FALSE(this->table_.add_own(this->address(7), PortId{0}));
  EXPECT_EQ(this->table_.size(), 4);
}

// On an address of node ports the port tells who speaks, whatever else the address is.
TYPED_TEST(LocalAddressesTest, NodePortsAreOneRangeOfPorts) {
  const auto a = this->address(1);
  this->table_.add_own(a, PortId{3});
  this->table_.add_snat(a);
  this->table_.add_node_port(a, 30000, 32767);
  const LocalAddress found = this->table_.find(a);
  EXPECT_TRUE(found.own && found.snat && found.node_port);
  EXPECT_FALSE(found.service || found.retired);
  EXPECT_EQ(found.port, PortId{3});
  for (const std::uint16_t port : std::array<std::uint16_t, 2>{30000, 32767}) {
    EXPECT_TRUE(found.faces_clients(L4Port::from_host(port))) << port;
  }
  for (const std::uint16_t port : std::array<std::uint16_t, 3>{29999, 32768, 1024}) {
    EXPECT_FALSE(found.faces_clients(L4Port::from_host(port))) << port;
  }
}

TYPED_TEST(LocalAddressesTest, AnOwnAddressNeverGivesWay) {
  const auto own = this->address(1);
  this->table_.add_own(own, PortId{1});
  this->table_.add_service(own);  // a node port
  this->table_.remove_service(own);
  for (std::uint8_t i = 2; i <= 4; ++i) ASSERT_TRUE(this->table_.add_service(this->address(i)));
  EXPECT_FALSE(this->table_.add_service(this->address(5)));
  EXPECT_TRUE(this->table_.find(own).own);
  EXPECT_TRUE(this->table_.find(own).retired);
}

}  // namespace
}  // namespace portico
