#include "dataplane/state/endpoint_usage.h"

#include <gtest/gtest.h>

namespace portico {
namespace {

TEST(EndpointUsage, KnowsTheWayToOneTenantForOneEpoch) {
  EndpointTable endpoints(4);
  EndpointUsage usage(endpoints, 4);
  EndpointRef first;
  ASSERT_TRUE(endpoints.allocate(first));
  EXPECT_EQ(usage.way(first, 0), NeighborTable::kNoPlace);
  usage.learn_way(first, 7, 42);
  EXPECT_EQ(usage.way(first, 7), 42u);
  EXPECT_EQ(usage.way(first, 8), NeighborTable::kNoPlace) << "routes or neighbors have changed";
  const EndpointRef next{first.slot, first.generation + 2};
  EXPECT_EQ(usage.way(next, 7), NeighborTable::kNoPlace) << "the slot's next tenant";
  EXPECT_EQ(usage[first.slot].opened.get(), 0u);
}

}  // namespace
}  // namespace portico
