#pragma once

// What monitoring sees of the controller.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/controller/controller.h"
#include "controlplane/push/push_client.h"
#include "controlplane/status/status_server.h"
#include "prometheus/collectable.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"

namespace portico {

class ControllerMetrics;

// Of one gateway.
class GatewayMetrics : public PushObserver {
 public:
  GatewayMetrics(ControllerMetrics* all, const std::string& target);

  void on_connected() override;
  void on_disconnected() override;
  void on_acknowledged(const Revision& revision, bool resync) override;
  void on_nothing_to_send(const Revision& revision) override;
  void on_refused(const Revision& revision, const v1::Refusal& refusal) override;
  void on_left_out(std::size_t objects) override;

  bool is_connected() const { return is_connected_; }
  std::uint64_t revision() const { return revision_; }
  // From any thread, when there is a newer revision or the gateway has another.
  void show_lag(std::uint64_t newest);

 private:
  void show_revision(std::uint64_t number);

  ControllerMetrics& all_;
  std::atomic<bool> is_connected_{false};
  std::atomic<std::uint64_t> revision_{0};
  prometheus::Gauge& connected_;
  prometheus::Gauge& acknowledged_;
  prometheus::Gauge& lag_;
  prometheus::Counter& acknowledgements_;
  prometheus::Counter& resyncs_;
  prometheus::Counter& refusals_;
  prometheus::Gauge& left_out_;
  prometheus::Histogram& push_;
  prometheus::Histogram& programming_;
};

// # Theory of operation
//
// The controller's thread and each gateway's write (ControllerObserver, PushObserver); the status
// server's thread reads. prometheus-cpp's values are atomic. What a source counts is not kept here:
// it is a prometheus::Collectable that is asked when somebody reads.
class ControllerMetrics : public ControllerObserver {
 public:
  ControllerMetrics();

  // Before the threads that write are started. The result lives as long as this.
  GatewayMetrics* add_gateway(const std::string& target);
  // `source` must outlive this.
  void add_source(prometheus::Collectable* source) { sources_.push_back(source); }

  void on_update(const ObjectUpdate& update, const Translator& translator) override;
  void on_revision(const Revision& revision) override;
  void on_left_out(const std::vector<ObjectFault>& faults, const Translator& translator) override;

  // Prometheus' text format 0.0.4.
  std::string to_text() const;
  // Whether the objects are complete and were made into a revision, and what each gateway has.
  StatusPage readiness() const;
  std::uint64_t revision() const { return newest_; }

 private:
  friend class GatewayMetrics;

  prometheus::Registry registry_;
  std::vector<prometheus::Collectable*> sources_;
  prometheus::Family<prometheus::Gauge>& objects_;
  prometheus::Gauge& services_;
  prometheus::Gauge& endpoint_slices_;
  prometheus::Gauge& nodes_;
  prometheus::Family<prometheus::Gauge>& tables_;
  prometheus::Gauge& table_services_;
  prometheus::Gauge& table_endpoints_;
  prometheus::Gauge& table_routes_;
  prometheus::Gauge& left_out_;
  prometheus::Gauge& revision_;
  prometheus::Counter& updates_;
  prometheus::Counter& faults_;
  std::atomic<std::uint64_t> newest_{0};
  std::map<std::string, std::unique_ptr<GatewayMetrics>> gateways_;
};

}  // namespace portico
