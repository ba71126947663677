#pragma once

// A small HTTP server for what monitoring asks.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

struct MHD_Daemon;

namespace portico {

struct StatusPage {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string text;
};

// # Theory of operation
//
// libmicrohttpd with one thread of its own, in which the pages are made: one request at a time, GET
// and HEAD only. A page is a function, and must be callable from that thread as long as the server
// lives. There is no authentication: it listens where it is told to, which is to be an address that
// only monitoring reaches.
class StatusServer {
 public:
  // By path: "/healthz".
  using Pages = std::map<std::string, std::function<StatusPage()>>;

  // `address`: "127.0.0.1:9127", "[::]:9127"; port 0 takes any. Errors name it.
  static absl::StatusOr<std::unique_ptr<StatusServer>> start(const std::string& address,
                                                             Pages pages);
  ~StatusServer();
  StatusServer(const StatusServer&) = delete;
  StatusServer& operator=(const StatusServer&) = delete;

  std::uint16_t port() const;
  // The answer to one request.
  StatusPage answer(const std::string& method, const std::string& path) const;

 private:
  explicit StatusServer(Pages pages) : pages_(std::move(pages)) {}

  const Pages pages_;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace portico
