// What a gateway's client tells in the log.

#include <map>

#include "absl/strings/str_cat.h"
#include "controlplane/push/push_client.h"
#include "spdlog/spdlog.h"

namespace portico {
namespace {

// Under load there are hundreds of revisions a second; this often one is worth a line.
constexpr std::chrono::seconds kTellAgain{1};

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  const std::chrono::duration<double, std::milli> passed = std::chrono::steady_clock::now() - start;
  return passed.count();
}

}  // namespace

void PushClient::tell_acknowledged(const Revision& revision,
                                   const v1::Acknowledgement& acknowledgement) {
  const double in_gateway = static_cast<double>(acknowledgement.latency_us()) / 1000;
  if (resync_) {
    spdlog::info("{}: revision {} acknowledged: everything, {} objects; {:.1f} ms in the gateway",
                 options_.target, revision.number, changes_sent_, in_gateway);
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  const bool is_due = now - last_told_ >= kTellAgain;
  if (is_due) last_told_ = now;
  spdlog::log(
      is_due ? spdlog::level::info : spdlog::level::debug,
      "{}: revision {} acknowledged: {} change(s), {:.1f} ms after the cause, of these {:.1f} ms "
      "in the gateway",
      options_.target, revision.number, changes_sent_, milliseconds_since(revision.changed_at),
      in_gateway);
}

void PushClient::tell_refused(const v1::Refusal& refusal) {
  spdlog::error("{}: revision {} refused for {} reason(s); what ran goes on", options_.target,
                refusal.revision(), refusal.violation_count());
  for (const v1::Violation& violation : refusal.violations()) {
    spdlog::error("{}: {}: {}{}{}", options_.target, violation.object(), violation.field(),
                  violation.field().empty() ? "" : ": ", violation.message());
  }
}

// Each object once, as long as the gateway says the same of it.
void PushClient::tell_left_out(const v1::Refusal& refusal) {
  std::map<std::string, std::string> now;
  for (const v1::Violation& violation : refusal.violations()) {
    std::string& text = now[violation.object()];
    absl::StrAppend(&text, text.empty() ? "" : "; ", violation.field(),
                    violation.field().empty() ? "" : ": ", violation.message());
  }
  for (auto& [object, text] : now) {
    std::string& before = told_[object];
    if (before == text) continue;
    spdlog::error("{}: {} is refused, and left out: {}", options_.target, object, text);
    before = std::move(text);
  }
}

void PushClient::tell_taken() {
  std::erase_if(told_, [this](const auto& entry) {
    const bool is_out = left_out_.contains(entry.first);
    if (!is_out) spdlog::info("{}: {} is no longer left out", options_.target, entry.first);
    return !is_out;
  });
}

void PushClient::tell_lost(const grpc::Status& status) {
  const std::string trouble =
      status.ok() ? "the gateway has ended the stream" : status.error_message();
  // One that is away for a day is worth one line.
  if (trouble == last_trouble_) return;
  spdlog::warn("{}: not connected, trying again: {}", options_.target, trouble);
  last_trouble_ = trouble;
}

}  // namespace portico
