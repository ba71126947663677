#include "controlplane/http/http_client.h"

#include <curl/curl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "controlplane/http/connection_watch.h"
#include "controlplane/http/transfer.h"

namespace portico {
namespace {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

// Once a process; libcurl says that it may be called again and from any thread.
void initialize_curl() {
  [[maybe_unused]] static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

}  // namespace

class HttpClient::Impl {
 public:
  explicit Impl(HttpSettings settings);
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();

  void configure(HttpSettings settings);
  Id start(HttpRequest request, HttpHandler* handler);
  void cancel(Id id);
  void poll(TimePoint deadline);
  void wake() const;

 private:
  using Transfers = std::map<Id, std::unique_ptr<Transfer>>;
  Id add(HttpRequest request, Transfer::Target target, HttpHandler* handler);
  void apply_settings();
  void begin_transfers();
  void finish_transfers();
  void remove(Transfers::iterator transfer);
  void fail(Transfer* transfer, const absl::Status& status);
  void enforce_head_deadlines(TimePoint now);
  void note_connections();
  void watch_connections(TimePoint now);
  void give_up(const ConnectionWatch::Death& death);
  void sweep();
  bool take_called();
  bool take_woken() const;
  TimePoint next_due() const;
  void wait(TimePoint until) const;

  HttpSettings settings_;
  std::optional<HttpSettings> new_settings_;
  Id last_id_ = 0;
  Id first_of_settings_ = 1;  // older ones began with other settings
  Transfers waiting_;         // not yet known to libcurl
  Transfers running_;
  ConnectionWatch watch_;  // connections are known by their local port
  bool called_ = false;
  const int wake_;
  std::unique_ptr<CURLM, FreeMulti> multi_;
};

HttpClient::Impl::Impl(HttpSettings settings)
    : settings_(std::move(settings)), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  initialize_curl();
  multi_.reset(curl_multi_init());
  watch_.configure(settings_.ping_after, settings_.ping_timeout);
}

HttpClient::Impl::~Impl() {
  while (!running_.empty()) remove(running_.begin());
  multi_.reset();
  ::close(wake_);
}

void HttpClient::Impl::configure(HttpSettings settings) {
  if (settings == (new_settings_ ? *new_settings_ : settings_)) return;
  new_settings_ = std::move(settings);
  first_of_settings_ = last_id_ + 1;
}

HttpClient::Id HttpClient::Impl::add(HttpRequest request, Transfer::Target target,
                                     HttpHandler* handler) {
  const Id id = ++last_id_;
  waiting_.emplace(id,
                   std::make_unique<Transfer>(std::move(request), target, handler, Clock::now()));
  return id;
}

HttpClient::Id HttpClient::Impl::start(HttpRequest request, HttpHandler* handler) {
  return add(std::move(request), Transfer::Target::kUrl, handler);
}

void HttpClient::Impl::cancel(Id id) {
  for (Transfers* const transfers : {&waiting_, &running_}) {
    if (const auto found = transfers->find(id); found != transfers->end()) found->second->drop();
  }
}

void HttpClient::Impl::remove(Transfers::iterator transfer) {
  curl_multi_remove_handle(multi_.get(), transfer->second->handle());
  running_.erase(transfer);
}

void HttpClient::Impl::apply_settings() {
  if (!new_settings_) return;
  settings_ = *std::exchange(new_settings_, std::nullopt);
  for (auto& [id, transfer] : running_) {
    curl_multi_remove_handle(multi_.get(), transfer->handle());
  }
  multi_.reset(curl_multi_init());  // the connections end with the old one
  watch_.configure(settings_.ping_after, settings_.ping_timeout);
  Transfers ended;
  ended.swap(running_);
  while (!waiting_.empty() && waiting_.begin()->first < first_of_settings_) {
    ended.insert(waiting_.extract(waiting_.begin()));
  }
  for (auto& [id, transfer] : ended) {
    transfer->end(absl::AbortedError(transfer->describe("the connection's settings have changed")));
    called_ |= transfer->take_called();
  }
}

void HttpClient::Impl::begin_transfers() {
  const Id last = last_id_;  // a handler that begins anew at once has to wait a round
  while (!waiting_.empty() && waiting_.begin()->first <= last) {
    auto node = waiting_.extract(waiting_.begin());
    Transfer& transfer = *node.mapped();
    if (transfer.dropped()) continue;
    const absl::Status status = transfer.prepare(settings_);
    if (!status.ok()) {
      fail(&transfer, status);
      continue;
    }
    curl_multi_add_handle(multi_.get(), transfer.handle());
    running_.insert(std::move(node));
  }
}

void HttpClient::Impl::finish_transfers() {
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    const auto done = std::find_if(running_.begin(), running_.end(), [&](const auto& entry) {
      return entry.second->handle() == message->easy_handle;
    });
    if (done == running_.end()) continue;
    curl_multi_remove_handle(multi_.get(), done->second->handle());
    const auto node = running_.extract(done);
    if (code == CURLE_OK || code == CURLE_HTTP2_STREAM) {
      watch_.answered(node.mapped()->local_port(), node.key(), Clock::now());
    }
    node.mapped()->end(code);
    called_ |= node.mapped()->take_called();
  }
}

// The transfer is swept away later.
void HttpClient::Impl::fail(Transfer* transfer, const absl::Status& status) {
  transfer->end(status);
  called_ |= transfer->take_called();
}

void HttpClient::Impl::enforce_head_deadlines(TimePoint now) {
  for (auto& [id, transfer] : running_) {
    if (transfer->dropped() || now < transfer->head_deadline()) continue;
    transfer->leave_connection();  // it may be the connection that is dead
    fail(transfer.get(), absl::DeadlineExceededError(transfer->describe(absl::StrCat(
                             "no response in ", transfer->request().head_timeout.count(), " ms"))));
  }
}

// What is heard over HTTP/1.1 has nobody who could be asked.
void HttpClient::Impl::note_connections() {
  watch_.begin_round();
  for (const auto& [id, transfer] : running_) {
    const bool question = transfer->target() == Transfer::Target::kServer;
    if (question || transfer->dropped() || !transfer->is_http2()) continue;
    watch_.note(transfer->local_port(), transfer->request().url, transfer->last_heard());
  }
}

void HttpClient::Impl::watch_connections(TimePoint now) {
  note_connections();
  const ConnectionWatch::Decisions decisions = watch_.decide(now);
  for (const Id question : decisions.needless) cancel(question);
  for (const ConnectionWatch::Death& death : decisions.dead) give_up(death);
  for (const ConnectionWatch::Question& question : decisions.ask) {
    const Id id = add({.method = "OPTIONS", .url = question.url, .head_timeout = {}},
                      Transfer::Target::kServer, nullptr);
    watch_.asked(question.connection, id, now);
  }
}

// Ends what uses the connection, the question too, and with its last user the connection.
void HttpClient::Impl::give_up(const ConnectionWatch::Death& death) {
  for (auto& [id, transfer] : running_) {
    if (transfer->local_port() != death.connection) continue;
    transfer->leave_connection();
    fail(transfer.get(), absl::UnavailableError(transfer->describe(absl::StrCat(
                             "the connection is dead: nothing was heard for ",
                             death.silence.count(), " ms, and a question was not answered"))));
  }
}

void HttpClient::Impl::sweep() {
  for (auto transfer = running_.begin(); transfer != running_.end();) {
    const auto next = std::next(transfer);
    if (transfer->second->dropped()) remove(transfer);
    transfer = next;
  }
}

bool HttpClient::Impl::take_called() {
  bool called = std::exchange(called_, false);
  for (auto& [id, transfer] : running_) called |= transfer->take_called();
  return called;
}

void HttpClient::Impl::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);  // full is woken too
}

bool HttpClient::Impl::take_woken() const {
  std::uint64_t count = 0;
  return ::read(wake_, &count, sizeof count) == sizeof count;
}

TimePoint HttpClient::Impl::next_due() const {
  TimePoint due = waiting_.empty() ? watch_.next_due() : TimePoint::min();
  for (const auto& [id, transfer] : running_) due = std::min(due, transfer->head_deadline());
  return due;
}

void HttpClient::Impl::wait(TimePoint until) const {
  const TimePoint now = Clock::now();
  if (until <= now) return;
  // A millisecond more than is left, so that `until` is there afterwards.
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(until - now) +
                    std::chrono::milliseconds(1);
  curl_waitfd fd{wake_, CURL_WAIT_POLLIN, 0};
  curl_multi_poll(multi_.get(), &fd, 1,
                  static_cast<int>(std::min<std::int64_t>(time.count(), 3'600'000)), nullptr);
}

void HttpClient::Impl::poll(TimePoint deadline) {
  for (;;) {
    apply_settings();
    begin_transfers();
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    finish_transfers();
    const TimePoint now = Clock::now();
    enforce_head_deadlines(now);
    watch_connections(now);
    const bool called = take_called();
    sweep();
    const bool woken = take_woken();
    if (called || woken || now >= deadline) return;
    wait(std::min(deadline, next_due()));
  }
}

HttpClient::HttpClient(HttpSettings settings)
    : impl_(std::make_unique<Impl>(std::move(settings))) {}
HttpClient::~HttpClient() = default;
void HttpClient::configure(HttpSettings settings) {
  impl_->configure(std::move(settings));
}
HttpClient::Id HttpClient::start(HttpRequest request, HttpHandler* handler) {
  return impl_->start(std::move(request), handler);
}
void HttpClient::cancel(Id id) {
  impl_->cancel(id);
}
void HttpClient::poll(std::chrono::steady_clock::time_point deadline) {
  impl_->poll(deadline);
}
void HttpClient::wake() {
  impl_->wake();
}

absl::string_view find_header(const HttpHeaders& headers, absl::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace portico
