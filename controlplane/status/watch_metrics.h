#pragma once

// What monitoring sees of the watching of a cluster.

#include <functional>
#include <utility>
#include <vector>

#include "controlplane/watch/cluster_source.h"
#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace portico {

// Asks the source whenever somebody reads: the source's own counters are the only ones.
class WatchMetrics : public prometheus::Collectable {
 public:
  // `statistics` is called from the thread of who reads.
  explicit WatchMetrics(std::function<ClusterStatistics()> statistics)
      : statistics_(std::move(statistics)) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const std::function<ClusterStatistics()> statistics_;
};

}  // namespace portico
