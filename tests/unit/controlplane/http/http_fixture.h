#pragma once

// A client, servers of all kinds, and what the client's handlers were told.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controlplane/http/http_client.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"
#include "tests/support/temporary_folder.h"

namespace portico {

// A child process that prints its port first and ends when its standard input does.
class ServerProcess {
 public:
  explicit ServerProcess(const std::vector<std::string>& arguments);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  int port() const { return port_; }
  std::string url(const std::string& scheme, const std::string& path) const {
    return absl::StrCat(scheme, "://127.0.0.1:", port_, path);
  }

 private:
  int pid_ = -1;
  int input_ = -1;
  int port_ = 0;
};

// Keeps everything.
struct Recorder : HttpHandler {
  void on_head(int code, const HttpHeaders& all) override {
    status = code;
    headers = all;
  }
  void on_data(absl::string_view bytes) override {
    largest = std::max(largest, bytes.size());
    total += bytes.size();
    if (total <= (4U << 20)) body.append(bytes.data(), bytes.size());
  }
  void on_end(const absl::Status& result) override { end = result; }

  // The line "name value" of what /echo answers.
  std::string fact(const std::string& name) const;

  int status = 0;
  HttpHeaders headers;
  std::string body;
  std::size_t total = 0;
  std::size_t largest = 0;
  std::optional<absl::Status> end;
};

class HttpTest : public testing::Test {
 protected:
  HttpTest();

  std::unique_ptr<ServerProcess> serve(std::vector<std::string> arguments = {});
  std::unique_ptr<ServerProcess> serve_tls(std::vector<std::string> arguments = {});
  // Trusts the CA of serve_tls().
  HttpSettings settings() const;
  std::string file(const std::string& name, const std::string& text);

  template <typename Condition>
  static bool run_until(HttpClient* client, Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      client->poll(deadline);
    }
    return true;
  }
  // Runs one request to its end.
  static Recorder fetch(HttpClient* client, const HttpRequest& request);
  static Recorder fetch(const HttpSettings& settings, const std::string& url);

  TemporaryFolder folder_;
  TestIdentity ca_ = make_identity({.common_name = "Test CA", .authority = true});
  TestIdentity identity_ = make_identity(
      {.common_name = "server", .names = {"DNS:api.cluster.test", "IP:127.0.0.1"}}, &ca_);
};

}  // namespace portico
