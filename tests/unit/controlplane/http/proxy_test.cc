#include "controlplane/http/proxy.h"

#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/controlplane/http/http_fixture.h"

namespace portico {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A name that nothing but the proxy can resolve (RFC 6761 section 6.4).
constexpr char kName[] = "api.invalid";

class ProxyTest : public HttpTest {
 protected:
  ProxyTest() {
    const TestIdentity identity = make_identity(
        {.common_name = "server", .names = {"DNS:api.invalid", "IP:127.0.0.1"}}, &ca_);
    file("server.pem", identity.certificate);
    file("server.key", identity.key);
    server_ = serve_tls();
    url_ = absl::StrCat("https://", kName, ":", server_->port(), "/echo");
  }
  static std::unique_ptr<ServerProcess> proxy(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"/usr/bin/python3", HTTP_PROXY});
    return std::make_unique<ServerProcess>(arguments);
  }
  Recorder fetch_by(const std::string& proxy) {
    HttpSettings by = settings();
    by.proxy = proxy;
    return fetch(by, url_);
  }

  std::unique_ptr<ServerProcess> server_;
  std::string url_;
};

TEST_F(ProxyTest, HttpHttpsAndSocks5) {
  const auto http = proxy();
  const Recorder got = fetch_by(http->url("http", ""));
  EXPECT_EQ(got.fact("version"), "HTTP/2") << *got.end;
  EXPECT_EQ(got.fact("sni"), kName);
  EXPECT_EQ(find_header(got.headers, "x-proxy"), "");  // the proxy's head is not the server's
  const auto https = proxy({"--tls", folder_ / "server.pem", folder_ / "server.key"});
  EXPECT_EQ(fetch_by(https->url("https", "")).status, 200);
  const auto socks5 = proxy({"--socks5"});
  EXPECT_EQ(fetch_by(socks5->url("socks5", "")).status, 200);
  EXPECT_EQ(fetch_by(socks5->url("socks5h", "")).status, 200);
}

TEST_F(ProxyTest, ServerNameHoldsBehindAProxy) {
  for (const char* const kind : {"", "--socks5"}) {
    const auto by = *kind != '\0' ? proxy({kind}) : proxy();
    HttpSettings settings = this->settings();
    settings.proxy = by->url(*kind != '\0' ? "socks5" : "http", "");
    settings.server_name = kName;
    const Recorder got =
        fetch(settings, absl::StrCat("https://elsewhere.invalid:", server_->port(), "/echo"));
    EXPECT_EQ(got.fact("sni"), kName) << *got.end;
    EXPECT_EQ(got.fact("host"), absl::StrCat("elsewhere.invalid:", server_->port()));
  }
}

TEST_F(ProxyTest, PasswordsAreSentButNeverTold) {
  const auto by = proxy({"--user", "gateway:hunter2:%"});
  const std::string at = absl::StrCat("@127.0.0.1:", by->port());
  EXPECT_EQ(fetch_by("http://gateway:hunter2:%25" + at).status, 200);
  const Recorder got = fetch_by("http://gateway:hunter3" + at);
  EXPECT_EQ(got.end->code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(got.end->message(), AllOf(HasSubstr("407"), Not(HasSubstr("hunter3"))));
  const Recorder nowhere = fetch_by("http://gateway:hunter3@proxy.invalid:3128");
  EXPECT_THAT(nowhere.end->message(), AllOf(HasSubstr("cannot resolve the proxy's name"),
                                            HasSubstr("proxy.invalid"), Not(HasSubstr("hunter"))));
}

TEST_F(ProxyTest, TheEnvironmentIsNotAskedUnlessOneDoes) {
  ::setenv("HTTPS_PROXY", "http://127.0.0.1:1", 1);
  EXPECT_EQ(fetch(settings(), server_->url("https", "/echo")).status, 200);
  ::unsetenv("HTTPS_PROXY");
}

// Expected values: golang.org/x/net/http/httpproxy and its proxy_test.go's rules.
std::string chosen(const std::string& url, std::map<std::string, std::string> variables) {
  return proxy_from_environment(parse_url(url).value(),
                                [&](const std::string& name) -> std::optional<std::string> {
                                  const auto found = variables.find(name);
                                  if (found == variables.end()) return std::nullopt;
                                  return found->second;
                                });
}

TEST(ProxyFromEnvironment, GoesByTheScheme) {
  EXPECT_EQ(chosen("https://a.test", {}), "");
  EXPECT_EQ(chosen("https://a.test", {{"HTTPS_PROXY", "http://p:1"}}), "http://p:1");
  EXPECT_EQ(chosen("https://a.test", {{"https_proxy", "http://p:1"}}), "http://p:1");
  EXPECT_EQ(chosen("https://a.test", {{"https_proxy", "p:1"}}), "http://p:1");
  EXPECT_EQ(chosen("https://a.test", {{"HTTP_PROXY", "http://p:1"}}), "");
  EXPECT_EQ(chosen("http://a.test", {{"HTTP_PROXY", "http://p:1"}}), "http://p:1");
  EXPECT_EQ(chosen("http://a.test", {{"HTTPS_PROXY", "http://p:1"}}), "");
}

TEST(ProxyFromEnvironment, NoProxyNamesExceptions) {
  struct Case {
    std::string exceptions, url;
    bool proxied;
  };
  const Case cases[] = {
      {"", "https://localhost:6443", false},
      {"", "https://127.0.0.9", false},
      {"", "https://[::1]", false},
      {"*", "https://a.test", false},
      {"other.test, A.Test", "https://a.test", false},
      {"a.test", "https://b.a.test", false},
      {"a.test", "https://ba.test", true},
      {".a.test", "https://b.a.test", false},
      {".a.test", "https://a.test", true},
      {"*.a.test", "https://b.a.test", false},
      {"*.a.test", "https://a.test", true},
      {"a.test:6443", "https://a.test:6443", false},
      {"a.test:6443", "https://a.test", true},
      {"a.test:443", "https://a.test", false},
      {"10.0.0.0/8", "https://10.2.3.4", false},
      {"10.0.0.1/8", "https://10.2.3.4", false},
      {"10.0.0.0/8", "https://11.2.3.4", true},
      {"10.0.0.0/8", "https://a.test", true},
      {"fd00::/8", "https://[fd00::5]:6443", false},
      {"10.2.3.4", "https://10.2.3.4:6443", false},
      {"10.2.3.4:443", "https://10.2.3.4:6443", true},
      {"fd00::5", "https://[fd00::5]", false},
      {"[fd00::5]:443", "https://[fd00::5]", false},
      {":443,/,,10.0.0.0/99", "https://10.2.3.4", true},
  };
  for (const Case& c : cases) {
    const std::string proxy =
        chosen(c.url, {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", c.exceptions}});
    EXPECT_EQ(proxy, c.proxied ? "http://p:1" : "") << c.exceptions << " " << c.url;
  }
}

TEST(ParseUrl, FindsTheParts) {
  const HttpUrl url = parse_url("HTTPS://us%65r:p%40ss@[FD00::1]:6443/k8s/c?x=1").value();
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.host, "[fd00::1]");
  EXPECT_EQ(url.port, "6443");
  EXPECT_EQ(url.target, "/k8s/c?x=1");
  EXPECT_EQ(url.user, "user");
  EXPECT_EQ(url.password, "p@ss");
  EXPECT_EQ(url.origin(), "https://[fd00::1]:6443");
  EXPECT_EQ(parse_url("https://a")->port, "443");
  EXPECT_EQ(parse_url("https://a")->target, "/");
  EXPECT_EQ(parse_proxy("http://a")->port, "80");
  EXPECT_EQ(parse_proxy("socks5://a")->port, "1080");
}

TEST(ParseUrl, RefusesWhatIsNone) {
  for (const char* const text : {"", "a", "a:6443", "10.0.0.1", "https://", "https://a b", "://a",
                                 "https://a:99999", "file:///etc/passwd", "https://a\n"}) {
    EXPECT_EQ(parse_url(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_EQ(parse_proxy("http://a/path").status().message(), "has a path");
}

}  // namespace
}  // namespace portico
