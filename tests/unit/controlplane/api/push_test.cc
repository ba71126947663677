// Conversations on Push.

#include "gmock/gmock.h"
#include "tests/unit/controlplane/api/api_fixture.h"

namespace portico {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::UnorderedElementsAre;

class PushTest : public ApiTest {
 protected:
  void SetUp() override { start(); }

  v1::Status status() {
    grpc::ClientContext context;
    v1::Status response;
    const grpc::Status status = gateway_->GetStatus(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
};

TEST_F(PushTest, EverythingThenAChange) {
  const auto client = push("kubernetes");
  const v1::PushResponse first = client->ask(reset(), set_service("default/web", "10.100.3.59"),
                                             set_endpoint("default/web", "uid-1", "192.168.1.3"),
                                             set_endpoint("default/web", "uid-2", "192.168.1.4"),
                                             set_route("192.168.1.0/24", "10.12.22.151"), sync(7));
  ASSERT_TRUE(first.has_acknowledgement()) << first.ShortDebugString();
  EXPECT_EQ(first.acknowledgement().revision(), 7u);
  ASSERT_THAT(data_plane_.service_ports(), ElementsAre(Key("default/web:http/IPv4")));
  EXPECT_EQ(data_plane_.service_ports().at("default/web:http/IPv4").endpoints.size(), 2u);
  EXPECT_EQ(data_plane_.route_table().size(), 1u);

  EXPECT_TRUE(client->ask(delete_endpoint("default/web", "uid-1"), sync(8)).has_acknowledgement());
  EXPECT_EQ(data_plane_.service_ports().at("default/web:http/IPv4").endpoints.size(), 1u);
  EXPECT_THAT(data_plane_.last_change().set_routes, IsEmpty());
}

TEST_F(PushTest, ManyChangesInOneMessage) {
  const auto client = push("kubernetes");
  const v1::PushRequest objects = changes({set_service("default/web", "10.100.3.59"),
                                           set_endpoint("default/web", "uid-1", "192.168.1.3"),
                                           set_endpoint("default/web", "uid-2", "192.168.1.4")});
  const v1::PushRequest more = changes(
      {set_route("192.168.1.0/24", "10.12.22.151"), delete_endpoint("default/web", "uid-1")});
  const v1::PushResponse response = client->ask(reset(), objects, more, sync(7));
  ASSERT_TRUE(response.has_acknowledgement()) << response.ShortDebugString();
  EXPECT_EQ(data_plane_.service_ports().at("default/web:http/IPv4").endpoints.size(), 1u);
  EXPECT_EQ(data_plane_.route_table().size(), 1u);
}

TEST_F(PushTest, NothingTakesEffectBeforeSync) {
  const auto client = push("kubernetes");
  client->send(reset(), set_service("default/web", "10.100.3.59"));
  client->finish();
  EXPECT_EQ(data_plane_.applied(), 0);
}

TEST_F(PushTest, TheSameAgainDoesNotTouchTheDataPlane) {
  const auto client = push("kubernetes");
  client->ask(reset(), set_service("default/web", "10.100.3.59"), sync(1));
  EXPECT_TRUE(client->ask(reset(), set_service("default/web", "10.100.3.59"), sync(2))
                  .has_acknowledgement());
  EXPECT_EQ(data_plane_.applied(), 1);
}

TEST_F(PushTest, ARefusalNamesWhatIsWrongAndChangesNothing) {
  const auto client = push("kubernetes");
  client->ask(reset(), set_service("default/web", "10.100.3.59"), sync(1));
  const auto before = data_plane_.service_ports();

  const v1::PushResponse refused = client->ask(
      set_service("default/other", "10.100.3.60"), set_service("default/bad", "10.100.3.61", 0),
      set_endpoint("default/web", "uid-6", "2001:db8::1"), sync(2));
  ASSERT_TRUE(refused.has_refusal()) << refused.ShortDebugString();
  EXPECT_EQ(refused.refusal().revision(), 2u);
  EXPECT_EQ(refused.refusal().violation_count(), 2u);
  ASSERT_EQ(refused.refusal().violations_size(), 2);
  EXPECT_EQ(refused.refusal().violations(0).object(), "service default/bad");
  EXPECT_EQ(refused.refusal().violations(0).field(), "ports[0].port");
  EXPECT_THAT(refused.refusal().violations(0).message(), HasSubstr("is 0"));
  EXPECT_EQ(refused.refusal().violations(1).object(), "endpoint default/web/uid-6");
  EXPECT_EQ(data_plane_.service_ports(), before);

  // What was sent with the refused Sync is forgotten; the stream goes on.
  EXPECT_TRUE(client->ask(sync(3)).has_acknowledgement());
  EXPECT_EQ(data_plane_.service_ports(), before);
  EXPECT_EQ(status().sources(0).refusals(), 1u);
  EXPECT_EQ(status().sources(0).revision(), 3u);
}

TEST_F(PushTest, ARefusalByTheDataPlaneNamesTheRoute) {
  const auto client = push("kubernetes");
  data_plane_.fail_next(absl::InvalidArgumentError("route 110.0.0.0/8: no port reaches 10.9.9.9"));
  const v1::PushResponse refused =
      client->ask(set_route("10.0.0.0/8", "10.9.9.9"), set_route("110.0.0.0/8", "10.9.9.9"),
                  set_service("default/web", "10.100.3.59"), sync(1));
  ASSERT_TRUE(refused.has_refusal());
  ASSERT_EQ(refused.refusal().violations_size(), 1);
  EXPECT_EQ(refused.refusal().violation_count(), 1u);
  EXPECT_EQ(refused.refusal().violations(0).object(), "route 110.0.0.0/8");
  EXPECT_THAT(refused.refusal().violations(0).message(), HasSubstr("no port reaches"));

  // The state was rolled back with it: the same again is a change, and goes through.
  EXPECT_TRUE(
      client->ask(set_service("default/web", "10.100.3.59"), sync(2)).has_acknowledgement());
  EXPECT_THAT(data_plane_.service_ports(), ElementsAre(Key("default/web:http/IPv4")));
  EXPECT_THAT(data_plane_.route_table(), IsEmpty());
}

TEST_F(PushTest, ACapacityIsTheFaultOfNoObject) {
  data_plane_.fail_next(absl::ResourceExhaustedError("capacity.frontends: 65536 are in use"));
  const v1::PushResponse refused =
      push("kubernetes")->ask(set_service("default/web", "10.100.3.59"), sync(1));
  ASSERT_TRUE(refused.has_refusal());
  EXPECT_EQ(refused.refusal().violations(0).object(), "");
  EXPECT_THAT(refused.refusal().violations(0).message(), HasSubstr("capacity.frontends"));
}

TEST_F(PushTest, ViolationsAreCountedBeyondTheHundredThatAreTold) {
  const auto client = push("kubernetes");
  for (int i = 0; i < 130; ++i) {
    client->send(set_service("default/web-" + std::to_string(i), "10.0.0." + std::to_string(i), 0));
  }
  const v1::PushResponse refused = client->ask(sync(1));
  EXPECT_EQ(refused.refusal().violations_size(), 100);
  EXPECT_EQ(refused.refusal().violation_count(), 130u);
}

TEST_F(PushTest, SourcesAreSeparate) {
  const auto a = push("a");
  const auto b = push("b");
  a->ask(reset(), set_service("default/one", "10.0.0.1"), sync(1));
  EXPECT_TRUE(
      b->ask(reset(), set_service("default/two", "10.0.0.2"), sync(9)).has_acknowledgement());
  // A Reset forgets only what is one's own.
  EXPECT_THAT(data_plane_.service_ports(),
              UnorderedElementsAre(Key("default/one:http/IPv4"), Key("default/two:http/IPv4")));

  const v1::PushResponse refused = b->ask(set_service("default/one", "10.0.0.3"),
                                          set_service("default/three", "10.0.0.1"), sync(10));
  ASSERT_TRUE(refused.has_refusal());
  EXPECT_EQ(refused.refusal().violations(0).message(), "is held by source \"a\"");
  EXPECT_EQ(refused.refusal().violations(1).message(),
            "10.0.0.1:80/TCP belongs to service default/one of source \"a\"");
  const v1::Status now = status();
  ASSERT_EQ(now.sources_size(), 2);
  EXPECT_EQ(now.sources(0).name(), "a");
  EXPECT_EQ(now.sources(0).streams(), 1u);
  EXPECT_EQ(now.sources(0).user_agent(), "test/1");
  EXPECT_EQ(now.sources(1).revision(), 9u);
  EXPECT_EQ(now.sources(1).services(), 1u);
}

TEST_F(PushTest, WhatWasAcceptedStaysWhenTheStreamEnds) {
  auto client = push("kubernetes");
  client->ask(set_service("default/web", "10.100.3.59"), sync(42));
  EXPECT_TRUE(client->finish().ok());
  EXPECT_EQ(data_plane_.service_ports().size(), 1u);

  PushClient again(channel_);
  const v1::PushResponse opened = again.ask(open_as("kubernetes"));
  EXPECT_EQ(opened.opened().revision(), 42u);
  EXPECT_EQ(opened.opened().version(), PORTICO_VERSION);
  const v1::PushResponse unknown = PushClient(channel_).ask(open_as("another"));
  EXPECT_FALSE(unknown.opened().has_revision());
}

// What it set may be older than what they had set: they are to send everything again.
TEST_F(PushTest, AStreamThatHasChangedAnythingEndsTheOthersOfItsSourceWithIt) {
  const auto fresh = push("kubernetes");
  const auto other = push("other");
  const auto same = push("kubernetes");
  EXPECT_TRUE(same->ask(reset(), sync(1)).has_acknowledgement());
  EXPECT_TRUE(same->finish().ok());
  EXPECT_TRUE(fresh->ask(set_service("default/web", "10.0.0.1"), sync(2)).has_acknowledgement())
      << "one that has changed nothing ends no other";

  const auto stale = push("kubernetes");
  EXPECT_TRUE(stale->ask(reset(), sync(3)).has_acknowledgement());
  EXPECT_TRUE(fresh->ask(sync(4)).has_acknowledgement()) << "it may catch up yet";
  EXPECT_TRUE(stale->finish().ok());
  EXPECT_EQ(fresh->receive().response_case(), v1::PushResponse::RESPONSE_NOT_SET);
  EXPECT_EQ(fresh->finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(other->ask(sync(5)).has_acknowledgement()) << "of another source";

  const auto first = push("kubernetes");
  const auto second = push("kubernetes");
  EXPECT_TRUE(
      first->ask(reset(), set_service("default/web", "10.0.0.1"), sync(6)).has_acknowledgement());
  EXPECT_TRUE(second->ask(sync(7)).has_acknowledgement()) << "who was ended ends nobody";
}

TEST_F(PushTest, AnswersComeInOrderOneForEachSync) {
  const auto client = push("kubernetes");
  client->send(set_service("default/web", "10.100.3.59"), sync(1),
               set_service("default/web", "127.0.0.1"), sync(2), sync(3));
  EXPECT_EQ(client->receive().acknowledgement().revision(), 1u);
  EXPECT_EQ(client->receive().refusal().revision(), 2u);
  EXPECT_EQ(client->receive().acknowledgement().revision(), 3u);
}

TEST_F(PushTest, StreamsThatAreNoConversation) {
  const auto end_of = [&](const auto&... requests) {
    PushClient client(channel_);
    client.send(requests...);
    return client.finish();
  };
  const auto expect_invalid = [](const grpc::Status& status, const std::string& message) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr(message));
  };
  expect_invalid(end_of(sync(1)), "first request must be Open");
  expect_invalid(end_of(v1::PushRequest()), "first request must be Open");
  expect_invalid(end_of(open_as("a"), open_as("a")), "only the first request");
  for (const std::string& source : {std::string(), std::string("Kube"), std::string("../a"),
                                    std::string("a_b"), std::string(64, 'a')}) {
    expect_invalid(end_of(open_as(source)), "open.source");
  }
  v1::PushRequest empty_set;
  empty_set.mutable_set();
  expect_invalid(end_of(open_as("a"), empty_set), "set: the object is missing");
  v1::PushRequest empty_delete;
  empty_delete.mutable_delete_();
  expect_invalid(end_of(open_as("a"), empty_delete), "delete: the object is missing");
  expect_invalid(end_of(open_as("a"), v1::PushRequest()), "kind unknown here");
  EXPECT_THAT(status().sources(), IsEmpty());
}

TEST_F(PushTest, ShutdownEndsAStreamThatIsIdle) {
  const auto client = push("kubernetes");
  const auto begin = std::chrono::steady_clock::now();
  control_->shutdown();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_FALSE(client->finish().ok());
  control_->shutdown();  // twice is no harm
}

}  // namespace
}  // namespace portico
