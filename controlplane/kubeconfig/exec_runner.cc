#include "controlplane/kubeconfig/exec_runner.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "controlplane/kubeconfig/process.h"
#include "controlplane/yaml/printable.h"

namespace portico {
namespace {

constexpr std::size_t kComplaintBytes = 300;
constexpr std::size_t kLongestWord = 40;  // tokens and keys are longer, names of hosts seldom are
constexpr std::size_t kShortestSecret = 4;

// Ours, with the plugin's variables in place of those of the same name.
std::vector<std::string> environment_of(const ExecPlugin& plugin, const std::string& info) {
  std::vector<std::pair<std::string, std::string>> own = plugin.variables;
  own.emplace_back("KUBERNETES_EXEC_INFO", info);
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const absl::string_view text = *entry;
    const absl::string_view name = text.substr(0, text.find('='));
    const bool replaced =
        std::any_of(own.begin(), own.end(), [&](const auto& pair) { return pair.first == name; });
    if (!replaced) all.emplace_back(text);
  }
  for (const auto& [name, value] : own) all.push_back(absl::StrCat(name, "=", value));
  return all;
}

absl::Status failure(const ExecPlugin& plugin, absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(plugin.where, ": ", what));
}

}  // namespace

std::string complaint(absl::string_view errors, const std::vector<std::string>& secrets) {
  const std::vector<absl::string_view> lines =
      absl::StrSplit(absl::StripAsciiWhitespace(errors), '\n');
  std::string line(lines.back());
  for (const std::string& secret : secrets) {
    if (secret.size() >= kShortestSecret) absl::StrReplaceAll({{secret, "[...]"}}, &line);
  }
  std::string text, word;
  for (const char c : line + " ") {
    if (!absl::StrContains(" \t\"'=:,", c)) {
      word += c;
      continue;
    }
    absl::StrAppend(&text, word.size() > kLongestWord ? "[...]" : word, std::string(1, c));
    word.clear();
  }
  text.pop_back();
  return printable(text.substr(0, kComplaintBytes));
}

ExecRunner::ExecRunner(std::function<void()> done, std::chrono::milliseconds time_limit)
    : done_(std::move(done)),
      time_limit_(time_limit),
      cancel_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

ExecRunner::~ExecRunner() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(cancel_, &one, sizeof one);
  if (thread_.joinable()) thread_.join();
  ::close(cancel_);
}

void ExecRunner::start(const ExecPlugin& plugin, const std::string& info) {
  if (running()) return;
  thread_ = std::thread([this, plugin, info] {
    absl::StatusOr<ExecAnswer> answer = ask(plugin, info);
    {
      const std::lock_guard lock(mutex_);
      answer_ = std::move(answer);
    }
    done_();
  });
}

std::optional<absl::StatusOr<ExecAnswer>> ExecRunner::take() {
  std::optional<absl::StatusOr<ExecAnswer>> answer;
  {
    const std::lock_guard lock(mutex_);
    answer.swap(answer_);
  }
  if (answer) thread_.join();  // it has nothing left to do but done_()
  return answer;
}

absl::StatusOr<ExecAnswer> ExecRunner::ask(const ExecPlugin& plugin,
                                           const std::string& info) const {
  const absl::StatusOr<ProcessResult> result =
      run_process({.command = plugin.command,
                   .environment = environment_of(plugin, info),
                   .time_limit = time_limit_,
                   .cancel = cancel_});
  if (!result.ok()) {
    const bool hint = absl::IsNotFound(result.status()) && !plugin.install_hint.empty();
    return failure(plugin, absl::StrCat(result.status().message(), hint ? ": " : "",
                                        hint ? printable(plugin.install_hint) : ""));
  }
  if (result->exit_code != 0) {
    std::vector<std::string> secrets;
    for (const auto& [name, value] : plugin.variables) secrets.push_back(value);
    return failure(plugin,
                   absl::StrCat(plugin.command[0], " failed with status ", result->exit_code, ": ",
                                complaint(result->errors, secrets)));
  }
  absl::StatusOr<ExecAnswer> answer = parse_exec_answer(result->output, plugin.api_version);
  if (answer.ok()) return answer;
  return failure(plugin, absl::StrCat("the answer of ", plugin.command[0],
                                      " can't be used: ", answer.status().message()));
}

}  // namespace portico
