#pragma once

// An HTTP client for streams that last: HTTP/2 where the server offers it, else HTTP/1.1.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "controlplane/http/http_settings.h"

namespace portico {

// In order; a name may be there several times. Names of a response are in lower case.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// The first header `name` (in lower case), or an empty text.
absl::string_view find_header(const HttpHeaders& headers, absl::string_view name);

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // http:// or https://, without user and password
  HttpHeaders headers = {};
  std::string body = {};
  // How long the response's head may take, the connection with it; 0: for ever.
  std::chrono::milliseconds head_timeout{60'000};
};

// Told of one transfer: on_head() once, on_data() any number of times, on_end() once. All of them
// are called in HttpClient::poll(), and may call start(), cancel() and configure().
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  // Redirects are not followed: a 3xx is a response like others.
  virtual void on_head(int status, const HttpHeaders& headers) = 0;
  // A piece of the body, as it came in; up to 64 KiB, cut anywhere, already decompressed.
  virtual void on_data(absl::string_view bytes) = 0;
  // Ok: the response is complete. Else, with a text for people without secrets:
  //   Unavailable         could not resolve, connect, or the connection was lost or is dead
  //   DeadlineExceeded    no connection, or no head, in time
  //   FailedPrecondition  the server's certificate was not accepted, or ours not by the server
  //   Aborted             configure() closed the connection: begin anew
  //   InvalidArgument     the request or the settings can't be used
  //   DataLoss            the body ended early, or can't be decompressed
  //   Internal            anything else
  virtual void on_end(const absl::Status& status) = 0;
};

// # Theory of operation
//
// libcurl's multi interface, driven by its owner: everything happens in poll(), in one thread; the
// client has none of its own but those that libcurl resolves names in.
//
//   HttpClient client(settings);
//   const HttpClient::Id id = client.start({.url = "https://10.0.0.1:6443/version"}, &handler);
//   while (...) client.poll(std::chrono::steady_clock::now() + 1s);
//
// Transfers to one server share an HTTP/2 connection; with HTTP/1.1 each that lasts has its own.
// A response may be endless: what has come is handed on at once and not kept.
//
// Dead peers. TCP keepalives and TCP_USER_TIMEOUT find a peer that the network has lost, in
// ping_after + ping_timeout. A peer whose kernel lives, or who sits behind a proxy, is asked over
// HTTP/2: libcurl 7.88 sends no PING frames from the multi interface, so the question is a request
// of its own on the same connection, "OPTIONS *", which RFC 9110 section 9.3.7 means for that and
// Go's servers answer before anything else looks at it. It carries no credentials, and any answer
// will do. Over HTTP/1.1 nothing can be asked while a response lasts: there the owner has to know
// how long silence may be.
//
// GOAWAY: transfers under way go on, new ones get a new connection.
class HttpClient {
 public:
  using Id = std::uint64_t;

  // More than that of response headers ends the transfer.
  static constexpr std::size_t kMaxHeaderBytes = std::size_t{256} << 10;

  explicit HttpClient(HttpSettings settings);
  // Ends all transfers without a word to their handlers.
  ~HttpClient();

  // What differs takes effect with the next poll(): transfers end as Aborted, those started after
  // this call get new connections. The same settings again change nothing.
  void configure(HttpSettings settings);

  // The handler must live until on_end() was called or cancel() returned. Faults of the request
  // are told by on_end(). Ids are never 0 and never given twice.
  Id start(HttpRequest request, HttpHandler* handler);
  // The handler is not called again. Nothing happens for an id that has ended.
  void cancel(Id id);

  // Runs transfers. Returns once handlers were called, wake() was called or `deadline` is there.
  void poll(std::chrono::steady_clock::time_point deadline);
  // From any thread: ends poll(), or the next one if none is running.
  void wake();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portico
