// Any text as a kubeconfig file, as an exec plugin's answer and as a URL: it is accepted, and then
// nothing in it can break a request, or its faults are named.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "controlplane/http/url.h"
#include "controlplane/kubeconfig/exec_credential.h"
#include "controlplane/kubeconfig/kubeconfig.h"
#include "controlplane/yaml/faults.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "tests/fuzz/require.h"

namespace portico {
namespace {

constexpr absl::string_view kLineBreaks("\r\n\0", 3);

bool is_one_line(absl::string_view text) {
  return text.find_first_of(kLineBreaks) == absl::string_view::npos;
}

void check_config(const AccessConfig& config) {
  const absl::StatusOr<HttpUrl> server = parse_url(config.server);
  PORTICO_FUZZ_REQUIRE(server.ok());
  PORTICO_FUZZ_REQUIRE(server->scheme == "https" || server->scheme == "http");
  PORTICO_FUZZ_REQUIRE(is_one_line(config.settings.server_name));
  for (const auto& [name, value] : config.impersonation) {
    PORTICO_FUZZ_REQUIRE(absl::StartsWith(name, "impersonate-"));
    PORTICO_FUZZ_REQUIRE(is_one_line(name) && is_one_line(value));
  }
  PORTICO_FUZZ_REQUIRE(is_one_line(config.token.text));
  if (!config.exec) return;
  google::protobuf::Struct info;
  PORTICO_FUZZ_REQUIRE(
      google::protobuf::util::JsonStringToMessage(exec_info(config, "CA"), &info).ok());
}

void check_kubeconfig(absl::string_view text) {
  const absl::StatusOr<AccessConfig> config =
      resolve_kubeconfig({{"/fuzz/kubeconfig", std::string(text)}});
  if (config.ok()) return check_config(*config);
  PORTICO_FUZZ_REQUIRE(absl::IsInvalidArgument(config.status()));
  const std::vector<absl::string_view> lines = absl::StrSplit(config.status().message(), '\n');
  PORTICO_FUZZ_REQUIRE(lines.size() <= Faults::kMaxKept + 1);
  for (const absl::string_view line : lines) {
    PORTICO_FUZZ_REQUIRE(absl::StartsWith(line, "/fuzz/kubeconfig:"));
  }
}

void check_answer(absl::string_view text) {
  const absl::StatusOr<ExecAnswer> answer = parse_exec_answer(text, kExecV1);
  if (!answer.ok()) return;
  PORTICO_FUZZ_REQUIRE(is_one_line(answer->token));
  PORTICO_FUZZ_REQUIRE(!answer->token.empty() || !answer->certificate.empty());
  PORTICO_FUZZ_REQUIRE(answer->certificate.empty() == answer->key.empty());
}

void check_url(absl::string_view text) {
  const absl::StatusOr<HttpUrl> url = parse_url(text);
  if (!url.ok()) return;
  const absl::StatusOr<HttpUrl> again = parse_url(url->origin());
  PORTICO_FUZZ_REQUIRE(again.ok());
  PORTICO_FUZZ_REQUIRE(again->origin() == url->origin());
}

}  // namespace
}  // namespace portico

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  portico::check_kubeconfig(text);
  portico::check_answer(text);
  portico::check_url(text);
  return 0;
}
