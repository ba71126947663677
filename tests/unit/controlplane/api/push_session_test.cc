#include "controlplane/api/push_session.h"

#include <string>
#include <vector>

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

// As the same requests one by one: the last of several about one object counts.
TEST(PushSession, ChangesAreMadeInTheirOrder) {
  FakeDataPlane data_plane;
  Ledger ledger(data_plane, {});
  PushSession session(ledger, {});
  ASSERT_TRUE(session.handle(open_as("a")).ok());
  const v1::PushRequest web = set_service("default/web", "10.0.0.1");
  const v1::PushRequest one = set_endpoint("default/web", "one", "192.168.1.1");
  const v1::PushRequest moved = set_endpoint("default/web", "one", "192.168.1.9");
  const v1::PushRequest two = set_endpoint("default/web", "two", "192.168.1.2");
  const v1::PushRequest not_one = delete_endpoint("default/web", "one");
  const auto addresses = [&] {
    std::vector<std::string> all;
    const auto ports = data_plane.service_ports();
    for (const auto& endpoint : ports.at("default/web:http/IPv4").endpoints) {
      all.push_back(endpoint.address.to_string());
    }
    return all;
  };
  EXPECT_TRUE(session.handle(changes({web, one, two, not_one})).ok());
  EXPECT_TRUE(data_plane.service_ports().empty());  // nothing before Sync
  ASSERT_TRUE(session.handle(sync(1)).ok());
  EXPECT_EQ(addresses(), std::vector<std::string>{"192.168.1.2"});

  EXPECT_TRUE(session.handle(changes({})).ok());
  EXPECT_TRUE(session.handle(changes({not_one, one})).ok());
  EXPECT_TRUE(session.handle(delete_endpoint("default/web", "two")).ok());
  EXPECT_TRUE(session.handle(changes({moved})).ok());
  ASSERT_TRUE(session.handle(sync(2)).ok());
  EXPECT_EQ(addresses(), std::vector<std::string>{"192.168.1.9"});
}

TEST(PushSession, TheChangeThatIsUnknownIsNamed) {
  const v1::PushRequest good = set_service("default/one", "10.0.0.1");
  v1::PushRequest empty_set, empty_delete;
  empty_set.mutable_set();
  empty_delete.mutable_delete_();
  FakeDataPlane data_plane;
  Ledger ledger(data_plane, {});
  const auto error_of = [&](const v1::PushRequest& request) {
    PushSession session(ledger, {});
    EXPECT_TRUE(session.handle(open_as("a")).ok());
    const absl::Status status = session.handle(request).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  EXPECT_EQ(error_of(changes({good, v1::PushRequest()})),
            "changes[1]: the change is empty or of a kind unknown here");
  EXPECT_EQ(error_of(changes({good, good, empty_set})),
            "changes[2].set: the object is missing or of a kind unknown here");
  EXPECT_EQ(error_of(changes({empty_delete, good})),
            "changes[0].delete: the object is missing or of a kind unknown here");
  PushSession unopened(ledger, {});
  EXPECT_TRUE(absl::IsInvalidArgument(unopened.handle(changes({good})).status()));
}

TEST(PushSession, TheLimitsHoldForChangesToo) {
  const v1::PushRequest one = set_service("default/one", "10.0.0.1");
  const v1::PushRequest two = set_service("default/two", "10.0.0.2");
  const v1::PushRequest three = set_service("default/three", "10.0.0.3");
  FakeDataPlane data_plane;
  Ledger ledger(data_plane, {});
  PushSession by_objects(ledger, {.pending_objects = 2, .pending_bytes = 1 << 20});
  ASSERT_TRUE(by_objects.handle(open_as("a")).ok());
  EXPECT_TRUE(by_objects.handle(changes({one, two, one})).ok());
  EXPECT_TRUE(by_objects.handle(sync(1)).ok());
  EXPECT_TRUE(by_objects.handle(changes({one, two})).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(by_objects.handle(changes({three})).status()));

  const std::size_t bytes = changes({one, two}).ByteSizeLong();
  PushSession by_bytes(ledger, {.pending_objects = 10, .pending_bytes = bytes});
  ASSERT_TRUE(by_bytes.handle(open_as("b")).ok());
  EXPECT_TRUE(by_bytes.handle(changes({one, two})).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(by_bytes.handle(changes({one})).status()));
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
