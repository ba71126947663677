#include "controlplane/kubeconfig/credentials.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "controlplane/kubeconfig/entries.h"
#include "controlplane/kubeconfig/exec_credential.h"
#include "controlplane/yaml/load.h"
#include "spdlog/spdlog.h"

namespace portico {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

absl::StatusOr<std::string> read(const TextOrFile& from) {
  if (from.file.empty()) return from.text;
  absl::StatusOr<std::string> text = read_text_file(from.file, kMaxBytes);
  if (!text.ok()) {
    return absl::Status(text.status().code(),
                        absl::StrCat(from.where, ": ", text.status().message()));
  }
  if (absl::StripAsciiWhitespace(*text).empty()) {
    return absl::FailedPreconditionError(absl::StrCat(from.where, ": ", from.file, ": is empty"));
  }
  return text;
}

// check() names the setting; people know the place it came from.
absl::Status located(const absl::Status& status, const AccessConfig& config) {
  const std::pair<absl::string_view, const TextOrFile*> sources[] = {
      {"ca: ", &config.ca}, {"certificate: ", &config.certificate}, {"key: ", &config.key}};
  for (const auto& [prefix, source] : sources) {
    absl::string_view message = status.message();
    if (!absl::ConsumePrefix(&message, prefix)) continue;
    const std::string file = source->file.empty() ? "" : absl::StrCat(source->file, ": ");
    return absl::Status(status.code(), absl::StrCat(source->where, ": ", file, message));
  }
  return status;
}

HttpSettings with_answer(HttpSettings settings, const std::optional<ExecAnswer>& answer) {
  if (!answer || answer->certificate.empty()) return settings;
  settings.certificate = answer->certificate;
  settings.key = answer->key;
  return settings;
}

}  // namespace

Credentials::Credentials(AccessConfig config, std::function<void()> wake)
    : config_(std::move(config)), runner_(std::move(wake)) {
  access_.server = config_.server;
  access_.settings = config_.settings;
  access_.headers = config_.impersonation;
  if (!config_.username.empty() || !config_.password.empty()) {
    set_authorization(absl::StrCat(
        "Basic ", absl::Base64Escape(absl::StrCat(config_.username, ":", config_.password))));
  }
}

void Credentials::set_authorization(const std::string& value) {
  constexpr absl::string_view kName = "authorization";
  HttpHeaders& headers = access_.headers;
  if (!headers.empty() && headers.front().first == kName) headers.erase(headers.begin());
  if (!value.empty()) headers.emplace(headers.begin(), std::string(kName), value);
}

// Once for each trouble, for it will be there at the next reading too.
void Credentials::tell(const absl::Status& trouble) {
  const std::string text = trouble.ok() ? "" : std::string(trouble.message());
  if (text == last_trouble_) return;
  if (trouble.ok()) {
    spdlog::info("{}: the credentials can be read again", config_.name);
  } else {
    spdlog::warn("{}: what was read before stays in use", text);
  }
  last_trouble_ = text;
}

absl::Status Credentials::read_token(absl::Time now) {
  if (!config_.token.is_there()) return absl::OkStatus();
  const absl::StatusOr<std::string> text = read(config_.token);
  if (!text.ok()) return text.status();
  const absl::string_view token = absl::StripAsciiWhitespace(*text);
  if (!is_header_text(token)) {
    return absl::FailedPreconditionError(
        absl::StrCat(config_.token.where, ": ", config_.token.file, ": is no token"));
  }
  set_authorization(absl::StrCat("Bearer ", token));
  has_token_ = true;
  token_read_at_ = now;
  return absl::OkStatus();
}

absl::Status Credentials::read_settings() {
  HttpSettings settings = config_.settings;
  const std::pair<const TextOrFile*, std::string*> sources[] = {
      {&config_.ca, &settings.ca},
      {&config_.certificate, &settings.certificate},
      {&config_.key, &settings.key}};
  for (const auto& [from, to] : sources) {
    absl::StatusOr<std::string> text = read(*from);
    if (!text.ok()) return text.status();
    *to = *std::move(text);
  }
  if (const absl::Status status = check(settings); !status.ok()) return located(status, config_);
  file_settings_ = settings;
  access_.settings = with_answer(settings, answer_);
  has_settings_ = true;
  return absl::OkStatus();
}

absl::Status Credentials::read_files(absl::Time now) {
  const bool complete = has_settings_ && (has_token_ || !config_.token.is_there());
  if (complete && now < read_at_ + kRereadAfter) return absl::OkStatus();
  absl::Status status = read_settings();
  status.Update(read_token(now));
  const bool usable = has_settings_ && (has_token_ || !config_.token.is_there());
  if (!usable) return status;
  read_at_ = now;
  tell(status);
  return absl::OkStatus();
}

absl::StatusOr<const Access*> Credentials::access(absl::Time now) {
  if (const absl::Status status = read_files(now); !status.ok()) return status;
  if (config_.exec) return access_by_plugin(now);
  return &access_;
}

absl::StatusOr<const Access*> Credentials::access_by_plugin(absl::Time now) {
  if (const auto answer = runner_.take()) {
    failure_ = answer->ok() ? use(**answer, now) : answer->status();
    failed_at_ = now;
  }
  // A clock that was set back is no reason to wait.
  const bool is_fresh = failed_at_ <= now && now < failed_at_ + kFailureLasts;
  if (!failure_.ok() && is_fresh) return failure_;
  if (answer_ && now < answer_->expires) return &access_;
  runner_.start(*config_.exec, exec_info(config_, access_.settings.ca));
  return nullptr;
}

absl::Status Credentials::use(const ExecAnswer& answer, absl::Time now) {
  const std::string& where = config_.exec->where;
  if (answer.expires <= now) {
    return absl::UnavailableError(
        absl::StrCat(where, ": what ", config_.exec->command[0], " answers has expired at ",
                     absl::FormatTime(absl::RFC3339_sec, answer.expires, absl::UTCTimeZone())));
  }
  const HttpSettings settings = with_answer(file_settings_, answer);
  if (const absl::Status status = check(settings); !status.ok()) {
    return absl::UnavailableError(absl::StrCat(where, ": the answer of ", config_.exec->command[0],
                                               " can't be used: ", status.message()));
  }
  access_.settings = settings;
  set_authorization(answer.token.empty() ? "" : absl::StrCat("Bearer ", answer.token));
  answer_ = answer;
  answered_at_ = now;
  return absl::OkStatus();
}

void Credentials::on_unauthorized(absl::Time sent_at) {
  if (answer_ && answered_at_ <= sent_at) answer_.reset();
  if (config_.token.file.empty() || token_read_at_ > sent_at) return;
  has_token_ = false;
  set_authorization("");
}

}  // namespace portico
