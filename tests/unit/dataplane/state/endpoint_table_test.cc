#include "dataplane/state/endpoint_table.h"

#include <gtest/gtest.h>

#include <vector>

namespace portico {
namespace {

TEST(EndpointTable, DefaultReferenceNeverExists) {
  EndpointTable table(4);
  EXPECT_FALSE(table.exists(EndpointRef{}));
  EndpointRef ref;
  ASSERT_TRUE(table.allocate(ref));
  EXPECT_FALSE(table.exists(EndpointRef{}));
  EXPECT_NE(ref, EndpointRef{});
}

TEST(EndpointTable, ExistsUntilFreed) {
  EndpointTable table(4);
  EndpointRef ref;
  ASSERT_TRUE(table.allocate(ref));
  EXPECT_TRUE(table.exists(ref));
  EXPECT_EQ(table.size(), 1);
  table.free(ref);
  EXPECT_FALSE(table.exists(ref));
  EXPECT_EQ(table.size(), 0);
  table.free(ref);
  EXPECT_EQ(table.size(), 0) << "freed twice";
}

TEST(EndpointTable, OldReferenceNeverLeadsToTheNextTenant) {
  EndpointTable table(1);
  std::vector<EndpointRef> old;
  for (int i = 0; i < 100; ++i) {
    EndpointRef ref;
    ASSERT_TRUE(table.allocate(ref));
    for (const EndpointRef& gone : old) ASSERT_FALSE(table.exists(gone));
    EXPECT_TRUE(table.exists(ref));
    table.free(ref);
    table.release();
    old.push_back(ref);
  }
}

TEST(EndpointTable, SlotIsUsedAgainOnlyAfterRelease) {
  EndpointTable table(2);
  EndpointRef first, second, third;
  ASSERT_TRUE(table.allocate(first));
  table.free(first);
  ASSERT_TRUE(table.allocate(second));
  EXPECT_NE(second.slot, first.slot);
  EXPECT_FALSE(table.allocate(third)) << "the first slot waits";
  table.release();
  ASSERT_TRUE(table.allocate(third));
  EXPECT_EQ(third.slot, first.slot);
}

// Others keep arrays beside the table.
TEST(EndpointTable, SlotsAreBelowTheCapacity) {
  EndpointTable table(100);
  std::vector<EndpointRef> refs(100);
  for (int round = 0; round < 5; ++round) {
    for (EndpointRef& ref : refs) {
      ASSERT_TRUE(table.allocate(ref));
      EXPECT_LT(ref.slot, 100);
    }
    for (const EndpointRef& ref : refs) table.free(ref);
    table.release();
  }
}

TEST(EndpointTable, RefusesMoreThanItsCapacity) {
  EndpointTable table(3);
  EndpointRef ref;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(table.allocate(ref));
  EXPECT_FALSE(table.allocate(ref));
  EXPECT_EQ(table.size(), table.capacity());
}

}  // namespace
}  // namespace portico
