// Every example manifest is taken by the controller without a word, and by a gateway.

#include <filesystem>
#include <string>

#include "controlplane/kubernetes/manifest_parser.h"
#include "controlplane/translate/translate.h"
#include "gtest/gtest.h"
#include "tests/property/translate/gateway.h"

namespace portico {
namespace {

constexpr char kExamples[] = PORTICO_SOURCE_ROOT "/configs/examples/";

class ExampleManifests : public testing::TestWithParam<const char*> {};

TEST_P(ExampleManifests, AreTaken) {
  const ManifestReading reading = read_manifests(kExamples + std::string(GetParam()));
  ASSERT_TRUE(reading.faults.empty()) << reading.faults[0].to_string();
  EXPECT_TRUE(reading.skipped.empty());
  EXPECT_FALSE(reading.objects.services.empty());
  const Standpoint standpoints[] = {{}, {LocalTraffic::kStrict, {"k8s-worker-1"}, "eu-1a"}};
  for (const Standpoint& standpoint : standpoints) {
    const auto [desired, reports] = translate(reading.objects, {true, standpoint});
    for (const auto* list : {&reports.faults, &reports.warnings, &reports.passed_over}) {
      EXPECT_TRUE(list->empty()) << list->at(0).to_string();
    }
    EXPECT_EQ(desired.services().size(), reading.objects.services.size());
    store::GatewayFacts with_node_ports;
    with_node_ports.node_ports.addresses = {IpAddress::parse("192.0.2.1").value()};
    EXPECT_EQ(refusals(desired, {}), "");
    EXPECT_EQ(refusals(desired, with_node_ports), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Folders, ExampleManifests, testing::Values("hello-world", "features"));

}  // namespace
}  // namespace portico
