// Who is believed, and who we are.

#include <sched.h>
#include <sys/mount.h>

#include <thread>

#include "controlplane/http/http_client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/controlplane/http/http_fixture.h"

namespace portico {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class TlsTest : public HttpTest {
 protected:
  // The server's certificate from now on.
  void use(const TestIdentity& identity) {
    file("server.pem", identity.certificate);
    file("server.key", identity.key);
  }
  static void expect_refused(const Recorder& got, const std::string& reason) {
    ASSERT_TRUE(got.end);
    EXPECT_EQ(got.end->code(), absl::StatusCode::kFailedPrecondition) << *got.end;
    EXPECT_THAT(got.end->message(),
                AllOf(HasSubstr("https://127.0.0.1:"),
                      HasSubstr("the server's certificate was not accepted"), HasSubstr(reason)));
    EXPECT_EQ(got.status, 0);
  }
};

TEST_F(TlsTest, BelievesTheCaThatIsGivenAndNoOther) {
  const auto server = serve_tls();
  HttpSettings other;
  other.ca = make_identity({.common_name = "Other CA", .authority = true}).certificate;
  expect_refused(fetch(other, server->url("https", "/echo")), "unable to get local issuer");
  expect_refused(fetch({}, server->url("https", "/echo")), "unable to get local issuer");
  other.ca += ca_.certificate;  // one of several
  EXPECT_EQ(fetch(other, server->url("https", "/echo")).status, 200);
}

// Runs `body` where /etc/ssl/certs holds `authority` and nothing else.
template <typename Body>
void with_system_trusting(const TemporaryFolder& folder, const TestIdentity& authority, Body body) {
  folder.write(file_name(authority), authority.certificate);
  folder.write("ca-certificates.crt", authority.certificate);
  std::thread thread([&] {  // which has mounts of its own
    ASSERT_EQ(::unshare(CLONE_FS | CLONE_NEWNS), 0) << "needs root";
    ASSERT_EQ(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(::mount(folder.path().c_str(), "/etc/ssl/certs", nullptr, MS_BIND, nullptr), 0);
    body();
  });
  thread.join();
}

TEST_F(TlsTest, BelievesTheSystemUnlessACaIsGiven) {
  const auto server = serve_tls();
  const TemporaryFolder trusted;
  with_system_trusting(trusted, ca_, [&] {
    EXPECT_EQ(fetch({}, server->url("https", "/echo")).status, 200);
    HttpSettings other;
    other.ca = make_identity({.common_name = "Other CA", .authority = true}).certificate;
    expect_refused(fetch(other, server->url("https", "/echo")), "unable to get local issuer");
  });
}

// As with Go: who signed an anchor of trust is not asked.
TEST_F(TlsTest, BelievesAnIntermediateCa) {
  const TestIdentity middle =
      make_identity({.common_name = "Intermediate CA", .authority = true}, &ca_);
  use(make_identity({.common_name = "server", .names = {"IP:127.0.0.1"}}, &middle));
  const auto server = serve_tls();
  HttpSettings settings;
  settings.ca = middle.certificate;
  EXPECT_EQ(fetch(settings, server->url("https", "/echo")).status, 200);
}

TEST_F(TlsTest, RefusesAnExpiredCertificate) {
  use(make_identity({.common_name = "server", .names = {"IP:127.0.0.1"}, .expired = true}, &ca_));
  const auto server = serve_tls();
  expect_refused(fetch(settings(), server->url("https", "/echo")), "certificate has expired");
}

TEST_F(TlsTest, RefusesAnotherName) {
  use(make_identity({.common_name = "server", .names = {"DNS:api.cluster.test"}}, &ca_));
  const auto server = serve_tls();
  expect_refused(fetch(settings(), server->url("https", "/echo")), "127.0.0.1");
}

TEST_F(TlsTest, ServerNameStandsForTheHost) {
  use(make_identity({.common_name = "server", .names = {"DNS:api.cluster.test"}}, &ca_));
  const auto server = serve_tls();
  HttpSettings named = settings();
  named.server_name = "api.cluster.test";
  const Recorder got = fetch(named, server->url("https", "/echo"));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.fact("sni"), "api.cluster.test");
  EXPECT_EQ(got.fact("host"), absl::StrCat("127.0.0.1:", server->port()));
  named.server_name = "other.cluster.test";
  expect_refused(fetch(named, server->url("https", "/echo")), "'other.cluster.test'");
}

TEST_F(TlsTest, ServerNameMayBeAnAddress) {
  use(make_identity({.common_name = "server", .names = {"IP:fd00::1"}}, &ca_));
  const auto server = serve_tls();
  HttpSettings named = settings();
  named.server_name = "fd00::1";
  EXPECT_EQ(fetch(named, server->url("https", "/echo")).status, 200);
}

TEST_F(TlsTest, InsecureBelievesAnybody) {
  use(make_identity({.common_name = "server", .expired = true}));
  const auto server = serve_tls();
  HttpSettings insecure;
  insecure.insecure = true;
  EXPECT_EQ(fetch(insecure, server->url("https", "/echo")).status, 200);
}

TEST_F(TlsTest, ShowsTheClientCertificate) {
  const auto server = serve_tls({"--client-ca", file("ca.pem", ca_.certificate)});
  const TestIdentity middle =
      make_identity({.common_name = "Intermediate CA", .authority = true}, &ca_);
  const TestIdentity gateway = make_identity({.common_name = "gateway"}, &middle);
  HttpSettings with = settings();
  with.certificate = gateway.certificate + middle.certificate;
  with.key = gateway.key;
  EXPECT_EQ(fetch(with, server->url("https", "/echo")).fact("client"), "gateway");
}

TEST_F(TlsTest, SaysThatTheClientCertificateIsNotAccepted) {
  const auto server = serve_tls({"--client-ca", file("ca.pem", ca_.certificate)});
  Recorder got = fetch(settings(), server->url("https", "/echo"));
  EXPECT_EQ(got.end->code(), absl::StatusCode::kFailedPrecondition) << *got.end;
  EXPECT_THAT(got.end->message(), HasSubstr("certificate required"));
  const TestIdentity stranger = make_identity({.common_name = "stranger"});
  HttpSettings with = settings();
  with.certificate = stranger.certificate;
  with.key = stranger.key;
  got = fetch(with, server->url("https", "/echo"));
  EXPECT_EQ(got.end->code(), absl::StatusCode::kFailedPrecondition) << *got.end;
  EXPECT_THAT(got.end->message(), HasSubstr("the server did not accept the client certificate"));
}

TEST_F(TlsTest, ChecksSettings) {
  const TestIdentity other = make_identity({.common_name = "other"});
  const auto error = [](const HttpSettings& settings) {
    const absl::Status status = check(settings);
    EXPECT_THAT(status.message(), Not(HasSubstr("BEGIN")));
    return std::string(status.message());
  };
  HttpSettings good = settings();
  good.certificate = identity_.certificate + ca_.certificate;
  good.key = identity_.key;
  good.proxy = "socks5://user:secret@proxy:1080";
  EXPECT_EQ(check(good), absl::OkStatus());
  EXPECT_EQ(check({}), absl::OkStatus());

  HttpSettings bad = good;
  bad.ca = "no PEM";
  EXPECT_THAT(error(bad), HasSubstr("ca: holds no certificate in PEM"));
  bad.ca = good.ca + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(error(bad), "ca: certificate 2 can't be read");
  bad = good;
  bad.insecure = true;
  EXPECT_EQ(error(bad), "ca: is there, but the server is not to be verified");
  bad = good;
  bad.key = other.key;
  EXPECT_EQ(error(bad), "key: is not the certificate's");
  bad.key = "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n";
  EXPECT_EQ(error(bad), "key: holds no private key in PEM, or one with a passphrase");
  bad.key = "";
  EXPECT_EQ(error(bad), "certificate: is there, but no key");
  bad = good;
  bad.certificate = "";
  EXPECT_EQ(error(bad), "key: is there, but no certificate");
  bad = good;
  bad.proxy = "ftp://user:secret@proxy";
  EXPECT_EQ(error(bad), "proxy: the URL has the unknown scheme \"ftp\"");
}

}  // namespace
}  // namespace portico
