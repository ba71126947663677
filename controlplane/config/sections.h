#pragma once

// One function for each part of the file: schema -> GatewayConfig, adding every fault. A part that
// has faults leaves what is not at fault in `config`, so that later parts are checked against it.

#include "controlplane/config/field_faults.h"
#include "include/portico/gateway_config.h"
#include "proto/portico/config/v1/config.pb.h"

namespace portico {

void read_ports(const config::v1::PorticodConfig& file, GatewayConfig* config, FieldFaults* faults);

// After read_ports(): the ports' kernel interfaces, and what is mirrored.
void read_kernel(const config::v1::PorticodConfig& file, GatewayConfig* config,
                 FieldFaults* faults);

// After read_ports(): the ports' subnets say which gateways can be reached.
void read_routes(const config::v1::PorticodConfig& file, GatewayConfig* config,
                 FieldFaults* faults);

// After read_ports(): see SnatConfig::addresses.
void read_snat(const config::v1::Snat& snat, GatewayConfig* config, FieldFaults* faults);

// After read_ports(): the uplinks' addresses are the default.
void read_node_ports(const config::v1::NodePorts& node_ports, GatewayConfig* config,
                     FieldFaults* faults);

void read_workers(const config::v1::Workers& workers, WorkersConfig* config, FieldFaults* faults);
void read_capacity(const config::v1::Capacity& capacity, CapacityConfig* config,
                   FieldFaults* faults);
void read_fragments(const config::v1::Fragments& fragments, FragmentConfig* config,
                    FieldFaults* faults);
void read_timeouts(const config::v1::Timeouts& timeouts, TimeoutConfig* config,
                   FieldFaults* faults);
void read_connections(const config::v1::Connections& connections, ConnectionsConfig* config,
                      FieldFaults* faults);
void read_api(const config::v1::Api& api, ApiConfig* config, FieldFaults* faults);

void read_memory(const config::v1::Memory& memory, GatewayConfig* config, FieldFaults* faults);

// state_directory, log_level.
void read_process(const config::v1::PorticodConfig& file, GatewayConfig* config,
                  FieldFaults* faults);

}  // namespace portico
