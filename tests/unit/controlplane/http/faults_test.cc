// Servers and networks that fail.

#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "absl/strings/numbers.h"
#include "controlplane/http/http_client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/loopback.h"
#include "tests/unit/controlplane/http/http_fixture.h"

namespace portico {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

class FaultsTest : public HttpTest {
 protected:
  static void expect(const Recorder& got, absl::StatusCode code, const std::string& text) {
    ASSERT_TRUE(got.end);
    EXPECT_EQ(got.end->code(), code) << *got.end;
    EXPECT_THAT(got.end->message(), HasSubstr(text));
  }
};

TEST_F(FaultsTest, NamesWhatFailed) {
  expect(fetch(settings(), "https://nowhere.invalid:6443/"), absl::StatusCode::kUnavailable,
         "https://nowhere.invalid:6443: cannot resolve the name");
  const int bound = Loopback(Family::kIpv4).bound(0);  // nobody listens
  const std::string origin = absl::StrCat("https://127.0.0.1:", Loopback::port_of(bound));
  expect(fetch(settings(), origin + "/?token=secret"), absl::StatusCode::kUnavailable,
         origin + ": cannot connect: ");
  expect(fetch(settings(), origin), absl::StatusCode::kUnavailable, "(Connection refused)");
  ::close(bound);
}

TEST_F(FaultsTest, ConnectionsThatBreak) {
  const std::vector<std::string> http1 = {"--http1"};
  for (const auto& arguments : {std::vector<std::string>{}, http1}) {
    const auto server = serve_tls(arguments);
    expect(fetch(settings(), server->url("https", "/reset")), absl::StatusCode::kUnavailable,
           "the connection was lost");
  }
  const auto server = serve_tls(http1);
  expect(fetch(settings(), server->url("https", "/cut")), absl::StatusCode::kDataLoss,
         "the response ended early");
  expect(fetch(settings(), server->url("https", "/flood")), absl::StatusCode::kUnavailable,
         "headers have more than 262144 bytes");
  const auto plain = serve();
  expect(fetch(settings(), plain->url("https", "/")), absl::StatusCode::kUnavailable,
         "no TLS connection");
}

TEST_F(FaultsTest, AServerThatAcceptsAndSaysNothing) {
  const Loopback loopback(Family::kIpv4);
  const int mute = loopback.bound(0);
  ASSERT_EQ(::listen(mute, 8), 0);
  const std::string port = absl::StrCat(Loopback::port_of(mute));
  HttpSettings impatient = settings();
  impatient.connect_timeout = 50ms;
  expect(fetch(impatient, "https://127.0.0.1:" + port), absl::StatusCode::kDeadlineExceeded,
         "no connection in time");
  HttpClient client{settings()};
  Recorder got = fetch(&client, {.url = "http://127.0.0.1:" + port, .head_timeout = 50ms});
  expect(got, absl::StatusCode::kDeadlineExceeded, "no response in 50 ms");
  ::close(mute);
  const auto server = serve_tls();
  got = fetch(&client, {.url = server->url("https", "/silent"), .head_timeout = 50ms});
  expect(got, absl::StatusCode::kDeadlineExceeded, "no response in 50 ms");
}

// RFC 9113 section 6.8: streams under way are completed, new ones need a new connection.
TEST_F(FaultsTest, GoawayEndsNothingAndBeginsAConnection) {
  const auto server = serve_tls();
  HttpClient client(settings());
  Recorder stream;
  client.start({.url = server->url("https", "/stream")}, &stream);
  ASSERT_TRUE(run_until(&client, [&] { return stream.body == "hello"; }));
  EXPECT_EQ(fetch(&client, {.url = server->url("https", "/goaway")}).body, "going");
  for (int i = 0; i < 3; ++i) {
    const Recorder got = fetch(&client, {.url = server->url("https", "/echo")});
    EXPECT_EQ(got.end, absl::OkStatus());
    EXPECT_EQ(got.fact("connection"), "2");
  }
  fetch(&client, {.method = "POST", .url = server->url("https", "/say"), .body = " there"});
  ASSERT_TRUE(run_until(&client, [&] { return stream.body == "hello there"; }));
  EXPECT_FALSE(stream.end);
}

TEST_F(FaultsTest, ASilentConnectionThatAnswersLives) {
  const auto server = serve_tls();
  HttpSettings settings = this->settings();
  settings.ping_after = 50ms;
  HttpClient client(settings);
  Recorder stream;
  client.start({.url = server->url("https", "/stream")}, &stream);
  const auto end = std::chrono::steady_clock::now() + 500ms;
  while (std::chrono::steady_clock::now() < end) client.poll(end);
  EXPECT_EQ(stream.body, "hello");
  EXPECT_FALSE(stream.end) << *stream.end;
  // The questions were requests of their own, on the same connection.
  EXPECT_EQ(fetch(&client, {.url = server->url("https", "/echo")}).fact("connection"), "1");
  const Recorder asked = fetch(&client, {.url = server->url("https", "/questions")});
  int questions = 0;
  ASSERT_TRUE(absl::SimpleAtoi(asked.body, &questions)) << asked.body;
  EXPECT_GE(questions, 3);
  EXPECT_LE(questions, 11);
}

// Its kernel acknowledges everything: TCP sees nothing.
TEST_F(FaultsTest, AMuteHttp2ServerIsFoundAndLeft) {
  const auto server = serve_tls();
  HttpSettings settings = this->settings();
  settings.ping_after = settings.ping_timeout = 50ms;
  HttpClient client(settings);
  Recorder first, second;
  client.start({.url = server->url("https", "/stream")}, &first);
  client.start({.url = server->url("https", "/mute")}, &second);
  ASSERT_TRUE(run_until(&client, [&] { return first.end && second.end; }));
  expect(first, absl::StatusCode::kUnavailable, "the connection is dead: nothing was heard for ");
  expect(second, absl::StatusCode::kUnavailable, "the connection is dead: nothing was heard for ");
  EXPECT_EQ(second.body, "hello");
  EXPECT_EQ(fetch(&client, {.url = server->url("https", "/echo")}).fact("connection"), "2");
}

// In a network of its own, which stops to carry packets.
void run_in_dead_network(const std::function<void(const std::function<void(bool)>& set_up)>& body) {
  std::thread thread([&] {
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0) << "needs root";
    const auto set_up = [](bool up) {
      const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      ifreq request{};
      std::strcpy(request.ifr_name, "lo");
      request.ifr_flags = static_cast<short>(up ? IFF_UP : 0);
      EXPECT_EQ(::ioctl(socket, SIOCSIFFLAGS, &request), 0);
      ::close(socket);
    };
    set_up(true);
    body(set_up);
  });
  thread.join();
}

TEST_F(FaultsTest, TcpFindsAPeerThatTheNetworkLost) {
  run_in_dead_network([&](const auto& set_up) {
    const auto server = serve_tls({"--http1"});
    HttpSettings settings = this->settings();
    settings.ping_after = settings.ping_timeout = 1000ms;
    HttpClient client(settings);
    Recorder stream;
    client.start({.url = server->url("https", "/stream")}, &stream);
    ASSERT_TRUE(run_until(&client, [&] { return stream.body == "hello"; }));
    set_up(false);
    ASSERT_TRUE(run_until(&client, [&] { return stream.end.has_value(); }));
    expect(stream, absl::StatusCode::kUnavailable, "timed out");
  });
}

}  // namespace
}  // namespace portico
