// connections: which are made, and how they end.

#include "controlplane/config/sections.h"

namespace portico {
namespace {

constexpr std::uint32_t kMostPerSecond = 1'000'000'000;  // a token a nanosecond
constexpr std::uint32_t kMostPerSource = 1'000'000;

void read_number(bool is_set, std::uint32_t value, std::uint32_t least, std::uint32_t most,
                 absl::string_view field, std::uint32_t* result, FieldFaults* faults) {
  if (is_set && faults->check_range(field, value, least, most)) *result = value;
}

}  // namespace

void read_connections(const config::v1::Connections& connections, ConnectionsConfig* config,
                      FieldFaults* faults) {
  config->midstream_pickup = connections.midstream_pickup();
  config->reset_on_expiry = connections.reset_on_expiry();
  if (connections.has_reject()) config->reject = connections.reject();
  switch (connections.when_endpoint_gone()) {
    case config::v1::ENDPOINT_GONE_RESET:
      config->when_endpoint_gone = EndpointGone::kReset;
      break;
    case config::v1::ENDPOINT_GONE_DROP:
      config->when_endpoint_gone = EndpointGone::kDrop;
      break;
    default:
      break;
  }
  read_number(connections.has_new_per_second(), connections.new_per_second(), 0, kMostPerSecond,
              "connections.new_per_second", &config->new_per_second, faults);
  read_number(connections.has_new_per_second_and_source(), connections.new_per_second_and_source(),
              0, kMostPerSource, "connections.new_per_second_and_source",
              &config->new_per_second_and_source, faults);
  read_number(connections.has_source_prefix_ipv4(), connections.source_prefix_ipv4(), 1, 32,
              "connections.source_prefix_ipv4", &config->source_prefix_v4, faults);
  read_number(connections.has_source_prefix_ipv6(), connections.source_prefix_ipv6(), 1, 128,
              "connections.source_prefix_ipv6", &config->source_prefix_v6, faults);
}

}  // namespace portico
