#include "dataplane/state/tcp_sequences.h"

#include <gtest/gtest.h>

namespace portico {
namespace {

ConnectionRef ref(std::uint32_t index, Direction direction) {
  ConnectionRef ref;
  ref.index = index;
  ref.direction = direction;
  return ref;
}

TEST(TcpSequences, AreKeptWhereTheyAreAskedFor) {
  EXPECT_FALSE(TcpSequences(0).kept());
  EXPECT_TRUE(TcpSequences(1).kept());
}

// RFC 9293 section 3.4: numbers are compared modulo 2^32.
TEST(TcpSequences, OnlyGrowUntilTheNextSyn) {
  TcpSequences sequences(2);
  const ConnectionRef client = ref(1, Direction::kOriginal);
  sequences.note(client, 0xfffffff0, true);
  sequences.note(client, 0xffffff00, false);  // a retransmission
  EXPECT_EQ(sequences.next(1, Direction::kOriginal), 0xfffffff0u);
  sequences.note(client, 16, false);
  EXPECT_EQ(sequences.next(1, Direction::kOriginal), 16u);
  sequences.note(client, 0xfffffff0, false);
  EXPECT_EQ(sequences.next(1, Direction::kOriginal), 16u);
  sequences.note(client, 5, true);
  EXPECT_EQ(sequences.next(1, Direction::kOriginal), 5u);
}

TEST(TcpSequences, AreOfOneConnectionAndDirection) {
  TcpSequences sequences(2);
  sequences.note(ref(0, Direction::kOriginal), 1, true);
  sequences.note(ref(0, Direction::kReply), 2, true);
  sequences.note(ref(1, Direction::kOriginal), 3, true);
  EXPECT_EQ(sequences.next(0, Direction::kOriginal), 1u);
  EXPECT_EQ(sequences.next(0, Direction::kReply), 2u);
  EXPECT_EQ(sequences.next(1, Direction::kOriginal), 3u);
}

}  // namespace
}  // namespace portico
