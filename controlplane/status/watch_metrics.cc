#include "controlplane/status/watch_metrics.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace portico {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

struct Kind {
  std::string name;
  const WatchStatistics& statistics;
};

void add(MetricFamily* family, Labels labels, double value) {
  ClientMetric& metric = family->metric.emplace_back();
  metric.label = std::move(labels);
  if (family->type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

MetricFamily family(const std::string& name, const std::string& help, MetricType type) {
  return {"portico_controller_watch_" + name, help, type, {}};
}

MetricFamily counters(const std::string& name, const std::string& help,
                      const std::vector<Kind>& kinds, std::uint64_t WatchStatistics::*count) {
  MetricFamily all = family(name, help, MetricType::Counter);
  for (const Kind& kind : kinds) {
    add(&all, {{"kind", kind.name}}, static_cast<double>(kind.statistics.*count));
  }
  return all;
}

MetricFamily events(const std::vector<Kind>& kinds) {
  MetricFamily all = family("events_total", "Events of watches.", MetricType::Counter);
  const std::pair<const char*, std::uint64_t WatchStatistics::*> types[] = {
      {"ADDED", &WatchStatistics::added},
      {"MODIFIED", &WatchStatistics::modified},
      {"DELETED", &WatchStatistics::deleted},
      {"BOOKMARK", &WatchStatistics::bookmarks},
      {"ERROR", &WatchStatistics::errors}};
  for (const Kind& kind : kinds) {
    for (const auto& [type, count] : types) {
      add(&all, {{"kind", kind.name}, {"type", type}}, static_cast<double>(kind.statistics.*count));
    }
  }
  return all;
}

// Nothing for a kind of which nothing was ever heard.
MetricFamily ages(const std::string& name, const std::string& help, const std::vector<Kind>& kinds,
                  std::optional<WatchStatistics::Time> WatchStatistics::*since) {
  const auto now = std::chrono::steady_clock::now();
  MetricFamily all = family(name, help, MetricType::Gauge);
  for (const Kind& kind : kinds) {
    const auto& time = kind.statistics.*since;
    if (!time.has_value()) continue;
    add(&all, {{"kind", kind.name}}, std::chrono::duration<double>(now - *time).count());
  }
  return all;
}

}  // namespace

std::vector<MetricFamily> WatchMetrics::Collect() const {
  const ClusterStatistics now = statistics_();
  const std::vector<Kind> kinds = {
      {"Service", now.services}, {"EndpointSlice", now.endpoints}, {"Node", now.nodes}};
  MetricFamily synced = family("synced", "Whether the first list is complete.", MetricType::Gauge);
  for (const Kind& kind : kinds) {
    add(&synced, {{"kind", kind.name}}, kind.statistics.synced ? 1 : 0);
  }
  return {
      std::move(synced),
      events(kinds),
      counters("lists_total", "Complete lists, with the first.", kinds, &WatchStatistics::lists),
      counters("watches_total", "Watches that were opened.", kinds, &WatchStatistics::watches),
      counters("failures_total", "Requests that failed, and watches that ended early.", kinds,
               &WatchStatistics::failures),
      counters("decode_errors_total", "Objects and events that were passed over.", kinds,
               &WatchStatistics::decode_errors),
      counters("emptied_total", "Lists without an object after there had been some.", kinds,
               &WatchStatistics::emptied),
      ages("age_seconds", "How long the watch has been open.", kinds,
           &WatchStatistics::watching_since),
      ages("silence_seconds", "How long nothing has been heard.", kinds,
           &WatchStatistics::last_heard)};
}

}  // namespace portico
