#include "dataplane/runtime/shared_room.h"

#include "gtest/gtest.h"

namespace portico {
namespace {

std::size_t fill(SharedRoom& room, std::size_t owner) {
  std::size_t taken = 0;
  while (room.take(owner)) ++taken;
  return taken;
}

TEST(SharedRoom, LeavesEachOwnerItsPart) {
  SharedRoom room(24, 3);  // 4 for each, 12 for all
  EXPECT_EQ(fill(room, 0), 16u);
  EXPECT_EQ(fill(room, 1), 4u);
  EXPECT_EQ(fill(room, 2), 4u);
  EXPECT_EQ(fill(room, 0), 0u);
}

TEST(SharedRoom, TakesBackWhatIsCommonFirst) {
  SharedRoom room(24, 3);
  fill(room, 0);
  room.give_back(0);
  EXPECT_EQ(fill(room, 1), 5u);
  room.give_back(0, 15);
  EXPECT_EQ(fill(room, 1), 11u);
  EXPECT_EQ(fill(room, 0), 4u);
  EXPECT_EQ(fill(room, 2), 4u);
}

TEST(SharedRoom, BelongsToOneOwnerAlone) {
  SharedRoom room(5, 1);
  EXPECT_EQ(fill(room, 0), 5u);
  room.give_back(0, 5);
  EXPECT_EQ(fill(room, 0), 5u);
}

}  // namespace
}  // namespace portico
