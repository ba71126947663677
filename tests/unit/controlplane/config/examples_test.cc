// Every example configuration of the repository is one that porticod accepts.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controlplane/config/config.h"
#include "controlplane/yaml/load.h"
#include "proto/portico/config/v1/config.pb.h"

namespace portico {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr char kConfigs[] = PORTICO_SOURCE_ROOT "/configs";
constexpr char kReference[] = PORTICO_SOURCE_ROOT "/configs/reference.yaml";

// The YAML files right in `directory`; those deeper down are other things, such as manifests.
std::vector<std::string> yaml_files(const std::string& directory) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  }
  return paths;
}

TEST(ExampleConfigs, AreAccepted) {
  std::vector<std::string> paths = yaml_files(std::string(kConfigs) + "/examples");
  EXPECT_GE(paths.size(), 3u);
  paths.push_back(kReference);
  for (const std::string& path : paths)
    EXPECT_TRUE(load_config(path).ok()) << load_config(path).status();
}

// Adds the path of each field of `type` that none of `nodes` has.
void find_missing(const Descriptor& type, const std::vector<const YamlNode*>& nodes,
                  const std::string& path, std::vector<std::string>* missing) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string field_path = absl::StrCat(path, ".", field.name());
    std::vector<const YamlNode*> values;
    for (const YamlNode* node : nodes) {
      const YamlNode* const value = node->find(field.name());
      if (value == nullptr) continue;
      const bool is_list = value->is_sequence() && !value->items.empty();
      if (!is_list) values.push_back(value);
      if (is_list) values.insert(values.end(), value->items.begin(), value->items.end());
    }
    if (values.empty()) {
      missing->push_back(field_path);
    } else if (field.message_type() != nullptr && values[0]->is_map()) {
      find_missing(*field.message_type(), values, field_path, missing);
    }
  }
}

TEST(ReferenceConfig, ShowsEveryField) {
  Faults faults(kReference);
  const auto text = read_text_file(kReference, 1 << 20);
  ASSERT_TRUE(text.ok()) << text.status();
  const YamlDocuments documents = load_yaml(*text, {}, &faults);
  ASSERT_EQ(documents.size(), 1u) << faults.to_string();
  std::vector<std::string> missing;
  find_missing(*config::v1::PorticodConfig::descriptor(), {&documents[0]}, "", &missing);
  EXPECT_EQ(missing, std::vector<std::string>());
}

// What the comments of the schema and of the reference call defaults are those of GatewayConfig.
TEST(ReferenceConfig, SaysTheDefaults) {
  const absl::StatusOr<GatewayConfig> reference = load_config(kReference);
  ASSERT_TRUE(reference.ok()) << reference.status();
  const GatewayConfig defaults;
  const TimeoutConfig& t = reference->timeouts;
  const TimeoutConfig& u = defaults.timeouts;
  EXPECT_EQ(t.tcp_syn_sent, u.tcp_syn_sent);
  EXPECT_EQ(t.tcp_syn_received, u.tcp_syn_received);
  EXPECT_EQ(t.tcp_established, u.tcp_established);
  EXPECT_EQ(t.tcp_fin_wait, u.tcp_fin_wait);
  EXPECT_EQ(t.tcp_close_wait, u.tcp_close_wait);
  EXPECT_EQ(t.tcp_last_ack, u.tcp_last_ack);
  EXPECT_EQ(t.tcp_time_wait, u.tcp_time_wait);
  EXPECT_EQ(t.tcp_close, u.tcp_close);
  EXPECT_EQ(t.udp_unreplied, u.udp_unreplied);
  EXPECT_EQ(t.udp_replied, u.udp_replied);
  EXPECT_EQ(t.udp_stream, u.udp_stream);
  EXPECT_EQ(t.sctp_cookie_wait, u.sctp_cookie_wait);
  EXPECT_EQ(t.sctp_cookie_echoed, u.sctp_cookie_echoed);
  EXPECT_EQ(t.sctp_established, u.sctp_established);
  EXPECT_EQ(t.sctp_shutdown_sent, u.sctp_shutdown_sent);
  EXPECT_EQ(t.sctp_shutdown_received, u.sctp_shutdown_received);
  EXPECT_EQ(t.sctp_shutdown_ack_sent, u.sctp_shutdown_ack_sent);
  EXPECT_EQ(t.sctp_closed, u.sctp_closed);
  EXPECT_EQ(t.sctp_heartbeat_sent, u.sctp_heartbeat_sent);
  const ConnectionsConfig& c = reference->connections;
  EXPECT_EQ(c.midstream_pickup, defaults.connections.midstream_pickup);
  EXPECT_EQ(c.when_endpoint_gone, defaults.connections.when_endpoint_gone);
  EXPECT_EQ(c.reset_on_expiry, defaults.connections.reset_on_expiry);
  EXPECT_EQ(c.reject, defaults.connections.reject);
  EXPECT_EQ(c.new_per_second, defaults.connections.new_per_second);
  EXPECT_EQ(c.new_per_second_and_source, defaults.connections.new_per_second_and_source);
  EXPECT_EQ(c.source_prefix_v4, defaults.connections.source_prefix_v4);
  EXPECT_EQ(c.source_prefix_v6, defaults.connections.source_prefix_v6);
  EXPECT_EQ(reference->capacity.connections, defaults.capacity.connections);
  EXPECT_EQ(reference->fragments.capacity, defaults.fragments.capacity);
  EXPECT_EQ(reference->fragments.ipv4_timeout, defaults.fragments.ipv4_timeout);
  EXPECT_EQ(reference->fragments.ipv6_timeout, defaults.fragments.ipv6_timeout);
  EXPECT_EQ(reference->capacity.frontends, defaults.capacity.frontends);
  EXPECT_EQ(reference->capacity.endpoints, defaults.capacity.endpoints);
  EXPECT_EQ(reference->capacity.routes, defaults.capacity.routes);
  EXPECT_EQ(reference->capacity.neighbors, defaults.capacity.neighbors);
  EXPECT_EQ(reference->capacity.affinity_entries, defaults.capacity.affinity_entries);
  EXPECT_EQ(reference->snat.first_port, defaults.snat.first_port);
  EXPECT_EQ(reference->snat.last_port, defaults.snat.last_port);
  EXPECT_EQ(reference->snat.masquerade_all, defaults.snat.masquerade_all);
  EXPECT_EQ(reference->node_ports.first_port, defaults.node_ports.first_port);
  EXPECT_EQ(reference->node_ports.last_port, defaults.node_ports.last_port);
  EXPECT_EQ(reference->workers.max_nap, defaults.workers.max_nap);
  EXPECT_EQ(reference->hugepages, defaults.hugepages);
  EXPECT_EQ(reference->api.socket, defaults.api.socket);
  EXPECT_EQ(reference->state_directory, defaults.state_directory);
  EXPECT_EQ(reference->log_level, defaults.log_level);
  EXPECT_EQ(reference->ports.at(0).mtu, PortConfig().mtu);
  EXPECT_EQ(reference->ports.at(0).queue_depth, PortConfig().queue_depth);
  ASSERT_TRUE(reference->ports.at(0).kernel.has_value());
  EXPECT_EQ(reference->ports.at(0).kernel->addresses, KernelInterfaceConfig().addresses);
  EXPECT_EQ(reference->ports.at(0).kernel->packets_per_second,
            KernelInterfaceConfig().packets_per_second);
  EXPECT_EQ(reference->kernel_mirror.routes, defaults.kernel_mirror.routes);
  EXPECT_EQ(reference->kernel_mirror.neighbors, defaults.kernel_mirror.neighbors);
  EXPECT_EQ(reference->kernel_mirror.table, defaults.kernel_mirror.table);
}

}  // namespace
}  // namespace portico
