// The API over TLS: porticod's server and the controller's channel, with certificates made here.

#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "controlplane/push/channel.h"
#include "gmock/gmock.h"
#include "tests/support/certificates.h"
#include "tests/unit/controlplane/api/api_fixture.h"

namespace portico {
namespace {

using ::testing::HasSubstr;

int free_port() {
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  const auto server = builder.BuildAndStart();
  server->Shutdown();
  return port;
}

class ApiTlsTest : public ApiTest {
 protected:
  ApiTlsTest() {
    options_.api.tcp = {"127.0.0.1:" + std::to_string(free_port())};
    write("ca.pem", ca_.certificate);
    const TestIdentity gateway = make_identity({"gateway", {"DNS:gateway.example"}}, &ca_);
    write("server.pem", gateway.certificate);
    write("server.key", gateway.key);
    options_.api.tls = {path("server.pem"), path("server.key"), path("ca.pem")};
    give_client(make_identity({"controller"}, &ca_));
    tls_ = {path("ca.pem"), path("client.pem"), path("client.key"), "gateway.example"};
  }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }
  void give_client(const TestIdentity& identity) {
    write("client.pem", identity.certificate);
    write("client.key", identity.key);
  }
  // Whether a stream opens.
  bool opens(const ChannelTls& tls) {
    const auto channel = connect(options_.api.tcp[0], {}, tls);
    EXPECT_TRUE(channel.ok()) << channel.status();
    return channel.ok() && PushClient(*channel).ask(open_as("kubernetes")).has_opened();
  }

  const TestIdentity ca_ = make_identity({.common_name = "ca", .authority = true});
  ChannelTls tls_;
};

TEST_F(ApiTlsTest, HearsWhoHasACertificateAndNobodyElse) {
  start();
  EXPECT_TRUE(opens(tls_));
  EXPECT_FALSE(opens({})) << "in the clear";
  const TestIdentity other = make_identity({.common_name = "ca", .authority = true});
  give_client(make_identity({"controller"}, &other));
  EXPECT_FALSE(opens(tls_)) << "of another CA";
  give_client(make_identity({.common_name = "controller", .expired = true}, &ca_));
  EXPECT_FALSE(opens(tls_)) << "expired";
  give_client(make_identity({"controller"}, &ca_));
  EXPECT_TRUE(opens(tls_)) << "files are read anew";
  // The UNIX socket knows its user by itself.
  EXPECT_TRUE(PushClient(channel_).ask(open_as("kubernetes")).has_opened());
}

TEST_F(ApiTlsTest, AsksWhoTheGatewayIs) {
  start();
  tls_.server_name = "another.example";
  EXPECT_FALSE(opens(tls_));
  tls_.server_name = "gateway.example";
  write("other.pem", make_identity({.common_name = "ca", .authority = true}).certificate);
  tls_.ca = path("other.pem");
  EXPECT_FALSE(opens(tls_));
}

TEST_F(ApiTlsTest, NamesTheFileThatCannotBeUsed) {
  options_.api.tls.key = path("none.key");
  ControlPlane without_key(data_plane_, options_);
  EXPECT_THAT(std::string(without_key.serve().message()), HasSubstr("none.key: can't be read"));
  write("none.key", "no key");
  ControlPlane no_key(data_plane_, options_);
  EXPECT_THAT(std::string(no_key.serve().message()), HasSubstr("none.key: holds no PEM"));
  tls_.certificate = path("none.pem");
  EXPECT_THAT(std::string(connect("127.0.0.1:1", {}, tls_).status().message()),
              HasSubstr("none.pem: can't be read"));
}

}  // namespace
}  // namespace portico
