#include "controlplane/api/control_plane.h"

#include <utility>

#include "absl/time/time.h"
#include "controlplane/api/gateway_service.h"
#include "controlplane/api/ledger.h"
#include "controlplane/api/push_service.h"
#include "controlplane/api/server.h"
#include "controlplane/api/state_keeper.h"
#include "controlplane/health_check/health_check_server.h"

namespace portico {
namespace {

constexpr std::size_t kMaxPushStreams = 64;

}  // namespace

struct ControlPlane::Impl {
  Impl(DataPlane& data_plane, const ControlPlaneOptions& options)
      : grace(options.shutdown_grace),
        ledger(data_plane, options.facts),
        keeper(ledger, options.state_directory, absl::FromChrono(options.state_interval)),
        push(ledger, PushLimits(), kMaxPushStreams),
        gateway(ledger, data_plane),
        health_checks({options.facts.node_ports.addresses},
                      [this](const std::string& service, Family family) {
                        return ledger.local_endpoints(service, family);
                      }),
        server(options.api, {{v1::Push::service_full_name(), &push},
                             {v1::Gateway::service_full_name(), &gateway}}) {}

  const std::chrono::milliseconds grace;
  Ledger ledger;
  StateKeeper keeper;
  PushService push;
  GatewayService gateway;
  HealthCheckServer health_checks;
  Server server;
};

ControlPlaneOptions ControlPlaneOptions::from(const GatewayConfig& config) {
  ControlPlaneOptions options;
  options.api = config.api;
  options.state_directory = config.state_directory;
  auto& addresses = options.facts.addresses;
  for (const PortConfig& port : config.ports) {
    for (const InterfaceAddress& address : port.addresses) addresses.insert(address.address);
  }
  addresses.insert(config.snat.addresses.begin(), config.snat.addresses.end());
  addresses.insert(config.node_ports.addresses.begin(), config.node_ports.addresses.end());
  options.facts.node_ports = config.node_ports;
  for (const Route& route : config.routes) {
    if (route.gateway) options.facts.next_hops.insert(*route.gateway);
    for (const RouteHop& hop : route.next_hops) options.facts.next_hops.insert(hop.gateway);
  }
  options.facts.most_endpoints = config.capacity.endpoints;
  return options;
}

ControlPlane::ControlPlane(DataPlane& data_plane, ControlPlaneOptions options)
    : impl_(std::make_unique<Impl>(data_plane, options)) {}

ControlPlane::~ControlPlane() {
  shutdown();
}

void ControlPlane::restore() {
  impl_->keeper.restore();
}

absl::Status ControlPlane::serve() {
  impl_->ledger.on_accepted([this](const std::string& source) { impl_->keeper.accepted(source); });
  const auto tell_ports = [this] {
    impl_->health_checks.serve(impl_->ledger.health_check_ports());
  };
  impl_->ledger.on_services_changed(tell_ports);
  tell_ports();
  if (absl::Status status = impl_->health_checks.start(); !status.ok()) return status;
  if (absl::Status status = impl_->keeper.start(); !status.ok()) return status;
  return impl_->server.start();
}

void ControlPlane::shutdown() {
  impl_->push.stop();
  impl_->server.stop(impl_->grace);
  impl_->health_checks.stop();
  impl_->keeper.stop();
}

}  // namespace portico
