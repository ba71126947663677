#include "controlplane/push/push_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/controlplane/push/deaf_proxy.h"
#include "tests/unit/controlplane/push/push_client_fixture.h"

namespace portico {
namespace {

using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// For what hangs; what is slow takes less.
constexpr std::chrono::seconds kLimit{30};

// A stream that ends because a busy machine was late is made anew, so it may be short.
constexpr Keepalive kSoon{.time = std::chrono::milliseconds(200),
                          .timeout = std::chrono::seconds(1)};
// Finds nothing within kLimit.
constexpr std::chrono::hours kLong{1};
constexpr Keepalive kNever{.time = kLong, .timeout = kLong, .attempt = kLong};

steady_clock::duration time_to_stop(PushClient* client) {
  const auto before = steady_clock::now();
  client->stop();
  return steady_clock::now() - before;
}

TEST_F(PushClientTest, SendsEverythingAndThenDifferences) {
  EXPECT_TRUE(pushed(1, services({"a", "b"})));
  EXPECT_THAT(gateway_.take_log(),
              ElementsAre("open test", "reset", "set service a", "set service b", "sync 1"));
  EXPECT_TRUE(pushed(2, services({"b", "c"})));
  EXPECT_THAT(gateway_.take_log(), ElementsAre("delete service a", "set service c", "sync 2"));
  EXPECT_THAT(gateway_.objects(), UnorderedElementsAre("service b", "service c"));
  EXPECT_TRUE(pushed(3, services({})));
  EXPECT_THAT(gateway_.objects(), IsEmpty());
}

TEST_F(PushClientTest, SendsNothingWhenNothingDiffers) {
  EXPECT_TRUE(pushed(1, services({"a"})));
  gateway_.take_log();
  EXPECT_TRUE(pushed(2, services({"a"})));
  EXPECT_THAT(gateway_.take_log(), IsEmpty());
}

TEST_F(PushClientTest, ErasesWhatIsThereWhenThereIsToBeNothing) {
  EXPECT_TRUE(pushed(1, services({})));
  EXPECT_THAT(gateway_.take_log(), ElementsAre("open test", "reset", "sync 1"));
}

TEST_F(PushClientTest, ResyncsWithAGatewayThatWasRestarted) {
  EXPECT_TRUE(pushed(1, services({"a"})));
  EXPECT_TRUE(pushed(2, services({"a", "b"})));
  gateway_.stop();
  gateway_.take_log();
  gateway_.start(target_);
  ASSERT_TRUE(gateway_.wait_for_sync(2));
  EXPECT_THAT(gateway_.take_log(),
              ElementsAre("open test", "reset", "set service a", "set service b", "sync 2"));
  EXPECT_TRUE(pushed(3, services({"b"})));
  EXPECT_THAT(gateway_.take_log(), ElementsAre("delete service a", "sync 3"));
}

TEST_F(PushClientTest, PushesOnceTheGatewayIsThere) {
  gateway_.stop();
  push(1, services({"a"}));
  gateway_.start(target_);
  EXPECT_TRUE(client_->wait_for(1));
}

// "connected", "acknowledged 3 (2 triggers)" of each call.
class Recorder : public PushObserver {
 public:
  void on_connected() override { record("connected"); }
  void on_disconnected() override { record("disconnected"); }
  void on_acknowledged(const Revision& revision, bool resync) override {
    record(absl::StrCat("acknowledged ", revision.number, resync ? " whole" : "", " ",
                        revision.triggers.size()));
    changed_at = revision.changed_at;
  }
  void on_nothing_to_send(const Revision& revision) override {
    record(absl::StrCat("nothing to send of ", revision.number));
  }
  void on_refused(const Revision& revision, const v1::Refusal& refusal) override {
    record(absl::StrCat("refused ", revision.number, " ", refusal.violation_count()));
  }
  void on_left_out(std::size_t objects) override {
    if (objects != 0) record(absl::StrCat("left out ", objects));
  }
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(calls_, {});
  }

  steady_clock::time_point changed_at;  // of the last one acknowledged

 private:
  void record(const std::string& call) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
  }

  std::mutex mutex_;
  std::vector<std::string> calls_;
};

// The causes of a revision that is never sent are those of the next.
TEST_F(PushClientTest, TellsItsObserverWhatBecomesOfEachCause) {
  client_->stop();
  Recorder recorder;
  make_client({.target = target_, .source = "test", .user_agent = "", .observer = &recorder});
  gateway_.refuse_service("bad");
  EXPECT_TRUE(pushed(1, services({"a"})));
  gateway_.hold();
  push(2, services({"b"}));
  ASSERT_TRUE(gateway_.wait_for_sync(2));
  const auto first = steady_clock::now();
  client_->push({3, services({"c"}), first, {absl::Now(), absl::Now()}});
  client_->push({4, services({"d"}), first + std::chrono::seconds(1), {absl::Now()}});
  gateway_.release();
  EXPECT_TRUE(client_->wait_for(4));
  EXPECT_EQ(recorder.changed_at, first);
  EXPECT_FALSE(pushed(5, services({"bad"})));
  client_->stop();
  EXPECT_THAT(recorder.take(),
              ElementsAre("connected", "acknowledged 1 whole 0", "acknowledged 2 0",
                          "acknowledged 4 3", "refused 5 1", "acknowledged 5 0", "left out 1"));
}

// The gateway has it all the same: what was refused is left out, and the rest is as it was; and
// what changed and changed back before it was sent.
TEST_F(PushClientTest, TellsItsObserverOfARevisionThatNeedsNothing) {
  client_->stop();
  Recorder recorder;
  make_client({.target = target_, .source = "test", .user_agent = "", .observer = &recorder});
  gateway_.refuse_service("bad");
  EXPECT_TRUE(pushed(1, services({"a"})));
  EXPECT_FALSE(pushed(2, services({"a", "bad"})));
  gateway_.hold();
  push(3, services({"b"}));
  ASSERT_TRUE(gateway_.wait_for_sync(3));
  push(4, services({"c"}));
  push(5, services({"b"}));
  gateway_.release();
  EXPECT_TRUE(client_->wait_for(5));
  client_->stop();
  EXPECT_THAT(recorder.take(), ElementsAre("connected", "acknowledged 1 whole 0", "refused 2 1",
                                           "nothing to send of 2", "left out 1", "acknowledged 3 0",
                                           "nothing to send of 5"));
}

TEST_F(PushClientTest, SkipsRevisionsThatAreOutOfDate) {
  EXPECT_TRUE(pushed(1, services({"a"})));
  gateway_.hold();
  push(2, services({"b"}));
  ASSERT_TRUE(gateway_.wait_for_sync(2));
  push(3, services({"c"}));
  push(4, services({"d"}));
  gateway_.release();
  EXPECT_TRUE(client_->wait_for(4));
  EXPECT_THAT(gateway_.take_log(), ElementsAre("open test", "reset", "set service a", "sync 1",
                                               "delete service a", "set service b", "sync 2",
                                               "delete service b", "set service d", "sync 4"));
}

TEST_F(PushClientTest, IsNotDelayedByAGatewayThatIsAway) {
  PushClient away({absl::StrCat("unix:", (folder_ / "nobody.sock").string()), "test", "", {}});
  away.start();
  away.push({1, services({"a"}), steady_clock::now()});
  EXPECT_TRUE(pushed(1, services({"a"})));
  away.release();
  EXPECT_FALSE(away.wait_for(1));
}

TEST_F(PushClientTest, EndsItsStreamWhenStopped) {
  EXPECT_TRUE(pushed(1, services({"a"})));
  ASSERT_TRUE(gateway_.wait_for_open_streams(1));
  client_->stop();
  EXPECT_TRUE(gateway_.wait_for_open_streams(0));
  EXPECT_THAT(gateway_.objects(), ElementsAre("service a"));
}

TEST_F(PushClientTest, IsStoppedWhileItWaitsForAnAnswer) {
  gateway_.hold();
  push(1, services({"a"}));
  ASSERT_TRUE(gateway_.wait_for_sync(1));
  EXPECT_LT(time_to_stop(client_.get()), kLimit);
  EXPECT_FALSE(client_->wait_for(1));
}

TEST_F(PushClientTest, IsStoppedWhileTheGatewayTakesNothing) {
  FakeGateway remote;
  DeafProxy proxy(remote.start("127.0.0.1:0"));
  make_client({absl::StrCat("127.0.0.1:", proxy.port()), "test", "", kSoon});
  EXPECT_TRUE(pushed(1, services({"a"})));
  proxy.go_deaf();
  // More than an HTTP/2 stream's window and the sockets' buffers hold, so that a write blocks.
  push(2, services({std::string(20 << 20, 'x'), std::string(20 << 20, 'y')}));
  EXPECT_LT(time_to_stop(client_.get()), kLimit);
  EXPECT_FALSE(client_->wait_for(2));
}

TEST_F(PushClientTest, IsStoppedWhileNobodySpeaksAtTheOtherEnd) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 8), 0);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  make_client({absl::StrCat("127.0.0.1:", ntohs(address.sin_port)), "test", "", kNever});
  const int accepted = accept(listener, nullptr, nullptr);  // it is on its way
  EXPECT_LT(time_to_stop(client_.get()), kLimit);
  close(accepted);
  close(listener);
}

TEST_F(PushClientTest, NoticesAPeerThatDiedWithoutAWord) {
  FakeGateway remote;
  const int port = remote.start("127.0.0.1:0");
  DeafProxy proxy(port);
  make_client({absl::StrCat("127.0.0.1:", proxy.port()), "test", "", kSoon});
  EXPECT_TRUE(pushed(1, services({"a"})));
  const int connections = proxy.connections();
  proxy.go_deaf();
  remote.take_log();
  EXPECT_TRUE(pushed(2, services({"a", "b"})));
  EXPECT_GT(proxy.connections(), connections);
  EXPECT_THAT(remote.objects(), ElementsAre("service a", "service b"));
  client_->stop();
}

TEST_F(PushClientTest, SpeaksWhenAnotherStreamOfItsSourceIsOpen) {
  PushClient second({target_, "test", "", {}});
  second.start();
  EXPECT_TRUE(pushed(1, services({"a"})));
  second.push({1, services({"b"}), steady_clock::now()});
  EXPECT_TRUE(second.wait_for(1));
  EXPECT_THAT(gateway_.objects(), ElementsAre("service b"));
}

}  // namespace
}  // namespace portico
