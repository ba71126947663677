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
constexpr absl::string_view kHidden = "[...]";
constexpr std::size_t kLongestWord = 40;
constexpr std::size_t kShortestToken = 16;
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

// "eu", "west", "3", "v1", "ExpiredTokenException": letters, of which at most every fourth is a
// capital (or all are), and then at most three digits; or four digits alone. And Kubernetes' own.
bool is_of_language(absl::string_view part) {
  if (part == "k8s" || part == "v1alpha1" || part == "v1beta1") return true;
  const auto* const letters_end = std::find_if_not(part.begin(), part.end(), absl::ascii_isalpha);
  const auto letters = static_cast<std::size_t>(letters_end - part.begin());
  const auto capitals =
      static_cast<std::size_t>(std::count_if(part.begin(), letters_end, absl::ascii_isupper));
  if (!std::all_of(letters_end, part.end(), absl::ascii_isdigit)) return false;
  if (part.size() - letters > (letters == 0 ? 4u : 3u)) return false;
  const bool one_name = letters < kShortestToken && capitals == letters;
  return one_name || capitals <= std::max<std::size_t>(1, letters / 4);
}

// Random bytes in any usual alphabet have, in as many characters, parts that no language has.
bool may_be_secret(absl::string_view word) {
  if (word.size() > kLongestWord) return true;
  if (word.size() < kShortestToken) return false;
  const std::vector<absl::string_view> parts = absl::StrSplit(word, absl::ByAnyChar("./-_@()[]"));
  return !std::all_of(parts.begin(), parts.end(), is_of_language);
}

// What a plugin is given and may tell: its own variables, those of ours whose names speak of
// secrets, and what its options are set to, in one argument or two.
std::vector<std::string> secrets_of(const ExecPlugin& plugin) {
  std::vector<std::string> secrets;
  for (const auto& [name, value] : plugin.variables) secrets.push_back(value);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::pair<std::string, std::string> variable =
        absl::StrSplit(*entry, absl::MaxSplits('=', 1));
    const std::string name = absl::AsciiStrToUpper(variable.first);
    for (const char* word : {"SECRET", "TOKEN", "PASS", "KEY", "CREDENTIAL"}) {
      if (absl::StrContains(name, word)) secrets.push_back(variable.second);
    }
  }
  for (std::size_t i = 1; i < plugin.command.size(); ++i) {
    const std::string& argument = plugin.command[i];
    const std::size_t equals = argument.find('=');
    if (absl::StartsWith(argument, "-")) {
      if (equals != std::string::npos) secrets.push_back(argument.substr(equals + 1));
    } else if (absl::StartsWith(plugin.command[i - 1], "-")) {
      secrets.push_back(argument);
    }
  }
  return secrets;
}

absl::Status failure(const ExecPlugin& plugin, absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(plugin.where, ": ", what));
}

}  // namespace

std::string complaint(absl::string_view errors, const std::vector<std::string>& secrets) {
  const std::vector<absl::string_view> lines =
      absl::StrSplit(absl::StripAsciiWhitespace(errors), '\n');
  std::string line(lines.back());
  std::vector<std::pair<absl::string_view, absl::string_view>> hidden;
  for (const std::string& secret : secrets) {
    if (secret.size() >= kShortestSecret) hidden.emplace_back(secret, kHidden);
  }
  absl::StrReplaceAll(hidden, &line);  // the longest of them first
  std::string text, word;
  for (const char c : line + " ") {
    if (!absl::StrContains(" \t\"'=:,", c)) {
      word += c;
      continue;
    }
    absl::StrAppend(&text, may_be_secret(word) ? kHidden : word, std::string(1, c));
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
    return failure(plugin,
                   absl::StrCat(plugin.command[0], " failed with status ", result->exit_code, ": ",
                                complaint(result->errors, secrets_of(plugin))));
  }
  absl::StatusOr<ExecAnswer> answer = parse_exec_answer(result->output, plugin.api_version);
  if (answer.ok()) return answer;
  return failure(plugin, absl::StrCat("the answer of ", plugin.command[0],
                                      " can't be used: ", answer.status().message()));
}

}  // namespace portico
