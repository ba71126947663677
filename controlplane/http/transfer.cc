#include "controlplane/http/transfer.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "controlplane/http/curl_status.h"

namespace portico {

Transfer::Transfer(HttpRequest request, Target target, HttpHandler* handler, Clock::time_point now)
    : request_(std::move(request)),
      target_(target),
      handler_(handler),
      started_at_(now),
      last_heard_(now),
      easy_(curl_easy_init()) {}

Transfer::~Transfer() = default;

void Transfer::drop() {
  dropped_ = true;
  handler_ = nullptr;
}

std::string Transfer::describe(absl::string_view what) const {
  return absl::StrCat(origin_, ": ", what);
}

void Transfer::end(CURLcode code) {
  if (!failure_.ok()) return end(failure_);
  if (code == CURLE_OK) return end(absl::OkStatus());
  long os_error = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &os_error);
  end(curl_status(code, origin_, error_, os_error));
}

void Transfer::end(const absl::Status& status) {
  dropped_ = true;
  HttpHandler* const handler = std::exchange(handler_, nullptr);
  if (handler == nullptr) return;
  called_ = true;
  handler->on_end(status);
}

Transfer::Clock::time_point Transfer::head_deadline() const {
  if (has_head_ || request_.head_timeout.count() == 0) return Clock::time_point::max();
  return started_at_ + request_.head_timeout;
}

long Transfer::local_port() const {
  long port = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_LOCAL_PORT, &port);
  return port;
}

bool Transfer::is_http2() const {
  long version = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_VERSION, &version);
  return version == CURL_HTTP_VERSION_2_0;
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  transfer.last_heard_ = Clock::now();
  if (transfer.dropped_) return 0;
  return transfer.take_header({data, size * count}) ? size * count : 0;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  Transfer& transfer = *static_cast<Transfer*>(self);
  transfer.last_heard_ = Clock::now();
  if (transfer.handler_ != nullptr) {
    transfer.called_ = true;
    transfer.handler_->on_data({data, size * count});
  }
  return transfer.dropped_ ? 0 : size * count;  // it may have been dropped meanwhile
}

// A line as libcurl hands it on: a status line, "Name: value", or an empty one at the head's end;
// behind the body come trailers.
bool Transfer::take_header(absl::string_view line) {
  if (has_head_) return true;
  header_bytes_ += line.size();
  if (header_bytes_ > HttpClient::kMaxHeaderBytes) {
    failure_ = absl::UnavailableError(describe(absl::StrCat(
        "the response's headers have more than ", HttpClient::kMaxHeaderBytes, " bytes")));
    return false;
  }
  line = absl::StripAsciiWhitespace(line);
  if (line.empty()) return take_head();
  const std::size_t colon = line.find(':');
  if (colon == absl::string_view::npos) return true;  // the status line
  headers_.emplace_back(absl::AsciiStrToLower(absl::StripAsciiWhitespace(line.substr(0, colon))),
                        absl::StripAsciiWhitespace(line.substr(colon + 1)));
  return true;
}

bool Transfer::take_head() {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200) {  // informational: another head follows (RFC 9110 section 15.2)
    headers_.clear();
    return true;
  }
  has_head_ = true;
  if (handler_ != nullptr) {
    called_ = true;
    handler_->on_head(static_cast<int>(status), headers_);
  }
  return !dropped_;
}

}  // namespace portico
