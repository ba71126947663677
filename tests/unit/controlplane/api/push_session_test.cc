#include "controlplane/api/push_session.h"

#include "controlplane/api/ledger.h"
#include "tests/unit/controlplane/api/api_fixture.h"

namespace portico {
namespace {

TEST(PushSession, MoreThanTheLimitsWithoutASyncEndsIt) {
  FakeDataPlane data_plane;
  Ledger ledger(data_plane, {});
  PushSession by_objects(ledger, {.pending_objects = 2, .pending_bytes = 1 << 20});
  ASSERT_TRUE(by_objects.handle(open_as("a")).ok());
  EXPECT_TRUE(by_objects.handle(set_service("default/one", "10.0.0.1")).ok());
  EXPECT_TRUE(by_objects.handle(set_service("default/two", "10.0.0.2")).ok());
  EXPECT_TRUE(by_objects.handle(set_service("default/two", "10.0.0.3")).ok());  // the same object
  EXPECT_TRUE(by_objects.handle(sync(1)).ok());
  EXPECT_TRUE(by_objects.handle(set_service("default/four", "10.0.0.4")).ok());
  EXPECT_TRUE(by_objects.handle(set_service("default/five", "10.0.0.5")).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(
      by_objects.handle(set_service("default/six", "10.0.0.6")).status()));

  PushSession by_bytes(ledger, {.pending_objects = 10, .pending_bytes = 100});
  ASSERT_TRUE(by_bytes.handle(open_as("b")).ok());
  EXPECT_TRUE(by_bytes.handle(set_service("default/one", "10.0.0.1")).ok());
  EXPECT_TRUE(by_bytes.handle(set_service("default/one", "10.0.0.1")).ok());
  EXPECT_TRUE(
      absl::IsResourceExhausted(by_bytes.handle(set_service("default/one", "10.0.0.1")).status()));
}

TEST(PushSession, TwoStreamsOfOneSourceShareWhatItHas) {
  FakeDataPlane data_plane;
  Ledger ledger(data_plane, {});
  PushSession first(ledger, {});
  PushSession second(ledger, {});
  ASSERT_TRUE(first.handle(open_as("a")).ok());
  ASSERT_TRUE(second.handle(open_as("a")).ok());
  EXPECT_EQ(ledger.sources().at(0).streams, 2u);
  ASSERT_TRUE(first.handle(set_service("default/one", "10.0.0.1")).ok());
  ASSERT_TRUE(first.handle(sync(1)).ok());
  ASSERT_TRUE(second.handle(set_service("default/two", "10.0.0.2")).ok());
  ASSERT_TRUE(second.handle(sync(2)).ok());
  EXPECT_EQ(data_plane.service_ports().size(), 2u);
  ASSERT_TRUE(first.handle(reset()).ok());
  ASSERT_TRUE(first.handle(sync(3)).ok());
  EXPECT_TRUE(data_plane.service_ports().empty());
}

// Else every name that ever was would be listed for ever.
TEST(PushSession, ASourceThatHasNothingIsForgottenAfterAWhile) {
  FakeDataPlane data_plane;
  Ledger ledger(data_plane, {});
  for (const char* source : {"empty", "full"}) {
    PushSession session(ledger, {});
    ASSERT_TRUE(session.handle(open_as(source)).ok());
    ASSERT_TRUE(session.handle(set_service(std::string(source) + "/one", "10.0.0.1")).ok());
    if (source == std::string("empty")) {
      ASSERT_TRUE(session.handle(reset()).ok());
    }
    ASSERT_TRUE(session.handle(sync(1)).ok());
  }
  EXPECT_EQ(ledger.sources().size(), 2u);
  const auto later = ledger.sources(absl::Now() + absl::Minutes(11));
  ASSERT_EQ(later.size(), 1u);
  EXPECT_EQ(later[0].name, "full");
}

}  // namespace
}  // namespace portico
