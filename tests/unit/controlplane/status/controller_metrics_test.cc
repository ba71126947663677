#include "controlplane/status/controller_metrics.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

ObjectUpdate one_service() {
  auto service = std::make_shared<Sourced<kubernetes::Service>>();
  service->message.mutable_metadata()->set_namespace_("default");
  service->message.mutable_metadata()->set_name("web");
  service->message.mutable_spec()->set_cluster_ip("10.0.0.1");
  service->message.mutable_spec()->add_ports()->set_port(80);
  ObjectUpdate update;
  update.reset = true;
  update.services.set = {service};
  return update;
}

TEST(ControllerMetrics, CountsObjectsTablesAndRevisions) {
  ControllerMetrics metrics;
  Controller controller({}, FaultPolicy::kLeaveOut, {}, {&metrics});
  EXPECT_EQ(metrics.readiness().status, 503);
  ObjectUpdate update = one_service();
  controller.on_update(update);
  auto bad = std::make_shared<Sourced<kubernetes::Service>>(*update.services.set[0]);
  bad->message.mutable_metadata()->set_name("bad");
  bad->message.mutable_spec()->set_cluster_ip("10.0.0.300");
  update.reset = false;
  update.services.set = {bad};
  controller.on_update(update);
  EXPECT_THAT(metrics.to_text(),
              AllOf(HasSubstr("portico_controller_objects{kind=\"Service\"} 2\n"),
                    HasSubstr("portico_controller_table_entries{table=\"services\"} 1\n"),
                    HasSubstr("portico_controller_left_out 1\n"),
                    HasSubstr("portico_controller_faults_total 1\n"),
                    HasSubstr("portico_controller_updates_total 2\n"),
                    HasSubstr("portico_controller_revision 1\n")));
  EXPECT_EQ(metrics.readiness().status, 200);
}

TEST(ControllerMetrics, TellsHowFarEachGatewayIs) {
  ControllerMetrics metrics;
  GatewayMetrics* gateway = metrics.add_gateway("gw-1:9000");
  EXPECT_EQ(metrics.add_gateway("gw-1:9000"), gateway);
  const auto now = std::chrono::steady_clock::now();
  gateway->on_connected();
  metrics.on_revision({1, {}, now});
  metrics.on_revision({3, {}, now});
  EXPECT_THAT(metrics.to_text(), HasSubstr("gateway_lag{gateway=\"gw-1:9000\"} 3\n"));
  gateway->on_acknowledged({2, {}, now}, true);
  const std::string behind = metrics.to_text();
  EXPECT_THAT(behind, HasSubstr("gateway_lag{gateway=\"gw-1:9000\"} 1\n"));
  // How long a resync takes says nothing of a change.
  EXPECT_THAT(behind, HasSubstr("push_seconds_count{gateway=\"gw-1:9000\"} 0\n"));
  gateway->on_acknowledged({3,
                            {},
                            now - std::chrono::milliseconds(30),
                            {absl::Now() - absl::Seconds(3), absl::Now() - absl::Seconds(1)}},
                           false);
  const std::string text = metrics.to_text();
  EXPECT_THAT(text, AllOf(HasSubstr("gateway_lag{gateway=\"gw-1:9000\"} 0\n"),
                          HasSubstr("gateway_connected{gateway=\"gw-1:9000\"} 1\n"),
                          HasSubstr("push_seconds_count{gateway=\"gw-1:9000\"} 1\n"),
                          HasSubstr("push_seconds_bucket{gateway=\"gw-1:9000\",le=\"0.02\"} 0\n"),
                          HasSubstr("programming_seconds_count{gateway=\"gw-1:9000\"} 2\n")));
  EXPECT_THAT(text, HasSubstr("resyncs_total{gateway=\"gw-1:9000\"} 1\n"));
  gateway->on_refused({4, {}, now}, {});
  gateway->on_left_out(2);
  gateway->on_disconnected();
  EXPECT_THAT(metrics.to_text(), AllOf(HasSubstr("refusals_total{gateway=\"gw-1:9000\"} 1\n"),
                                       HasSubstr("gateway_left_out{gateway=\"gw-1:9000\"} 2\n"),
                                       HasSubstr("connected{gateway=\"gw-1:9000\"} 0\n")));
  EXPECT_EQ(metrics.readiness().text, "ready: revision 3\ngw-1:9000: away, revision 3\n");
}

// Nothing had to be sent: the gateway is not behind, and nothing took any time.
TEST(ControllerMetrics, CountsARevisionThatNeedsNothingAsTheGateways) {
  ControllerMetrics metrics;
  GatewayMetrics* gateway = metrics.add_gateway("gw-1:9000");
  const auto long_ago = std::chrono::steady_clock::now() - std::chrono::hours(1);
  gateway->on_connected();
  gateway->on_acknowledged({1, {}, long_ago}, true);
  metrics.on_revision({4, {}, long_ago});
  gateway->on_nothing_to_send({4, {}, long_ago, {absl::Now() - absl::Hours(1)}});
  EXPECT_THAT(metrics.to_text(),
              AllOf(HasSubstr("gateway_revision{gateway=\"gw-1:9000\"} 4\n"),
                    HasSubstr("gateway_lag{gateway=\"gw-1:9000\"} 0\n"),
                    HasSubstr("acknowledgements_total{gateway=\"gw-1:9000\"} 1\n"),
                    HasSubstr("push_seconds_count{gateway=\"gw-1:9000\"} 0\n"),
                    HasSubstr("programming_seconds_count{gateway=\"gw-1:9000\"} 0\n")));
  EXPECT_EQ(metrics.readiness().text, "ready: revision 4\ngw-1:9000: connected, revision 4\n");
}

TEST(ControllerMetrics, AsksTheSourceWhenSomebodyReads) {
  class Source : public prometheus::Collectable {
   public:
    std::vector<prometheus::MetricFamily> Collect() const override {
      prometheus::MetricFamily family{
          "portico_watch_objects", "Help.", prometheus::MetricType::Gauge, {}};
      family.metric.emplace_back().gauge.value = 7;
      return {family};
    }
  };
  Source source;
  ControllerMetrics metrics;
  EXPECT_THAT(metrics.to_text(), Not(HasSubstr("portico_watch_objects")));
  metrics.add_source(&source);
  EXPECT_THAT(metrics.to_text(), HasSubstr("portico_watch_objects 7\n"));
}

}  // namespace
}  // namespace portico
