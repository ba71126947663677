// Any text as a configuration file and as a lenient document: it is accepted or its faults are
// named; a message that was read is one that protobuf can carry.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "controlplane/config/config.h"
#include "controlplane/yaml/load.h"
#include "controlplane/yaml/read.h"
#include "proto/portico/config/v1/config.pb.h"
#include "tests/fuzz/require.h"

namespace portico {
namespace {

void check_strictly(absl::string_view text) {
  const absl::StatusOr<GatewayConfig> config = parse_config(text, "fuzz.yaml");
  if (config.ok()) {
    const std::vector<PortConfig>& ports = config->ports;
    PORTICO_FUZZ_REQUIRE(std::any_of(ports.begin(), ports.end(), [](auto& p) { return p.uplink; }));
    PORTICO_FUZZ_REQUIRE(
        std::any_of(ports.begin(), ports.end(), [](auto& p) { return p.downlink; }));
    PORTICO_FUZZ_REQUIRE(config->snat.first_port >= 1);
    PORTICO_FUZZ_REQUIRE(config->snat.first_port <= config->snat.last_port);
    return;
  }
  PORTICO_FUZZ_REQUIRE(absl::IsInvalidArgument(config.status()));
  const std::vector<absl::string_view> lines = absl::StrSplit(config.status().message(), '\n');
  PORTICO_FUZZ_REQUIRE(lines.size() <= Faults::kMaxKept + 1);
  for (const absl::string_view line : lines) {
    PORTICO_FUZZ_REQUIRE(absl::StartsWith(line, "fuzz.yaml:"));
  }
}

void check_leniently(absl::string_view text) {
  Faults faults("fuzz.yaml");
  const YamlDocuments documents = load_yaml(text, {.bytes = 1 << 20, .nodes = 100'000}, &faults);
  for (const YamlNode* document : documents.roots()) {
    config::v1::PorticodConfig message, copy;
    read_yaml(*document, &message, {UnknownFields::kIgnore, FieldNames::kJson}, &faults);
    PORTICO_FUZZ_REQUIRE(copy.ParseFromString(message.SerializeAsString()));
    PORTICO_FUZZ_REQUIRE(copy.ByteSizeLong() == message.ByteSizeLong());
  }
}

}  // namespace
}  // namespace portico

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  portico::check_strictly(text);
  portico::check_leniently(text);
  return 0;
}
