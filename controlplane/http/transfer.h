#pragma once

// One request and its response: a libcurl easy handle and what belongs to it.

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "controlplane/http/http_client.h"

namespace portico {

// # Theory of operation
//
// libcurl calls back from within curl_multi_perform(), where handles must be neither added nor
// removed. So a transfer that is to end is only marked, by drop() or fail(), its callbacks refuse
// what comes, and the client takes it away afterwards.
class Transfer {
 public:
  using Clock = std::chrono::steady_clock;

  // What is asked for: what the URL names, or the server as a whole ("OPTIONS *").
  enum class Target : std::uint8_t { kUrl, kServer };

  // `handler` may be null: then nobody is told. Times are counted from `now`.
  Transfer(HttpRequest request, Target target, HttpHandler* handler, Clock::time_point now);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer();

  // Before the handle is given to libcurl, once. InvalidArgument if the request or the settings
  // can't be used.
  absl::Status prepare(const HttpSettings& settings);
  CURL* handle() const { return easy_.get(); }

  // Its owner wants no more of it.
  void drop();
  bool dropped() const { return dropped_; }
  // Its connection gets no further requests and is closed once nobody uses it.
  void leave_connection() { curl_easy_setopt(easy_.get(), CURLOPT_FORBID_REUSE, 1L); }

  // Calls on_end(). `code` is libcurl's.
  void end(CURLcode code);
  void end(const absl::Status& status);
  // Whether the handler was called since this was asked last.
  bool take_called() { return std::exchange(called_, false); }
  // "https://host:port: WHAT"
  std::string describe(absl::string_view what) const;

  bool has_head() const { return has_head_; }
  // When it ends unless a head has come; the end of time if that does not matter.
  Clock::time_point head_deadline() const;
  // The connection's number at our end, 0: not known. Different for connections at one time.
  long local_port() const;
  bool is_http2() const;
  Clock::time_point last_heard() const { return last_heard_; }
  Target target() const { return target_; }
  const HttpRequest& request() const { return request_; }

 private:
  struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  using List = std::unique_ptr<curl_slist, FreeList>;

  template <typename T>
  void set(CURLoption option, T value);
  void set_blob(CURLoption option, const std::string& data);
  void append(List* list, const std::string& line);
  absl::Status set_url(const HttpSettings& settings);
  absl::Status set_headers(const std::string& host);
  void set_body();
  void set_tls(const HttpSettings& settings);
  absl::Status set_proxy(const HttpSettings& settings);
  void set_limits(const HttpSettings& settings);
  void set_callbacks();

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static int on_socket(void* self, curl_socket_t socket, curlsocktype type);
  bool take_header(absl::string_view line);
  bool take_head();

  HttpRequest request_;
  const Target target_;
  HttpHandler* handler_;
  bool dropped_ = false;
  bool called_ = false;
  const Clock::time_point started_at_;
  Clock::time_point last_heard_;
  std::string origin_;
  std::chrono::milliseconds user_timeout_{0};

  HttpHeaders headers_;
  std::size_t header_bytes_ = 0;
  bool has_head_ = false;
  absl::Status failure_;  // why a callback refused

  CURLcode set_result_ = CURLE_OK;
  char error_[CURL_ERROR_SIZE] = "";
  List header_list_;
  List connect_to_;
  std::unique_ptr<CURL, FreeEasy> easy_;  // ends before what it refers to
};

}  // namespace portico
