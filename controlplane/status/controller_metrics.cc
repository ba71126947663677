#include "controlplane/status/controller_metrics.h"

#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "prometheus/text_serializer.h"

namespace portico {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Histogram;

prometheus::Gauge& gauge(prometheus::Registry* registry, const char* name, const char* help,
                         const prometheus::Labels& labels = {}) {
  return BuildGauge().Name(name).Help(help).Register(*registry).Add(labels);
}

prometheus::Counter& counter(prometheus::Registry* registry, const char* name, const char* help,
                             const prometheus::Labels& labels = {}) {
  return BuildCounter().Name(name).Help(help).Register(*registry).Add(labels);
}

Histogram& histogram(prometheus::Registry* registry, const char* name, const char* help,
                     const prometheus::Labels& labels, const Histogram::BucketBoundaries& bounds) {
  return BuildHistogram().Name(name).Help(help).Register(*registry).Add(labels, bounds);
}

// Half a millisecond to ten seconds.
const Histogram::BucketBoundaries kPushBounds = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
                                                 0.1,    0.2,   0.5,   1,     2,    5,    10};
// The cluster's own share is seconds (Kubernetes' objective is 30 s).
const Histogram::BucketBoundaries kProgrammingBounds = {0.05, 0.1, 0.25, 0.5, 1,  2,
                                                        5,    10,  20,   30,  60, 120};

}  // namespace

GatewayMetrics::GatewayMetrics(ControllerMetrics* all, const std::string& target)
    : all_(*all),
      connected_(gauge(&all->registry_, "portico_controller_gateway_connected",
                       "Whether a stream to the gateway is open.", {{"gateway", target}})),
      acknowledged_(gauge(&all->registry_, "portico_controller_gateway_revision",
                          "The revision that the gateway has, without what it refuses.",
                          {{"gateway", target}})),
      lag_(gauge(&all->registry_, "portico_controller_gateway_lag",
                 "How many revisions the gateway is behind.", {{"gateway", target}})),
      acknowledgements_(counter(&all->registry_, "portico_controller_acknowledgements_total",
                                "Revisions that the gateway has acknowledged.",
                                {{"gateway", target}})),
      resyncs_(counter(&all->registry_, "portico_controller_resyncs_total",
                       "Acknowledged revisions that were sent as a whole.", {{"gateway", target}})),
      refusals_(counter(&all->registry_, "portico_controller_refusals_total",
                        "Revisions that the gateway has refused.", {{"gateway", target}})),
      left_out_(gauge(&all->registry_, "portico_controller_gateway_left_out",
                      "Objects that the gateway is done without, because it refuses them.",
                      {{"gateway", target}})),
      push_(histogram(&all->registry_, "portico_controller_push_seconds",
                      "From the receipt of a change to the gateway's acknowledgement.",
                      {{"gateway", target}}, kPushBounds)),
      programming_(histogram(&all->registry_, "portico_controller_programming_seconds",
                             "From a change's endpoints.kubernetes.io/last-change-trigger-time to "
                             "the gateway's acknowledgement.",
                             {{"gateway", target}}, kProgrammingBounds)) {}

void GatewayMetrics::on_connected() {
  is_connected_ = true;
  connected_.Set(1);
}

void GatewayMetrics::on_disconnected() {
  is_connected_ = false;
  connected_.Set(0);
}

void GatewayMetrics::on_acknowledged(const Revision& revision, bool resync) {
  acknowledgements_.Increment();
  show_revision(revision.number);
  if (resync) {
    resyncs_.Increment();
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  push_.Observe(std::chrono::duration<double>(now - revision.changed_at).count());
  for (const absl::Time trigger : revision.triggers) {
    programming_.Observe(absl::ToDoubleSeconds(absl::Now() - trigger));
  }
}

void GatewayMetrics::on_nothing_to_send(const Revision& revision) {
  show_revision(revision.number);
}

void GatewayMetrics::on_left_out(std::size_t objects) {
  left_out_.Set(static_cast<double>(objects));
}

void GatewayMetrics::on_refused(const Revision&, const v1::Refusal&) {
  refusals_.Increment();
}

void GatewayMetrics::show_revision(std::uint64_t number) {
  revision_ = number;
  acknowledged_.Set(static_cast<double>(number));
  show_lag(all_.revision());
}

void GatewayMetrics::show_lag(std::uint64_t newest) {
  const std::uint64_t own = revision_;
  lag_.Set(newest > own ? static_cast<double>(newest - own) : 0);
}

ControllerMetrics::ControllerMetrics()
    : objects_(BuildGauge()
                   .Name("portico_controller_objects")
                   .Help("Kubernetes objects that are known.")
                   .Register(registry_)),
      services_(objects_.Add({{"kind", "Service"}})),
      endpoint_slices_(objects_.Add({{"kind", "EndpointSlice"}})),
      nodes_(objects_.Add({{"kind", "Node"}})),
      tables_(BuildGauge()
                  .Name("portico_controller_table_entries")
                  .Help("What gateways are to have.")
                  .Register(registry_)),
      table_services_(tables_.Add({{"table", "services"}})),
      table_endpoints_(tables_.Add({{"table", "endpoints"}})),
      table_routes_(tables_.Add({{"table", "routes"}})),
      left_out_(gauge(&registry_, "portico_controller_left_out",
                      "Objects that are left out now because of a fault.")),
      revision_(gauge(&registry_, "portico_controller_revision", "The newest revision.")),
      updates_(counter(&registry_, "portico_controller_updates_total",
                       "Updates of objects that were translated.")),
      faults_(counter(&registry_, "portico_controller_faults_total",
                      "Faults of objects that were left out, each when it came.")) {}

GatewayMetrics* ControllerMetrics::add_gateway(const std::string& target) {
  auto& gateway = gateways_[target];
  if (gateway == nullptr) gateway = std::make_unique<GatewayMetrics>(this, target);
  return gateway.get();
}

void ControllerMetrics::on_update(const ObjectUpdate&, const Translator& translator) {
  updates_.Increment();
  services_.Set(static_cast<double>(translator.services()));
  endpoint_slices_.Set(static_cast<double>(translator.endpoint_slices()));
  nodes_.Set(static_cast<double>(translator.nodes()));
  left_out_.Set(static_cast<double>(translator.left_out()));
}

void ControllerMetrics::on_revision(const Revision& revision) {
  newest_ = revision.number;
  revision_.Set(static_cast<double>(revision.number));
  table_services_.Set(static_cast<double>(revision.state.services().size()));
  table_endpoints_.Set(static_cast<double>(revision.state.endpoint_count()));
  table_routes_.Set(static_cast<double>(revision.state.routes().size()));
  for (const auto& [target, gateway] : gateways_) gateway->show_lag(revision.number);
}

void ControllerMetrics::on_left_out(const std::vector<ObjectFault>& faults, const Translator&) {
  faults_.Increment(static_cast<double>(faults.size()));
}

std::string ControllerMetrics::to_text() const {
  std::vector<prometheus::MetricFamily> all = registry_.Collect();
  for (const prometheus::Collectable* source : sources_) {
    for (prometheus::MetricFamily& family : source->Collect()) all.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(all);
}

StatusPage ControllerMetrics::readiness() const {
  const std::uint64_t newest = newest_;
  if (newest == 0) {
    return {503, "text/plain; charset=utf-8", "not ready: the objects are not complete yet\n"};
  }
  std::string text = absl::StrCat("ready: revision ", newest, "\n");
  for (const auto& [target, gateway] : gateways_) {
    absl::StrAppend(&text, target, ": ", gateway->is_connected() ? "connected" : "away",
                    ", revision ", gateway->revision(), "\n");
  }
  return {200, "text/plain; charset=utf-8", text};
}

}  // namespace portico
