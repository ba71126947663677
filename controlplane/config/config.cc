#include "controlplane/config/config.h"

#include "controlplane/config/field_faults.h"
#include "controlplane/config/sections.h"
#include "controlplane/yaml/load.h"
#include "controlplane/yaml/read.h"
#include "proto/portico/config/v1/config.pb.h"

namespace portico {
namespace {

// A file that people write; a larger one is a mistake.
constexpr YamlLimits kLimits = {.bytes = std::size_t{1} << 20, .nodes = 100'000, .depth = 32};

GatewayConfig check(const config::v1::PorticodConfig& file, FieldFaults* faults) {
  GatewayConfig config;
  read_ports(file, &config, faults);
  read_routes(file, &config, faults);
  read_snat(file.snat(), &config, faults);
  read_node_ports(file.node_ports(), &config, faults);
  read_workers(file.workers(), &config.workers, faults);
  read_capacity(file.capacity(), &config.capacity, faults);
  read_kernel(file, &config, faults);
  read_fragments(file.fragments(), &config.fragments, faults);
  read_timeouts(file.timeouts(), &config.timeouts, faults);
  read_connections(file.connections(), &config.connections, faults);
  read_api(file.api(), &config.api, faults);
  read_memory(file.memory(), &config, faults);
  read_process(file, &config, faults);
  return config;
}

}  // namespace

absl::StatusOr<GatewayConfig> parse_config(absl::string_view text, absl::string_view file) {
  Faults faults(file);
  const YamlDocuments documents = load_yaml(text, kLimits, &faults);
  if (documents.size() == 0) {
    if (faults.empty()) faults.add({}, "", "is empty");
    return faults.status();
  }
  if (documents.size() > 1) {
    faults.add(documents[1].mark, "", "there is a second document; only one is expected");
  }
  config::v1::PorticodConfig message;
  YamlLocations locations;
  const YamlReadOptions options = {.locations = &locations};
  read_yaml(documents[0], &message, options, &faults);
  FieldFaults field_faults(locations, &faults);
  GatewayConfig config = check(message, &field_faults);
  if (!faults.empty()) return faults.status();
  return config;
}

absl::StatusOr<GatewayConfig> load_config(const std::string& path) {
  const absl::StatusOr<std::string> text = read_text_file(path, kLimits.bytes);
  if (!text.ok()) return text.status();
  return parse_config(*text, path);
}

}  // namespace portico
