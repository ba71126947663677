// Expected values: k8s.io/client-go/tools/clientcmd (loader.go, validation.go,
// client_config.go) and the documentation of kubeconfig files.

#include "controlplane/kubeconfig/kubeconfig.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

constexpr char kPath[] = "/etc/portico/kubeconfig";

// Line 4 is the cluster's first, 7 the user's.
std::string with(const std::string& cluster, const std::string& user) {
  return absl::StrCat(
      "{kind: Config, apiVersion: v1, current-context: main,\n"
      "contexts: [{name: main, context: {cluster: c, user: u}}],\n"
      "clusters: [{name: c, cluster: {\n",
      cluster, "}}],\nusers: [\n{name: u, user: {\n", user, "}}]}\n");
}

absl::StatusOr<AccessConfig> resolve(const std::string& text) {
  return resolve_kubeconfig({{kPath, text}});
}

const std::string kServer = "server: \"https://10.0.0.1:6443\"";

TEST(Kubeconfig, ReadsWhatKubectlWrites) {
  const AccessConfig config = resolve(R"(apiVersion: v1
kind: Config
preferences: {}
current-context: main
clusters:
- name: other
  cluster: {server: "not looked at"}
- name: c
  cluster:
    server: https://API.example:6443/k8s/clusters/c-1/
    tls-server-name: kubernetes
    certificate-authority-data: Q0E=
    proxy-url: socks5://proxy:1080
    disable-compression: true
contexts:
- name: main
  context: {cluster: c, user: u, namespace: default}
users:
- name: u
  user:
    client-certificate: pki/client.crt
    client-key: /etc/pki/client.key
    tokenFile: ../token
)")
                                  .value();
  EXPECT_EQ(config.name, "context \"main\"");
  EXPECT_EQ(config.server, "https://api.example:6443/k8s/clusters/c-1");
  EXPECT_EQ(config.settings.server_name, "kubernetes");
  EXPECT_EQ(config.settings.proxy, "socks5://proxy:1080");
  EXPECT_FALSE(config.settings.compression);
  EXPECT_FALSE(config.settings.insecure);
  EXPECT_EQ(config.ca.text, "CA");
  EXPECT_EQ(config.certificate.file, "/etc/portico/pki/client.crt");
  EXPECT_EQ(config.certificate.where, "/etc/portico/kubeconfig:21: user \"u\": client-certificate");
  EXPECT_EQ(config.key.file, "/etc/pki/client.key");
  EXPECT_EQ(config.token.file, "/etc/token");
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST(Kubeconfig, TakesEachWayToAuthenticate) {
  EXPECT_EQ(resolve(with(kServer, "token: abc"))->token.text, "abc");
  const AccessConfig both = resolve(with(kServer, "token: abc, tokenFile: /t")).value();
  EXPECT_EQ(both.token.text, "");
  EXPECT_EQ(both.token.file, "/t");
  const AccessConfig basic = resolve(with(kServer, "username: a, password: \"b:c\"")).value();
  EXPECT_EQ(basic.username, "a");
  EXPECT_EQ(basic.password, "b:c");
  const AccessConfig certificate =
      resolve(with(kServer, "client-certificate-data: Q1JU, client-key-data: S0VZ")).value();
  EXPECT_EQ(certificate.certificate.text, "CRT");
  EXPECT_EQ(certificate.key.text, "KEY");
  EXPECT_EQ(resolve(with(kServer, ""))->token.is_there(), false);  // anonymous
}

TEST(Kubeconfig, Impersonates) {
  const AccessConfig config = resolve(with(kServer,
                                           "token: t, as: jane, as-uid: 1-2, as-groups: [a, b], "
                                           "as-user-extra: {scopes: [x, y], \"acme.com/%p\": [z]}"))
                                  .value();
  EXPECT_THAT(
      config.impersonation,
      ElementsAre(Pair("impersonate-user", "jane"), Pair("impersonate-uid", "1-2"),
                  Pair("impersonate-group", "a"), Pair("impersonate-group", "b"),
                  Pair("impersonate-extra-scopes", "x"), Pair("impersonate-extra-scopes", "y"),
                  Pair("impersonate-extra-acme.com%2F%25p", "z")));
}

TEST(Kubeconfig, ReadsExecPlugins) {
  const std::string cluster = kServer +
                              ", extensions: [{name: other, extension: {a: 1}}, {name: "
                              "client.authentication.k8s.io/exec, extension: {audience: x, n: 2, "
                              "list: [true, null, \"3\"]}}]";
  const std::string exec =
      "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/get, args: [a, --b], "
      "env: [{name: K, value: V}], interactiveMode: IfAvailable, provideClusterInfo: true, "
      "installHint: get it}";
  const AccessConfig config = resolve(with(cluster, exec)).value();
  ASSERT_TRUE(config.exec);
  EXPECT_THAT(config.exec->command, ElementsAre("/etc/portico/bin/get", "a", "--b"));
  EXPECT_THAT(config.exec->variables, ElementsAre(Pair("K", "V")));
  EXPECT_EQ(config.exec->install_hint, "get it");
  EXPECT_EQ(config.exec->where, "/etc/portico/kubeconfig:7: user \"u\": exec");
  const auto& fields = config.exec->cluster_config.struct_value().fields();
  EXPECT_EQ(fields.at("audience").string_value(), "x");
  EXPECT_EQ(fields.at("n").number_value(), 2);
  EXPECT_TRUE(fields.at("list").list_value().values(0).bool_value());
  EXPECT_EQ(fields.at("list").list_value().values(2).string_value(), "3");

  const AccessConfig old =
      resolve(
          with(kServer, "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws}"))
          .value();
  EXPECT_THAT(old.exec->command, ElementsAre("aws"));
  const AccessConfig token = resolve(with(kServer, exec + ", token: t")).value();
  EXPECT_FALSE(token.exec);
  EXPECT_THAT(token.warnings, ElementsAre(HasSubstr("exec plugin is not used")));
}

TEST(Kubeconfig, Warns) {
  EXPECT_THAT(resolve(with("server: \"http://10.0.0.1\"", "token: t"))->warnings,
              ElementsAre(HasSubstr("over http")));
  const AccessConfig config =
      resolve(with(kServer + ", insecure-skip-tls-verify: true", "token: t")).value();
  EXPECT_TRUE(config.settings.insecure);
  EXPECT_THAT(config.warnings, ElementsAre(HasSubstr("insecure-skip-tls-verify")));
}

// "The first file to set a particular value or map key wins", wholly.
TEST(Kubeconfig, OfSeveralFilesTheFirstWins) {
  const std::string first = "users: [{name: u, user: {username: a}}]\n";
  const std::string second =
      "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
      "users: [{name: u, user: {token: never}}]\n";
  const std::string third =
      "current-context: y\nclusters: [{name: c, cluster: {certificate-authority: ca.crt, server: "
      "'https://a'}}]\n";
  const AccessConfig config =
      resolve_kubeconfig({{"/1/k", first}, {"/2/k", second}, {"/3/k", third}, {"/4/k", ""}})
          .value();
  EXPECT_EQ(config.name, "context \"x\"");
  EXPECT_EQ(config.username, "a");
  EXPECT_FALSE(config.token.is_there());
  EXPECT_EQ(config.ca.file, "/3/ca.crt");
}

TEST(Kubeconfig, MayBeJson) {
  EXPECT_EQ(resolve(R"({"kind":"Config","current-context":"m","contexts":[{"name":"m","context":
    {"cluster":"c","user":"u"}}],"clusters":[{"name":"c","cluster":{"server":"https://a"}}],
    "users":[{"name":"u","user":{"token":"t"}}]})")
                ->server,
            "https://a:443");
}

struct Refusal {
  std::string cluster;
  std::string user;
  std::string error;  // all of it, behind the path
};

class KubeconfigRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(KubeconfigRefuses, AndSaysWhere) {
  const auto config = resolve(with(GetParam().cluster, GetParam().user));
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(config.status().message(), absl::StrCat(kPath, GetParam().error));
  EXPECT_THAT(config.status().message(), Not(HasSubstr("secret")));
}

const std::string kExec = "exec: {apiVersion: client.authentication.k8s.io/v1, command: a, ";

INSTANTIATE_TEST_SUITE_P(
    Faults, KubeconfigRefuses,
    testing::Values(
        Refusal{"", "", ":3: cluster \"c\": server: is missing"},
        Refusal{"server: a", "", ":4: cluster \"c\": server: the URL must begin with https://"},
        Refusal{"server: 'https://'", "",
                ":4: cluster \"c\": server: the URL is none: No host part in the URL"},
        Refusal{"server: 'socks5://a'", "", ":4: cluster \"c\": server: must begin with https://"},
        Refusal{"server: 'https://u:secret@a'", "",
                ":4: cluster \"c\": server: must not have a user; users have a place of their own"},
        Refusal{"server: 'https://a?b'", "", ":4: cluster \"c\": server: must not have a query"},
        Refusal{kServer + ",\nproxy-url: 'ftp://u:secret@a'", "",
                ":5: cluster \"c\": proxy-url: the URL has the unknown scheme \"ftp\""},
        Refusal{kServer + ",\ncertificate-authority-data: 'secret!'", "",
                ":5: cluster \"c\": certificate-authority-data: is no text in base64"},
        Refusal{
            kServer + ",\ncertificate-authority: a, certificate-authority-data: Q0E=", "",
            ":5: cluster \"c\": certificate-authority: there is certificate-authority-data too, "
            "and only one of them counts"},
        Refusal{
            kServer + ", certificate-authority: a,\ninsecure-skip-tls-verify: true", "",
            ":5: cluster \"c\": insecure-skip-tls-verify: there is a certificate-authority too"},
        Refusal{kServer + ",\ninsecure-skip-tls-verify: maybe", "",
                ":5: clusters[0].cluster.insecure-skip-tls-verify: must be true or false, not "
                "\"maybe\""},
        Refusal{kServer + ",\ntls-server-name: 'a/b'", "",
                ":5: cluster \"c\": tls-server-name: is no name of a host"},
        Refusal{kServer, "auth-provider: {name: gcp, config: {access-token: secret}}",
                ":7: user \"u\": auth-provider: \"gcp\" can't be used: such providers are part of "
                "client-go; use an exec plugin or a token"},
        Refusal{kServer, "client-certificate: a",
                ":6: user \"u\": client-key: is missing, but client-certificate is there"},
        Refusal{kServer, "client-key-data: S0VZ",
                ":6: user \"u\": client-certificate: is missing, but client-key is there"},
        Refusal{kServer, "token: [secret]", ":7: users[0].user.token: must be text, not a list"},
        Refusal{kServer, "token: \"secret\\n\"",
                ":7: user \"u\": token: has a character that no token has"},
        Refusal{kServer, "token: secret,\nusername: a",
                ":8: user \"u\": username: there is a token too, and only one of them can be sent"},
        Refusal{kServer, "username: \"a:b\", password: secret",
                ":7: user \"u\": username: must not have a colon"},
        Refusal{kServer, "as-groups: [a]",
                ":6: user \"u\": as: is missing, but as-uid, as-groups or as-user-extra is there"},
        Refusal{kServer, "as: \"a\\nb\"",
                ":7: user \"u\": as: has a character that no header may have"},
        Refusal{kServer, "as: a, as-user-extra: {k: v}",
                ":7: user \"u\": as-user-extra: must be a mapping of lists"},
        Refusal{kServer, "exec: {command: a, interactiveMode: Never}",
                ":7: user \"u\": exec.apiVersion: must be client.authentication.k8s.io/v1 or "
                "client.authentication.k8s.io/v1beta1"},
        Refusal{kServer, kExec + "interactiveMode: Always}",
                ":7: user \"u\": exec.interactiveMode: is Always, but a service has no terminal to "
                "ask anybody at"},
        Refusal{kServer, kExec + "}",
                ":7: user \"u\": exec.interactiveMode: is missing; say Never or IfAvailable"},
        Refusal{kServer, kExec + "interactiveMode: No}",
                ":7: user \"u\": exec.interactiveMode: must be Never, IfAvailable or Always"},
        Refusal{kServer, kExec + "interactiveMode: Never, env: [{value: secret}]}",
                ":7: user \"u\": exec.env: has a variable without a name, or with \"=\" in it"}));

std::string error_of(const std::string& text) {
  return std::string(resolve(text).status().message());
}

TEST(Kubeconfig, NamesWhatTheContextLacks) {
  EXPECT_EQ(error_of(""),
            "/etc/portico/kubeconfig: current-context: is missing; contexts are none");
  EXPECT_EQ(error_of("a: 1\ncurrent-context: x\ncontexts: [{name: y}, {name: z}]"),
            "/etc/portico/kubeconfig:2: current-context: there is no context \"x\"; contexts are "
            "\"y\", \"z\"");
  EXPECT_EQ(error_of("current-context: x\ncontexts:\n- name: x\n  context:\n    cluster: c\n"),
            "/etc/portico/kubeconfig:4: context \"x\": user: is missing\n"
            "/etc/portico/kubeconfig:5: context \"x\": cluster: there is no cluster \"c\"");
}

// As `kubectl --context` overrides it.
TEST(Kubeconfig, GoesByAnotherContextThanTheCurrentOne) {
  const std::string first =
      "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
      "clusters: [{name: c, cluster: {server: 'https://c'}}]\nusers: [{name: u}]\n";
  const std::string second =
      "contexts: [{name: y, context: {cluster: d, user: u}}]\n"
      "clusters: [{name: d, cluster: {server: 'https://d'}}]\n";
  const std::vector<KubeconfigText> files = {{"/1/k", first}, {"/2/k", second}};
  EXPECT_EQ(resolve_kubeconfig(files)->server, "https://c:443");
  const AccessConfig other = resolve_kubeconfig(files, "y").value();
  EXPECT_EQ(other.name, "context \"y\"");
  EXPECT_EQ(other.server, "https://d:443");
  EXPECT_EQ(resolve_kubeconfig({{"/2/k", second}, {"/1/k", first}}, "y")->server, "https://d:443")
      << "no current context is needed";
  EXPECT_EQ(resolve_kubeconfig(files, "z").status().message(),
            "/1/k: --context: there is no context \"z\"; contexts are \"x\", \"y\"");
}

TEST(Kubeconfig, RefusesWhatIsNone) {
  EXPECT_EQ(error_of("kind: Pod\napiVersion: v1"),
            "/etc/portico/kubeconfig:1: kind: must be Config in a kubeconfig, is \"Pod\"");
  EXPECT_EQ(error_of("a: 1\n---\nb: 1"),
            "/etc/portico/kubeconfig:3: a kubeconfig is one document, this is a second");
  EXPECT_EQ(error_of("users:\n- name: a\n- name: a\n"),
            "/etc/portico/kubeconfig:3: users[1].name: \"a\" is in this file already");
  EXPECT_THAT(error_of("token: \"secret\n"), Not(HasSubstr("secret")));
  EXPECT_THAT(error_of("\xff"), HasSubstr("/etc/portico/kubeconfig:1"));
  EXPECT_FALSE(resolve_kubeconfig({}).ok());
}

}  // namespace
}  // namespace portico
