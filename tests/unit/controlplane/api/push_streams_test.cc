#include "controlplane/api/push_streams.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class PushStreamsTest : public testing::Test {
 protected:
  // A stream of `source`, named by itself.
  void open(const std::string& stream, const std::string& source) {
    streams_.enter(id(stream), [this, stream] { ended_.push_back(stream); });
    streams_.open(id(stream), source);
  }
  // Which end when `stream` leaves.
  std::vector<std::string> leave(const std::string& stream) {
    ended_.clear();
    streams_.leave(id(stream));
    return ended_;
  }
  std::vector<std::string> end_all() {
    ended_.clear();
    streams_.end_all();
    return ended_;
  }
  static PushStreams::Id id(const std::string& stream) { return &names()[stream]; }

  PushStreams streams_;

 private:
  static std::map<std::string, int>& names() {
    static std::map<std::string, int> names;
    return names;
  }
  std::vector<std::string> ended_;
};

TEST_F(PushStreamsTest, WhoChangedNothingEndsNobody) {
  open("a", "kubernetes");
  open("b", "kubernetes");
  streams_.note_change(id("b"));
  EXPECT_THAT(leave("a"), IsEmpty());
  EXPECT_EQ(streams_.size(), 1u);
}

TEST_F(PushStreamsTest, WhoChangedAnythingEndsTheOthersOfItsSource) {
  open("a", "kubernetes");
  open("b", "kubernetes");
  open("c", "kubernetes");
  open("d", "another");
  streams_.enter(id("e"), [] { FAIL() << "its source is not known yet"; });
  streams_.note_change(id("b"));
  EXPECT_THAT(leave("b"), UnorderedElementsAre("a", "c"));
}

TEST_F(PushStreamsTest, WhoIsEndedEndsNobodyForWhatItHadChanged) {
  open("a", "kubernetes");
  open("b", "kubernetes");
  streams_.note_change(id("a"));
  streams_.note_change(id("b"));
  EXPECT_THAT(leave("a"), ElementsAre("b"));
  open("a", "kubernetes");
  EXPECT_THAT(leave("b"), IsEmpty());
}

// A Sync that had arrived takes effect after the others have sent everything anew.
TEST_F(PushStreamsTest, WhatAnEndedOneStillChangesCounts) {
  open("a", "kubernetes");
  open("b", "kubernetes");
  streams_.note_change(id("a"));
  EXPECT_THAT(leave("a"), ElementsAre("b"));
  open("a", "kubernetes");
  streams_.note_change(id("b"));
  EXPECT_THAT(leave("b"), ElementsAre("a"));
}

TEST_F(PushStreamsTest, AllEndAtOnceAndNoOtherWithThem) {
  open("a", "kubernetes");
  open("b", "kubernetes");
  open("c", "another");
  streams_.note_change(id("a"));
  EXPECT_THAT(end_all(), UnorderedElementsAre("a", "b", "c"));
  EXPECT_THAT(leave("a"), IsEmpty());
}

}  // namespace
}  // namespace portico
