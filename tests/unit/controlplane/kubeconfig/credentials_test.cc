#include "controlplane/kubeconfig/credentials.h"

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"
#include "tests/support/temporary_folder.h"

namespace portico {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

class CredentialsTest : public testing::Test {
 protected:
  TextOrFile file(const std::string& name, const std::string& text) {
    folder_.write(name, text);
    return {"", folder_ / name, "k:1: user \"u\": " + name};
  }
  // In one step, as kubelet does.
  void replace(const std::string& name, const std::string& text) {
    folder_.write("new", text);
    std::filesystem::rename(folder_ / "new", folder_ / name);
  }
  static std::string authorization(Credentials* credentials, absl::Time now) {
    const absl::StatusOr<const Access*> access = credentials->access(now);
    if (!access.ok()) return access.status().ToString();
    return *access == nullptr ? "not yet"
                              : std::string(find_header((*access)->headers, "authorization"));
  }

  TemporaryFolder folder_;
};

TEST_F(CredentialsTest, HeadersAreWhatWasConfigured) {
  AccessConfig config;
  config.server = "https://a";
  config.settings.server_name = "b";
  config.impersonation = {{"impersonate-user", "jane"}};
  {
    Credentials anonymous(config, [] {});
    const Access& access = **anonymous.access(kStart);
    EXPECT_EQ(access.server, "https://a");
    EXPECT_EQ(access.settings.server_name, "b");
    EXPECT_THAT(access.headers, ElementsAre(Pair("impersonate-user", "jane")));
  }
  {
    AccessConfig token = config;
    token.token.text = " abc\n";
    Credentials credentials(token, [] {});
    EXPECT_THAT((*credentials.access(kStart))->headers,
                ElementsAre(Pair("authorization", "Bearer abc"), Pair("impersonate-user", "jane")));
    credentials.on_unauthorized(kStart);  // there is no other
    EXPECT_EQ(authorization(&credentials, kStart), "Bearer abc");
  }
  config.username = "Aladdin";  // RFC 7617 section 2
  config.password = "open sesame";
  Credentials basic(config, [] {});
  EXPECT_EQ(authorization(&basic, kStart), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

// client-go's cachingTokenSource: a minute less ten seconds; the old one while the file can't be
// read; nothing that is older than an answer of 401.
TEST_F(CredentialsTest, TokenFilesAreReadAgain) {
  AccessConfig config;
  config.token = file("token", "one\n");
  Credentials credentials(config, [] {});
  EXPECT_EQ(authorization(&credentials, kStart), "Bearer one");
  replace("token", "two");
  EXPECT_EQ(authorization(&credentials, kStart + absl::Seconds(49)), "Bearer one");
  EXPECT_EQ(authorization(&credentials, kStart + absl::Seconds(50)), "Bearer two");
  std::filesystem::remove(folder_ / "token");
  EXPECT_EQ(authorization(&credentials, kStart + absl::Seconds(150)), "Bearer two");
  replace("token", " \n");
  EXPECT_EQ(authorization(&credentials, kStart + absl::Seconds(250)), "Bearer two");
  replace("token", "three");
  EXPECT_EQ(authorization(&credentials, kStart + absl::Seconds(350)), "Bearer three");

  replace("token", "four");
  credentials.on_unauthorized(kStart + absl::Seconds(349));  // sent with an older one
  EXPECT_EQ(authorization(&credentials, kStart + absl::Seconds(351)), "Bearer three");
  credentials.on_unauthorized(kStart + absl::Seconds(351));
  EXPECT_EQ(authorization(&credentials, kStart + absl::Seconds(352)), "Bearer four");
  std::filesystem::remove(folder_ / "token");
  credentials.on_unauthorized(kStart + absl::Seconds(353));
  EXPECT_THAT(authorization(&credentials, kStart + absl::Seconds(354)),
              AllOf(HasSubstr("k:1: user \"u\": token"), HasSubstr("No such file")));
}

TEST_F(CredentialsTest, CertificatesAreReadAgainAndChangedTogether) {
  const TestIdentity ca = make_identity({.common_name = "CA", .authority = true});
  const TestIdentity one = make_identity({.common_name = "one"}, &ca);
  const TestIdentity two = make_identity({.common_name = "two"}, &ca);
  AccessConfig config;
  config.ca = file("ca", ca.certificate);
  config.certificate = file("certificate", one.certificate);
  config.key = file("key", one.key);
  Credentials credentials(config, [] {});
  const auto settings = [&](int second) {
    return (*credentials.access(kStart + absl::Seconds(second)))->settings;
  };
  EXPECT_EQ(settings(0).ca, ca.certificate);
  EXPECT_EQ(settings(0).certificate, one.certificate);
  EXPECT_EQ(settings(0).key, one.key);
  replace("key", two.key);
  EXPECT_EQ(settings(60).key, one.key);  // the certificate's
  replace("certificate", two.certificate);
  EXPECT_EQ(settings(120).certificate, two.certificate);
  EXPECT_EQ(settings(120).key, two.key);
  replace("ca", two.certificate);
  EXPECT_EQ(settings(180).ca, two.certificate);
}

TEST_F(CredentialsTest, WhatCantBeUsedIsSaidOnce) {
  const TestIdentity one = make_identity({.common_name = "one"});
  const TestIdentity two = make_identity({.common_name = "two"});
  AccessConfig config;
  config.certificate = file("certificate", one.certificate);
  config.key = file("key", two.key);
  Credentials credentials(config, [] {});
  EXPECT_EQ(credentials.access(kStart).status().message(),
            absl::StrCat("k:1: user \"u\": key: ", (folder_ / "key").string(),
                         ": is not the certificate's"));
  replace("key", one.key);
  EXPECT_TRUE(credentials.access(kStart).ok());
}

// A plugin that prints the file "answer", and notes that it was asked.
class PluginTest : public CredentialsTest {
 protected:
  PluginTest() {
    config_.exec = {.api_version = "client.authentication.k8s.io/v1",
                    .command = {"sh", "-c", "echo >> $DIR/asked; cat $DIR/answer"},
                    .variables = {{"DIR", folder_.path()}},
                    .cluster_config = {},
                    .install_hint = "",
                    .where = "k:1: user \"u\": exec"};
  }
  void answer(const std::string& status) {
    replace("answer",
            absl::StrCat(R"({"kind":"ExecCredential","apiVersion":)",
                         R"("client.authentication.k8s.io/v1","status":{)", status, "}}"));
  }
  void wait() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(condition_.wait_for(lock, std::chrono::seconds(20),
                                    [&] { return std::exchange(woken_, false); }));
  }
  // Lets the plugin be asked, and gives what came of it.
  std::string next(absl::Time now) {
    EXPECT_EQ(authorization(&credentials(), now), "not yet");
    wait();
    return authorization(&credentials(), now);
  }
  Credentials& credentials() {
    if (!credentials_) {
      credentials_.emplace(config_, [this] {
        const std::lock_guard lock(mutex_);
        woken_ = true;
        condition_.notify_all();
      });
    }
    return *credentials_;
  }
  std::uintmax_t asked() const { return std::filesystem::file_size(folder_ / "asked"); }

  AccessConfig config_;
  std::mutex mutex_;
  std::condition_variable condition_;
  bool woken_ = false;
  std::optional<Credentials> credentials_;
};

TEST_F(PluginTest, IsAskedOnceAndAgainAfterExpiry) {
  answer(absl::StrCat(
      R"("token":"one","expirationTimestamp":")",
      absl::FormatTime(absl::RFC3339_sec, kStart + absl::Hours(1), absl::UTCTimeZone()), "\""));
  EXPECT_EQ(next(kStart), "Bearer one");
  EXPECT_EQ(authorization(&credentials(), kStart + absl::Minutes(59)), "Bearer one");
  EXPECT_EQ(asked(), 1U);
  answer(R"("token":"two")");
  EXPECT_EQ(next(kStart + absl::Hours(1)), "Bearer two");
  EXPECT_EQ(authorization(&credentials(), kStart + absl::Hours(9999)), "Bearer two");
  EXPECT_EQ(asked(), 2U);
}

TEST_F(PluginTest, IsAskedAgainAfter401) {
  answer(R"("token":"one")");
  EXPECT_EQ(next(kStart), "Bearer one");
  answer(R"("token":"two")");
  credentials().on_unauthorized(kStart - absl::Seconds(1));  // sent with an older one
  EXPECT_EQ(authorization(&credentials(), kStart), "Bearer one");
  credentials().on_unauthorized(kStart);
  EXPECT_EQ(next(kStart + absl::Seconds(1)), "Bearer two");
}

TEST_F(PluginTest, MayGiveACertificate) {
  const TestIdentity one = make_identity({.common_name = "one"});
  answer(absl::StrCat(R"("clientCertificateData":")", absl::CEscape(one.certificate),
                      R"(","clientKeyData":")", absl::CEscape(one.key), "\""));
  EXPECT_EQ(next(kStart), "");
  const HttpSettings settings = (*credentials().access(kStart + absl::Minutes(2)))->settings;
  EXPECT_EQ(settings.certificate, one.certificate);
  EXPECT_EQ(settings.key, one.key);
  answer(R"("token":"only")");
  credentials().on_unauthorized(kStart + absl::Minutes(3));
  EXPECT_EQ(next(kStart + absl::Minutes(4)), "Bearer only");
  EXPECT_EQ((*credentials().access(kStart + absl::Minutes(4)))->settings.certificate, "");
}

TEST_F(PluginTest, FailuresAreToldAndTriedAgain) {
  answer(R"("token":"secret","expirationTimestamp":"2020-01-01T00:00:00Z")");
  EXPECT_THAT(next(kStart), AllOf(HasSubstr("k:1: user \"u\": exec: what sh answers has expired at "
                                            "2020-01-01T00:00:00+00:00"),
                                  Not(HasSubstr("secret"))));
  EXPECT_THAT(authorization(&credentials(), kStart + absl::Milliseconds(100)), HasSubstr("expired"))
      << "to all that waited";
  EXPECT_EQ(asked(), 1U) << "one run for all of them";
  answer(R"("clientCertificateData":"secret","clientKeyData":"secret")");
  EXPECT_THAT(next(kStart + absl::Seconds(1)),
              AllOf(HasSubstr("can't be used: certificate: holds no certificate"),
                    Not(HasSubstr("secret"))));
  answer(R"("token":"fine")");
  EXPECT_EQ(next(kStart - absl::Hours(1)), "Bearer fine");
}

}  // namespace
}  // namespace portico
