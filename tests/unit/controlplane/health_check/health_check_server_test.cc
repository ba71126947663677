// Over the loopback interface, by hand-made requests.

#include "controlplane/health_check/health_check_server.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/loopback.h"

namespace portico {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

class HealthCheckTest : public testing::TestWithParam<Family> {
 protected:
  HealthCheckTest() {
    options_.addresses = {loopback_.address()};
    options_.retry = 10ms;
    const int socket = loopback_.bound(0);
    port_ = Loopback::port_of(socket);
    ::close(socket);
  }

  void start(const HealthCheckPorts& ports) {
    server_ = std::make_unique<HealthCheckServer>(
        options_, [this](const std::string& service, Family family) -> std::optional<std::size_t> {
          EXPECT_EQ(family, GetParam());
          absl::MutexLock lock(&mutex_);
          const auto found = counts_.find(service);
          if (found == counts_.end()) return std::nullopt;
          return found->second;
        });
    server_->serve(ports);
    ASSERT_TRUE(server_->start().ok());
  }
  bool is_open() {
    const int socket = loopback_.connected(port_);
    if (socket >= 0) ::close(socket);
    return socket >= 0;
  }
  // The whole answer to `request`, once the port is open.
  std::string ask(const std::string& request = kGet) {
    int socket = -1;
    eventually([&] { return (socket = loopback_.connected(port_)) >= 0; });
    send_all(socket, request);
    return read_all(socket);
  }
  void set_count(const std::string& service, std::size_t count) {
    absl::MutexLock lock(&mutex_);
    counts_[service] = count;
  }

  Loopback loopback_{GetParam()};
  HealthCheckOptions options_;
  std::uint16_t port_ = 0;
  absl::Mutex mutex_;
  std::map<std::string, std::size_t> counts_{{"default/web", 2}};
  std::unique_ptr<HealthCheckServer> server_;
};

INSTANTIATE_TEST_SUITE_P(Families, HealthCheckTest, testing::Values(Family::kIpv4, Family::kIpv6),
                         [](const auto& family) { return std::string(to_string(family.param)); });

// What hcHandler.ServeHTTP() of kube-proxy writes (pkg/proxy/healthcheck/service_health.go).
TEST_P(HealthCheckTest, AnswersAsKubeProxy) {
  start({{port_, "default/web"}});
  std::string answer = ask();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nX-Load-Balancing-Endpoint-Weight: 2\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"
                               "{\n"
                               "\t\"service\": {\n"
                               "\t\t\"namespace\": \"default\",\n"
                               "\t\t\"name\": \"web\"\n"
                               "\t},\n"
                               "\t\"localEndpoints\": 2,\n"
                               "\t\"serviceProxyHealthy\": true\n"
                               "}"));
  set_count("default/web", 0);
  answer = ask();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nX-Load-Balancing-Endpoint-Weight: 0\r\n"));
  EXPECT_THAT(answer, HasSubstr("\"localEndpoints\": 0"));
}

TEST_P(HealthCheckTest, PathAndMethodDoNotMatter) {
  start({{port_, "default/web"}});
  EXPECT_THAT(ask("GET /healthz?x=1 HTTP/1.0\r\n\r\n"), HasSubstr(" 200 OK"));
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"),
              HasSubstr(" 200 OK"));
  const std::string head = ask("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(head, HasSubstr(" 200 OK"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
}

TEST_P(HealthCheckTest, ListensWhereAndAsLongAsItIsTold) {
  start({});
  EXPECT_FALSE(is_open());
  server_->serve({{port_, "default/web"}});
  EXPECT_TRUE(eventually([&] { return is_open(); }));
  server_->serve({{port_, "default/other"}});
  set_count("default/other", 7);
  EXPECT_TRUE(eventually([&] { return absl::StrContains(ask(), "\"name\": \"other\""); }));
  server_->serve({});
  EXPECT_TRUE(eventually([&] { return !is_open(); }));
}

TEST_P(HealthCheckTest, APortThatIsTakenIsTriedAgain) {
  const int taken = loopback_.bound(port_);
  ASSERT_GE(taken, 0);
  Listeners listeners(options_.addresses);
  EXPECT_FALSE(listeners.follow({{port_, "default/web"}}));
  EXPECT_TRUE(listeners.to_poll().empty());
  start({{port_, "default/web"}});
  EXPECT_FALSE(is_open());
  ::close(taken);
  EXPECT_TRUE(eventually([&] { return is_open(); }));
}

TEST_P(HealthCheckTest, AnAddressMayComeLater) {
  const bool v4 = GetParam() == Family::kIpv4;
  Listeners listeners({IpAddress::parse(v4 ? "192.0.2.1" : "2001:db8::1").value()});
  EXPECT_TRUE(listeners.follow({{port_, "default/web"}}));
  EXPECT_EQ(listeners.to_poll().size(), 1u);
}

TEST_P(HealthCheckTest, WhoSaysNothingIsCutOff) {
  options_.deadline = 30ms;
  start({{port_, "default/web"}});
  EXPECT_EQ(ask("GET / HT"), "");
  EXPECT_THAT(ask(), HasSubstr(" 200 OK"));
}

TEST_P(HealthCheckTest, ALargeRequestIsRefused) {
  start({{port_, "default/web"}});
  EXPECT_THAT(ask(absl::StrCat("GET / HTTP/1.1\r\nX: ", std::string(100'000, 'x'), "\r\n\r\n")),
              testing::Not(HasSubstr(" 200 ")));
  EXPECT_THAT(ask(), HasSubstr(" 200 OK"));
}

TEST_P(HealthCheckTest, OneAddressCannotTakeAllConnections) {
  start({{port_, "default/web"}});
  ASSERT_TRUE(eventually([&] { return is_open(); }));
  std::vector<int> idle;
  for (unsigned i = 0; i < HealthCheckServer::kMaxConnectionsOfOne + 20; ++i) {
    const int socket = loopback_.connected(port_);
    if (socket >= 0) idle.push_back(socket);
  }
  // Those beyond the limit have been closed.
  EXPECT_TRUE(eventually([&] {
    char byte = 0;
    return ::recv(idle.back(), &byte, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET;
  }));
  for (const int socket : idle) ::close(socket);
  EXPECT_TRUE(eventually([&] { return absl::StrContains(ask(), " 200 OK"); }));
}

TEST_P(HealthCheckTest, AServiceThatIsGoneIsNotAnsweredFor) {
  start({{port_, "default/gone"}});
  EXPECT_EQ(ask(), "");
}

}  // namespace
}  // namespace portico
