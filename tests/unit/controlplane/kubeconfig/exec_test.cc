// Expected values: k8s.io/client-go/pkg/apis/clientauthentication/v1 and
// plugin/pkg/client/auth/exec.

#include <sys/stat.h>

#include <condition_variable>

#include "absl/strings/str_cat.h"
#include "controlplane/kubeconfig/exec_credential.h"
#include "controlplane/kubeconfig/exec_runner.h"
#include "controlplane/kubeconfig/process.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"

namespace portico {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

ProcessRequest shell(const std::string& script) {
  return {.command = {"sh", "-c", script}, .environment = {"PATH=/usr/bin:/bin", "A=b"}};
}

TEST(Process, GivesOutputErrorsAndStatus) {
  const ProcessResult result = run_process(shell("echo $A; echo bad >&2; cat; exit 3")).value();
  EXPECT_EQ(result.output, "b\n");
  EXPECT_EQ(result.errors, "bad\n");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(run_process(shell("kill -9 $$"))->exit_code, 137);
}

TEST(Process, KeepsToItsLimits) {
  ProcessRequest late = shell("sleep 1000 & sleep 1000");
  late.time_limit = 50ms;
  EXPECT_EQ(run_process(late).status().code(), absl::StatusCode::kDeadlineExceeded);
  ProcessRequest loud = shell("yes");
  EXPECT_EQ(run_process(loud).status().code(), absl::StatusCode::kResourceExhausted);
  loud = shell("head -c 1048576 /dev/zero; yes | head -c 100000 >&2");
  const ProcessResult result = run_process(loud).value();
  EXPECT_EQ(result.output.size(), 1U << 20);
  EXPECT_EQ(result.errors.size(), 4096U);
}

// Who leaves a child behind with our pipe in its hands has ended all the same.
TEST(Process, DoesNotWaitForWhatIsLeftBehind) {
  EXPECT_EQ(run_process(shell("echo done; sleep 3 &"))->output, "done\n");
}

TEST(Process, SaysWhatCantBeRun) {
  const absl::Status missing = run_process({.command = {"/no/such"}, .environment = {}}).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(missing.message(), HasSubstr("/no/such can't be run"));
  EXPECT_EQ(run_process({.command = {"/etc/passwd"}, .environment = {}}).status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(ExecInfo, TellsOfTheClusterIfAsked) {
  AccessConfig config;
  config.server = "https://a:443";
  config.settings.server_name = "kubernetes";
  config.exec.emplace().api_version = std::string(kExecV1);
  const auto parse = [](const std::string& json) {
    google::protobuf::Struct parsed;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &parsed).ok()) << json;
    return parsed.fields();
  };
  auto info = parse(exec_info(config, "CA"));
  EXPECT_EQ(info.at("kind").string_value(), "ExecCredential");
  EXPECT_EQ(info.at("apiVersion").string_value(), "client.authentication.k8s.io/v1");
  EXPECT_FALSE(info.at("spec").struct_value().fields().at("interactive").bool_value());
  EXPECT_EQ(info.at("spec").struct_value().fields().count("cluster"), 0U);
  config.exec->provide_cluster_info = true;
  config.exec->cluster_config.set_string_value("anything");
  info = parse(exec_info(config, "CA"));
  const auto& cluster =
      info.at("spec").struct_value().fields().at("cluster").struct_value().fields();
  EXPECT_EQ(cluster.at("server").string_value(), "https://a:443");
  EXPECT_EQ(cluster.at("tls-server-name").string_value(), "kubernetes");
  EXPECT_EQ(cluster.at("certificate-authority-data").string_value(), "Q0E=");
  EXPECT_EQ(cluster.at("config").string_value(), "anything");
  EXPECT_EQ(cluster.size(), 4U);
}

std::string credential(const std::string& status) {
  return absl::StrCat(R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",)",
                      R"("spec":{"interactive":false},"status":{)", status, "}}");
}

TEST(ExecAnswer, GivesTokenCertificateAndExpiry) {
  ExecAnswer answer = parse_exec_answer(credential(R"("token":"t")"), kExecV1).value();
  EXPECT_EQ(answer.token, "t");
  EXPECT_EQ(answer.expires, absl::InfiniteFuture());
  answer = parse_exec_answer(credential(R"("clientCertificateData":"C\n","clientKeyData":"K",
                                        "expirationTimestamp":"2026-03-05T17:30:20+01:00")"),
                             kExecV1)
               .value();
  EXPECT_EQ(answer.certificate, "C\n");
  EXPECT_EQ(answer.key, "K");
  EXPECT_EQ(absl::ToUnixSeconds(answer.expires), 1772728220);
}

TEST(ExecAnswer, RefusesWithoutQuoting) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "no JSON object"},
      {"secret", "no JSON object"},
      {"{\"kind\":\"ExecCredential\", secret", "no JSON object"},
      {R"({"kind":"secret"})", "kind is not"},
      {R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1"})",
       "apiVersion is not"},
      {credential(""), "no token and no certificate"},
      {credential(R"("clientKeyData":"secret")"), "not both"},
      {credential(R"("clientKeyData":"secret","clientCertificateData":"","token":"t")"),
       "not both"},
      {credential(R"("token":"secret\nx")"), "token has characters"},
      {credential(R"("token":["secret"])"), "no JSON object"},
      {credential(R"("token":"secret","expirationTimestamp":"secret")"), "expirationTimestamp"},
  };
  for (const auto& [text, error] : cases) {
    const auto answer = parse_exec_answer(text, kExecV1);
    EXPECT_THAT(answer.status().message(), AllOf(HasSubstr(error), Not(HasSubstr("secret"))))
        << text;
  }
}

TEST(Complaint, HasNoSecrets) {
  EXPECT_EQ(complaint("one\nerror: sign in first\n", {}), "error: sign in first");
  EXPECT_EQ(complaint("key=abcd1234 refused", {"abcd1234"}), "key=[...] refused");
  EXPECT_EQ(complaint("token=" + std::string(50, 'x') + ", no", {}), "token=[...], no");
  EXPECT_EQ(complaint("\x1b[31mred", {}), "\\x1b[31mred");
  EXPECT_EQ(complaint("", {}), "");
}

// Of AWS (a secret access key, its documentation's example, and a key's id), GitLab, Azure, a UUID,
// base64, hexadecimal and base32, alone and within what programs say.
TEST(Complaint, HasNothingThatLooksLikeAKey) {
  for (const char* secret :
       {"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "AKIAIOSFODNN7EXAMPLE",
        "glpat-x9Qz4LmV2pT8sRk1WcYb", "q3U8Q~x7.Kd-9sPZvW2m_Ty4hB6nLcR0eJgAa",
        "550e8400-e29b-41d4-a716-446655440000", "c2VjcmV0LXRva2VuLTEyMw", "9f86d081884c7d65",
        "JBSWY3DPEHPK3PXP", "QWxhZGRpbjpvcGVuc2VzYW1l", "1234567890123456"}) {
    EXPECT_EQ(complaint(secret, {}), "[...]");
    EXPECT_EQ(complaint(std::string("client_secret=\"") + secret + "\": denied", {}),
              "client_secret=\"[...]\": denied");
  }
}

TEST(Complaint, StaysReadable) {
  for (const char* text :
       {"An error occurred (ExpiredTokenException) when calling the AssumeRoleWithWebIdentity "
        "operation: Token expired",
        "Could not connect to the endpoint URL: \"https://sts.eu-west-1.amazonaws.com/\"",
        "/usr/local/bin/aws-iam-authenticator: no such file or directory",
        "error: no credentials in /root/.config/gcloud/credentials.db",
        "client.authentication.k8s.io/v1beta1 is deprecated", "UNAUTHENTICATED: sign in again"}) {
    EXPECT_EQ(complaint(text, {}), text);
  }
}

// A secret that begins as another does is hidden whole.
TEST(Complaint, HidesTheLongestSecretFirst) {
  EXPECT_EQ(complaint("abcdefgh refused", {"abcd", "abcdefgh"}), "[...] refused");
}

class ExecRunnerTest : public testing::Test {
 protected:
  ExecRunner runner_{[this] {
                       const std::lock_guard lock(mutex_);
                       done_ = true;
                       condition_.notify_all();
                     },
                     20s};
  absl::StatusOr<ExecAnswer> ask(const ExecPlugin& plugin) {
    runner_.start(plugin, "{\"info\":1}");
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(condition_.wait_for(lock, 20s, [&] { return std::exchange(done_, false); }));
    lock.unlock();
    auto answer = runner_.take();
    return answer ? *std::move(answer) : absl::InternalError("nothing was answered");
  }
  static ExecPlugin plugin(const std::string& script) {
    return {.api_version = std::string(kExecV1),
            .command = {"sh", "-c", script},
            .variables = {{"ANSWER", credential(R"("token":"t")")}, {"HOME", "/changed"}},
            .cluster_config = {},
            .install_hint = "apt install get",
            .where = "k:1: user \"u\": exec"};
  }

  std::mutex mutex_;
  std::condition_variable condition_;
  bool done_ = false;
};

TEST_F(ExecRunnerTest, RunsThePluginWithItsEnvironment) {
  EXPECT_EQ(ask(plugin("[ \"$KUBERNETES_EXEC_INFO\" = '{\"info\":1}' ] && [ $HOME = /changed ] && "
                       "[ -n \"$PATH\" ] && echo \"$ANSWER\""))
                ->token,
            "t");
  EXPECT_FALSE(runner_.running());
}

TEST_F(ExecRunnerTest, SaysWhatFailed) {
  EXPECT_EQ(ask(plugin("echo 'sign in first' >&2; exit 4")).status().message(),
            "k:1: user \"u\": exec: sh failed with status 4: sign in first");
  EXPECT_EQ(ask(plugin("echo secret")).status().message(),
            "k:1: user \"u\": exec: the answer of sh can't be used: it is no JSON object as an "
            "ExecCredential is");
  ExecPlugin missing = plugin("");
  missing.command = {"no-such-plugin"};
  EXPECT_THAT(ask(missing).status().message(),
              AllOf(HasSubstr("no-such-plugin can't be run"), HasSubstr(": apt install get")));
}

TEST_F(ExecRunnerTest, DoesNotTellWhatThePluginWasGiven) {
  ::setenv("FIXTURE_TOKEN", "inherited", 1);
  ExecPlugin given = plugin("echo \"no $0 $2 $HOME $FIXTURE_TOKEN\" >&2; exit 1");
  given.command.insert(given.command.end(), {"--password=hunter22", "--secret", "hunter33"});
  const std::string text(ask(given).status().message());
  ::unsetenv("FIXTURE_TOKEN");
  EXPECT_THAT(text, HasSubstr("no --password=[...] [...] [...] [...]"));
}

TEST(ExecRunner, IsEndedAtOnce) {
  const auto begin = std::chrono::steady_clock::now();
  {
    ExecRunner runner([] {});
    ExecPlugin plugin;
    plugin.command = {"sleep", "1000"};
    runner.start(plugin, "");
    EXPECT_TRUE(runner.running());
    EXPECT_FALSE(runner.take());
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
}

}  // namespace
}  // namespace portico
