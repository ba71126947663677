// From the push to what a load balancer is told.

#include "gmock/gmock.h"
#include "tests/support/loopback.h"
#include "tests/unit/controlplane/api/api_fixture.h"

namespace portico {
namespace {

using ::testing::HasSubstr;

class HealthCheckApiTest : public ApiTest {
 protected:
  HealthCheckApiTest() {
    options_.facts.node_ports.addresses = {loopback_.address()};
    const int socket = loopback_.bound(0);
    port_ = Loopback::port_of(socket);
    ::close(socket);
  }
  v1::PushRequest web() const {
    v1::PushRequest request = set_service("default/web", "10.100.3.59");
    request.mutable_set()->mutable_service()->set_health_check_port(port_);
    return request;
  }
  static v1::PushRequest local(const std::string& name, const std::string& address) {
    v1::PushRequest request = set_endpoint("default/web", name, address);
    request.mutable_set()->mutable_endpoint()->set_local_state(v1::Endpoint::STATE_ACTIVE);
    return request;
  }
  std::string ask() const {
    int socket = -1;
    while ((socket = loopback_.connected(port_)) < 0) {
    }
    send_all(socket, kGet);
    return read_all(socket);
  }

  const Loopback loopback_{Family::kIpv4};
  std::uint16_t port_ = 0;
};

// kube-proxy counts unique local addresses of its family that are ready, and no Pods that end.
TEST_F(HealthCheckApiTest, CountsAddressesThatAreActiveLocally) {
  start();
  const auto client = push("kubernetes");
  v1::PushRequest dual = web();
  dual.mutable_set()->mutable_service()->add_addresses()->set_address("2001:db8::80");
  v1::PushRequest ending = local("uid-4", "192.168.1.6");
  ending.mutable_set()->mutable_endpoint()->set_terminating(true);
  v1::PushRequest second_port = local("uid-2", "192.168.1.3");  // the same Pod once more
  second_port.mutable_set()->mutable_endpoint()->mutable_ports(0)->set_port(8081);
  client->ask(dual, local("uid-1", "192.168.1.3"), second_port, local("uid-6", "2001:db8:1::3"),
              set_endpoint("default/web", "uid-3", "192.168.1.5"), ending, sync(1));
  EXPECT_THAT(ask(), HasSubstr("\"localEndpoints\": 1"));
  client->ask(local("uid-3", "192.168.1.5"), sync(2));
  EXPECT_THAT(ask(), HasSubstr("\"localEndpoints\": 2"));
  client->ask(reset(), web(), sync(3));
  EXPECT_THAT(ask(), HasSubstr("503 Service Unavailable"));
}

TEST_F(HealthCheckApiTest, ARestoredGatewayAnswersAtOnce) {
  start();
  push("kubernetes")->ask(web(), local("uid-1", "192.168.1.3"), sync(1));
  restart();
  ASSERT_TRUE(control_->serve().ok());
  EXPECT_THAT(ask(), HasSubstr("200 OK"));
}

}  // namespace
}  // namespace portico
