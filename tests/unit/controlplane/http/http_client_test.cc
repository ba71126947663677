#include "controlplane/http/http_client.h"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/controlplane/http/http_fixture.h"

namespace portico {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(HttpTest, SpeaksHttp2WhereItIsOffered) {
  const auto server = serve_tls();
  const Recorder got = fetch(settings(), server->url("https", "/echo?a=b"));
  EXPECT_EQ(got.end, absl::OkStatus());
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.fact("version"), "HTTP/2");
  EXPECT_EQ(got.fact("method"), "GET");
  EXPECT_EQ(got.fact("path"), "/echo?a=b");
  EXPECT_EQ(find_header(got.headers, "x-answer"), "yes");
  EXPECT_EQ(find_header(got.headers, "x-other"), "");
}

TEST_F(HttpTest, SpeaksHttp1Else) {
  const auto old = serve_tls({"--http1"});
  EXPECT_EQ(fetch(settings(), old->url("https", "/echo")).fact("version"), "HTTP/1.1");
  const auto plain = serve();
  const Recorder got = fetch({}, plain->url("http", "/echo"));
  EXPECT_EQ(got.fact("version"), "HTTP/1.1");
  EXPECT_EQ(find_header(got.headers, "x-answer"), "yes");
}

TEST_F(HttpTest, SendsMethodHeadersAndBody) {
  const auto server = serve_tls();
  HttpClient client(settings());
  const Recorder got = fetch(&client, {.method = "POST",
                                       .url = server->url("https", "/echo"),
                                       .headers = {{"authorization", "Bearer x"},
                                                   {"impersonate-group", "a"},
                                                   {"impersonate-group", "b"},
                                                   {"x-empty", ""},
                                                   {"content-type", "application/json"}},
                                       .body = "{}"});
  EXPECT_EQ(got.fact("method"), "POST");
  EXPECT_EQ(got.fact("header-authorization"), "Bearer x");
  EXPECT_THAT(got.body, HasSubstr("header-impersonate-group a\nheader-impersonate-group b\n"));
  EXPECT_THAT(got.body, HasSubstr("header-x-empty \n"));
  EXPECT_EQ(got.fact("header-content-type"), "application/json");
  EXPECT_EQ(got.fact("body"), "{}");
}

TEST_F(HttpTest, StreamsShareAnHttp2Connection) {
  const auto server = serve_tls();
  HttpClient client(settings());
  Recorder first, second, third;
  client.start({.url = server->url("https", "/stream")}, &first);
  client.start({.url = server->url("https", "/stream")}, &second);
  client.start({.url = server->url("https", "/echo")}, &third);
  ASSERT_TRUE(run_until(
      &client, [&] { return first.body == "hello" && second.body == "hello" && third.end; }));
  EXPECT_EQ(third.fact("connection"), "1");
  EXPECT_EQ(
      fetch(&client, {.method = "POST", .url = server->url("https", "/say"), .body = ", you"}).body,
      "said");
  ASSERT_TRUE(run_until(&client,
                        [&] { return first.body == "hello, you" && second.body == "hello, you"; }));
  fetch(&client, {.url = server->url("https", "/finish")});
  ASSERT_TRUE(run_until(&client, [&] { return first.end && second.end; }));
  EXPECT_EQ(first.end, absl::OkStatus());
  EXPECT_EQ(second.end, absl::OkStatus());
}

// Each on a connection of its own, whatever becomes of those before.
TEST_F(HttpTest, Http1StreamsDoNotWaitForOthers) {
  const auto plain = serve();
  const auto old = serve_tls({"--http1"});
  const std::vector<std::pair<const ServerProcess*, std::string>> servers = {{plain.get(), "http"},
                                                                             {old.get(), "https"}};
  for (const auto& [server, scheme] : servers) {
    HttpClient client(settings());
    Recorder silent, first, second, third;
    client.start({.url = server->url(scheme, "/silent")}, &silent);
    for (Recorder* stream : {&first, &second, &third}) {
      client.start({.url = server->url(scheme, "/stream")}, stream);
    }
    EXPECT_TRUE(run_until(&client, [&] {
      return first.body == "hello" && second.body == "hello" && third.body == "hello";
    })) << scheme;
    EXPECT_FALSE(silent.end.has_value());
  }
}

TEST_F(HttpTest, LongResponsesComeInPieces) {
  for (const char* const http1 : {"", "--http1"}) {
    const auto server =
        serve_tls(*http1 != '\0' ? std::vector<std::string>{http1} : std::vector<std::string>{});
    const Recorder got = fetch(settings(), server->url("https", "/big"));
    EXPECT_EQ(got.end, absl::OkStatus());
    EXPECT_EQ(got.total, 64U << 20);
    EXPECT_LE(got.largest, 64U << 10);
  }
}

TEST_F(HttpTest, UndoesGzipUnlessItIsSwitchedOff) {
  const auto server = serve_tls();
  const std::string plain(1 << 20, 'a');
  Recorder got = fetch(settings(), server->url("https", "/gzip"));
  EXPECT_EQ(find_header(got.headers, "content-encoding"), "gzip");
  EXPECT_TRUE(got.body == plain);
  HttpSettings off = settings();
  off.compression = false;
  got = fetch(off, server->url("https", "/gzip"));
  EXPECT_EQ(find_header(got.headers, "content-encoding"), "");
  EXPECT_TRUE(got.body == plain);
  got = fetch(settings(), server->url("https", "/badgzip"));
  EXPECT_EQ(got.end->code(), absl::StatusCode::kDataLoss) << *got.end;
}

TEST_F(HttpTest, PassesOverInformationalResponses) {
  const auto server = serve_tls({"--http1"});
  const Recorder got = fetch(settings(), server->url("https", "/continue"));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(find_header(got.headers, "link"), "");
  EXPECT_EQ(got.body, "late");
}

TEST_F(HttpTest, CancelledHandlersHearNothingMore) {
  struct Once : Recorder {
    void on_data(absl::string_view bytes) override {
      Recorder::on_data(bytes);
      client->cancel(id);
    }
    HttpClient* client = nullptr;
    HttpClient::Id id = 0;
  };
  const auto server = serve_tls();
  HttpClient client(settings());
  Once once;
  once.client = &client;
  once.id = client.start({.url = server->url("https", "/big")}, &once);
  ASSERT_TRUE(run_until(&client, [&] { return once.total > 0; }));
  const std::size_t heard = once.total;
  Recorder never;
  client.cancel(client.start({.url = server->url("https", "/echo")}, &never));
  EXPECT_EQ(fetch(&client, {.url = server->url("https", "/echo")}).fact("connection"), "1");
  EXPECT_EQ(once.total, heard);
  EXPECT_FALSE(once.end);
  EXPECT_EQ(never.status, 0);
}

TEST_F(HttpTest, HandlersMayStartAnother) {
  struct Chain : Recorder {
    void on_end(const absl::Status& result) override {
      Recorder::on_end(result);
      client->start({.url = url}, &next);
    }
    HttpClient* client = nullptr;
    std::string url;
    Recorder next;
  };
  const auto server = serve_tls();
  HttpClient client(settings());
  Chain chain;
  chain.client = &client;
  chain.url = server->url("https", "/echo");
  client.start({.url = chain.url}, &chain);
  ASSERT_TRUE(run_until(&client, [&] { return chain.next.end.has_value(); }));
  EXPECT_EQ(chain.next.status, 200);
}

TEST_F(HttpTest, NewSettingsMeanNewConnections) {
  const auto server = serve_tls();
  HttpClient client(settings());
  Recorder stream;
  client.start({.url = server->url("https", "/stream")}, &stream);
  ASSERT_TRUE(run_until(&client, [&] { return stream.body == "hello"; }));
  client.configure(settings());  // the same
  EXPECT_EQ(fetch(&client, {.url = server->url("https", "/echo")}).fact("connection"), "1");
  EXPECT_FALSE(stream.end);
  HttpSettings other = settings();
  other.server_name = "api.cluster.test";
  client.configure(other);
  const Recorder got = fetch(&client, {.url = server->url("https", "/echo")});
  ASSERT_TRUE(stream.end);
  EXPECT_EQ(stream.end->code(), absl::StatusCode::kAborted);
  EXPECT_EQ(got.fact("connection"), "2");
  EXPECT_EQ(got.fact("sni"), "api.cluster.test");
}

TEST_F(HttpTest, WakeEndsPoll) {
  HttpClient client{HttpSettings()};
  const auto begin = std::chrono::steady_clock::now();
  client.wake();
  client.poll(begin + std::chrono::hours(1));
  std::thread other([&] { client.wake(); });
  client.poll(begin + std::chrono::hours(1));
  other.join();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
  client.poll(deadline);
  EXPECT_GE(std::chrono::steady_clock::now(), deadline);
}

TEST_F(HttpTest, RefusesRequestsThatCantBe) {
  HttpClient client{HttpSettings()};
  Recorder got =
      fetch(&client, {.url = "https://10.0.0.1/", .headers = {{"authorization", "s\r\nx"}}});
  EXPECT_EQ(got.end->code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(got.end->message(), HasSubstr("\"authorization\""));
  EXPECT_THAT(got.end->message(), Not(HasSubstr("s\r")));
  got = fetch(&client, {.url = "ftp://10.0.0.1/"});
  EXPECT_EQ(got.end->code(), absl::StatusCode::kInvalidArgument);
  got = fetch(&client, {.url = "https://user:hunter2@/"});
  EXPECT_EQ(got.end->code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(got.end->message(), Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace portico
