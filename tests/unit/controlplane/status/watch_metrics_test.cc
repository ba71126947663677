#include "controlplane/status/watch_metrics.h"

#include <chrono>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/text_serializer.h"

namespace portico {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(WatchMetrics, TellWhatTheSourceCounts) {
  ClusterStatistics statistics;
  statistics.services.synced = true;
  statistics.services.modified = 7;
  statistics.endpoints.lists = 2;
  statistics.endpoints.emptied = 1;
  statistics.nodes.decode_errors = 3;
  statistics.services.watching_since = std::chrono::steady_clock::now() - std::chrono::seconds(100);
  const WatchMetrics metrics([&] { return statistics; });
  const std::string text = prometheus::TextSerializer().Serialize(metrics.Collect());
  const std::string prefix = "portico_controller_watch_";
  for (const char* line :
       {"synced{kind=\"Service\"} 1\n", "synced{kind=\"Node\"} 0\n",
        "events_total{kind=\"Service\",type=\"MODIFIED\"} 7\n",
        "lists_total{kind=\"EndpointSlice\"} 2\n", "emptied_total{kind=\"EndpointSlice\"} 1\n",
        "decode_errors_total{kind=\"Node\"} 3\n", "age_seconds{kind=\"Service\"} 10"}) {
    EXPECT_THAT(text, HasSubstr(prefix + line));
  }
  EXPECT_THAT(text, Not(HasSubstr("age_seconds{kind=\"Node\"}")));
}

}  // namespace
}  // namespace portico
