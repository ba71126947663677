// porticoctl over TLS: RFC 8446, certificates of both sides; names as RFC 6125 has them.

#include <string>

#include "tests/support/certificates.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/controlplane/cli/porticoctl.h"

namespace portico::cli {
namespace {

class Tls : public PorticoctlTest {
 protected:
  Tls() {
    const TestIdentity gateway_identity =
        make_identity({"gateway", {"IP:127.0.0.1", "DNS:gw.example"}}, &authority_);
    const TestIdentity operator_identity = make_identity({"operator"}, &authority_);
    folder_.write("ca.crt", authority_.certificate);
    folder_.write("other.crt", make_identity({"other", {}, true}).certificate);
    folder_.write("tls.crt", operator_identity.certificate);
    folder_.write("tls.key", operator_identity.key);
    folder_.write("empty", "");
    target_ = gateway.listen(gateway_identity, authority_);
    gateway.status.set_version("0.2.0");
  }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  std::string options(const std::string& ca, const std::string& certificate = "tls.crt") const {
    return absl::StrCat(" --gateway-ca ", file(ca), " --gateway-certificate ", file(certificate),
                        " --gateway-key ", file("tls.key"));
  }
  // With the environment as it is, which names no gateway.
  Result to_target(const std::string& more) const {
    return porticoctl(absl::StrCat("version --gateway ", target_, more), environment);
  }

  const TestIdentity authority_ = make_identity({"authority", {}, true});
  TemporaryFolder folder_;
  std::string target_;
};

constexpr char kBoth[] = "Client:   " PORTICO_VERSION "\nGateway:  0.2.0\n";

TEST_F(Tls, IsSpokenToAGatewayAtAPort) {
  const Result result = to_target(options("ca.crt"));
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.out, kBoth);
  EXPECT_EQ(to_target(options("ca.crt") + " --gateway-name gw.example").out, kBoth);
}

TEST_F(Tls, MayBeInTheEnvironment) {
  environment.tls = {file("ca.crt"), file("tls.crt"), file("tls.key"), ""};
  EXPECT_EQ(to_target("").out, kBoth);
  // What the command line says goes before it.
  EXPECT_EQ(to_target(" --gateway-ca " + file("other.crt")).code, 3);
  // It is not for sockets.
  environment.tls.ca = file("nowhere");
  EXPECT_EQ(output("version"), kBoth);
}

TEST_F(Tls, BelievesNobodyElse) {
  const Result stranger = to_target(options("other.crt"));
  EXPECT_EQ(stranger.code, 3);
  EXPECT_NE(stranger.error.find("no gateway answers at " + target_), std::string::npos)
      << stranger.error;
  EXPECT_NE(stranger.error.find("(api.tls)"), std::string::npos) << stranger.error;
  EXPECT_EQ(to_target(options("ca.crt") + " --gateway-name gw.elsewhere").code, 3);
  const Result clear = to_target("");
  EXPECT_EQ(clear.code, 3);
  EXPECT_NE(clear.error.find("--gateway-ca"), std::string::npos) << clear.error;
}

TEST_F(Tls, NamesAFileThatCannotBeRead) {
  for (const char* name : {"nowhere", "empty"}) {
    const Result result = to_target(options(name));
    EXPECT_EQ(result.code, 3);
    EXPECT_EQ(result.error, "porticoctl: can't speak TLS to the gateway: " + file(name) +
                                ": can't be read, or is empty\n");
    EXPECT_EQ(porticoctl("get connections --gateway " + target_ + options(name)).error,
              result.error);
  }
  EXPECT_EQ(porticoctl("version --client --gateway " + target_ + options("nowhere")).code, 0);
}

TEST_F(Tls, TakesAllOfItOrNothing) {
  for (const char* one : {"--gateway-ca a", "--gateway-key k --gateway-certificate c",
                          "--gateway-name gw.example", "--gateway-ca a --gateway-key k"}) {
    const Result result = porticoctl(absl::StrCat("get ports ", one));
    EXPECT_EQ(result.code, 2) << one;
    EXPECT_EQ(result.error,
              "porticoctl get ports: TLS takes --gateway-ca, --gateway-certificate and "
              "--gateway-key, all three\nTry `porticoctl get ports --help`.\n");
  }
}

}  // namespace
}  // namespace portico::cli
