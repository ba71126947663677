#include "dataplane/state/service_table.h"

#include <gtest/gtest.h>

#include <array>

namespace portico {
namespace {

template <typename Address>
class ServiceTableTest : public testing::Test {
 protected:
  static ServiceKey<Address> key(std::uint8_t host, std::uint16_t port,
                                 Protocol protocol = Protocol::kTcp) {
    std::array<std::uint8_t, 16> bytes{10, 100, 3, host};
    return {Address::from_bytes(bytes.data()), L4Port::from_host(port), protocol};
  }

  ServiceTable<Address> table_{100};
  ServiceEntry<Address> web_;
  ServiceEntry<Address> dns_;
};

using Families = testing::Types<Ipv4Address, Ipv6Address>;
TYPED_TEST_SUITE(ServiceTableTest, Families);

TYPED_TEST(ServiceTableTest, EachPartOfTheKeyCounts) {
  this->table_.set(this->key(59, 80), &this->web_);
  EXPECT_EQ(this->table_.find(this->key(59, 80)), &this->web_);
  EXPECT_EQ(this->table_.find(this->key(60, 80)), nullptr);
  EXPECT_EQ(this->table_.find(this->key(59, 81)), nullptr);
  EXPECT_EQ(this->table_.find(this->key(59, 80, Protocol::kUdp)), nullptr);
}

TYPED_TEST(ServiceTableTest, FindsManyAtOnceAndClearsTheOthers) {
  this->table_.set(this->key(59, 80), &this->web_);
  this->table_.set(this->key(10, 53, Protocol::kUdp), &this->dns_);
  const std::array keys = {this->key(1, 1), this->key(59, 80), this->key(10, 53),
                           this->key(10, 53, Protocol::kUdp), this->key(59, 80)};
  std::array<const ServiceEntry<TypeParam>*, 5> entries;
  entries.fill(&this->dns_);
  this->table_.find(keys.data(), keys.size(), entries.data());
  EXPECT_EQ(entries, (std::array<const ServiceEntry<TypeParam>*, 5>{nullptr, &this->web_, nullptr,
                                                                    &this->dns_, &this->web_}));
}

TYPED_TEST(ServiceTableTest, ReplacesAndErases) {
  this->table_.set(this->key(59, 80), &this->web_);
  this->table_.set(this->key(59, 80), &this->dns_);
  EXPECT_EQ(this->table_.find(this->key(59, 80)), &this->dns_);
  EXPECT_EQ(this->table_.size(), 1);
  this->table_.erase(this->key(59, 80));
  EXPECT_EQ(this->table_.find(this->key(59, 80)), nullptr);
  EXPECT_EQ(this->table_.size(), 0);
}

TYPED_TEST(ServiceTableTest, FullTableRefuses) {
  for (std::uint16_t port = 1; port <= 100; ++port) {
    ASSERT_TRUE(this->table_.set(this->key(59, port), &this->web_));
  }
  EXPECT_FALSE(this->table_.set(this->key(59, 101), &this->web_));
  EXPECT_EQ(this->table_.find(this->key(59, 101)), nullptr);
  this->table_.erase(this->key(59, 1));
  EXPECT_TRUE(this->table_.set(this->key(59, 101), &this->web_));
}

}  // namespace
}  // namespace portico
