#include "controlplane/watch/slice_conversion.h"

#include <map>
#include <memory>
#include <string>

#include "controlplane/watch/collection.h"
#include "controlplane/watch/slice_sink.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "tests/unit/controlplane/watch/wire.h"

namespace portico {
namespace {

using google::protobuf::TextFormat;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

template <typename Message>
Message parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(TextFormat::ParseFromString(text, &message)) << text;
  return message;
}
template <typename Message>
void expect_equal(const Message& actual, const std::string& expected) {
  google::protobuf::util::MessageDifferencer differencer;
  std::string difference;
  differencer.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differencer.Compare(parse<Message>(expected), actual)) << difference;
}

// k8s.io/api/discovery/v1beta1/generated.proto: topology 5, nodeName 6, hints 7 (8 in v1).
TEST(FromV1beta1, TakesNodeAndZoneFromTopology) {
  using wire::field;
  const auto entry = [](const char* key, const char* value) {
    return field(5, field(1, key) + field(2, value));
  };
  kubernetes::EndpointSliceV1beta1 slice;
  ASSERT_TRUE(slice.ParseFromString(
      field(1, wire::metadata("web-1", "7")) + field(4, "IPv4") +
      field(3, field(1, "http") + wire::number(3, 80)) +
      field(2,
            field(1, "10.0.0.1") + field(2, wire::number(1, 0)) + field(4, field(2, "ns")) +
                entry("kubernetes.io/hostname", "n1") + entry("topology.kubernetes.io/zone", "z1") +
                entry("topology.kubernetes.io/region", "r1") + field(7, field(1, field(1, "z2")))) +
      field(2, field(1, "10.0.0.2") + field(3, "host") + field(6, "n2") +
                   entry("kubernetes.io/hostname", "other") +
                   entry("failure-domain.beta.kubernetes.io/zone", "z3")) +
      field(2, field(1, "10.0.0.3"))));
  expect_equal(from_v1beta1(slice), R"pb(
    metadata {
      name: "web-1"
      namespace: "shop"
      resource_version: "7"
      annotations { key: "portico/made-of" value: "discovery.k8s.io/v1beta1 EndpointSlice web-1" }
    }
    address_type: "IPv4"
    ports { name: "http" port: 80 }
    endpoints {
      addresses: "10.0.0.1"
      conditions { ready: false }
      target_ref { namespace: "ns" }
      node_name: "n1"
      zone: "z1"
      hints { for_zones { name: "z2" } }
    }
    endpoints { addresses: "10.0.0.2" hostname: "host" node_name: "n2" zone: "z3" }
    endpoints { addresses: "10.0.0.3" }
  )pb");
}

// k8s.io/api/core/v1: Endpoints{subsets=2}, EndpointSubset{addresses=1, notReadyAddresses=2,
// ports=3}, EndpointAddress{ip=1, targetRef=2, hostname=3, nodeName=4}, EndpointPort{name=1,
// port=2, protocol=3}.
TEST(FromEndpoints, MakesASliceOfEachSubsetAndFamily) {
  using wire::field;
  const std::string pod = field(1, "Pod") + field(3, "web-1");
  const std::string port = field(1, "http") + wire::number(2, 8080) + field(3, "TCP");
  kubernetes::Endpoints endpoints;
  ASSERT_TRUE(endpoints.ParseFromString(
      field(1, wire::metadata("web", "7") + field(11, field(1, "a") + field(2, "b"))) +
      field(2, field(1, field(1, "10.0.0.1") + field(2, pod) + field(4, "n1")) +
                   field(1, field(1, "fd00::1")) + field(2, field(1, "10.0.0.2") + field(3, "h")) +
                   field(3, port) + field(3, wire::number(2, 53) + field(3, "UDP"))) +
      field(2, field(2, field(1, "fd00::2")) + field(3, port))));
  const auto slices = from_endpoints(endpoints);
  ASSERT_EQ(slices.size(), 3u);
  const std::string metadata = R"pb(
    namespace: "shop"
    resource_version: "7"
    labels { key: "a" value: "b" }
    labels { key: "kubernetes.io/service-name" value: "web" }
    annotations { key: "portico/made-of" value: "v1 Endpoints web" }
  )pb";
  const std::string ports = R"pb(
    ports { name: "http" port: 8080 protocol: "TCP" }
    ports { name: "" port: 53 protocol: "UDP" }
  )pb";
  expect_equal(slices[0], "metadata { name: 'web-0-ipv4' " + metadata + "}" + ports + R"pb(
    address_type: "IPv4"
    endpoints {
      addresses: "10.0.0.1"
      conditions { ready: true }
      target_ref { kind: "Pod" name: "web-1" }
      node_name: "n1"
    }
    endpoints {
      addresses: "10.0.0.2"
      conditions { ready: false }
      hostname: "h"
    }
  )pb");
  expect_equal(slices[1], "metadata { name: 'web-0-ipv6' " + metadata + "}" + ports + R"pb(
    address_type: "IPv6"
    endpoints {
      addresses: "fd00::1"
      conditions { ready: true }
    }
  )pb");
  expect_equal(slices[2], "metadata { name: 'web-1-ipv6' " + metadata + R"pb(}
                                                                             address_type: "IPv6"
    endpoints { addresses: "fd00::2" conditions { ready: false } }
    ports { name: "http" port: 8080 protocol: "TCP" }
  )pb");
}

TEST(FromEndpoints, MakesNoneOfLocksAndOfNothing) {
  EXPECT_THAT(from_endpoints(parse<kubernetes::Endpoints>("metadata { name: 'a' } subsets {}")),
              IsEmpty());
  EXPECT_THAT(from_endpoints(parse<kubernetes::Endpoints>(R"pb(
                metadata {
                  name: "lock"
                  annotations { key: "control-plane.alpha.kubernetes.io/leader" value: "{}" }
                }
                subsets { addresses { ip: "10.0.0.1" } }
              )pb")),
              IsEmpty());
}

class SliceSinkTest : public testing::Test {
 protected:
  void set(const std::string& text) {
    sink.set(std::make_unique<kubernetes::Endpoints>(parse<kubernetes::Endpoints>(text)));
  }
  std::vector<std::string> take_set() {
    update = slices.take_changes();
    std::vector<std::string> names;
    for (const auto& slice : update.set) names.push_back(slice->message.metadata().name());
    return names;
  }

  WatchStatistics statistics;
  Collection<kubernetes::EndpointSlice> slices{&statistics};
  SliceSink sink{&slices};
  KindUpdate<kubernetes::EndpointSlice> update;
};

TEST_F(SliceSinkTest, TakesAwayTheSlicesThatAreNoMore) {
  sink.begin_list();
  set("metadata { name: 'a' } subsets { addresses { ip: '10.0.0.1' } addresses { ip: 'fd00::1' } "
      "}");
  set("metadata { name: 'b' } subsets { addresses { ip: '10.0.0.2' } }");
  sink.end_list();
  EXPECT_THAT(take_set(), UnorderedElementsAre("a-0-ipv4", "a-0-ipv6", "b-0-ipv4"));
  set("metadata { name: 'a' } subsets { addresses { ip: '10.0.0.3' } }");
  EXPECT_THAT(take_set(), ElementsAre("a-0-ipv4"));
  EXPECT_THAT(update.deleted, ElementsAre("a-0-ipv6"));
  sink.erase(parse<kubernetes::ObjectMeta>("name: 'b'"));
  EXPECT_THAT(take_set(), IsEmpty());
  EXPECT_THAT(update.deleted, ElementsAre("b-0-ipv4"));
  sink.begin_list();
  sink.keep(parse<kubernetes::ObjectMeta>("name: 'a'"));
  sink.keep(parse<kubernetes::ObjectMeta>("name: 'b'"));
  sink.end_list();
  EXPECT_FALSE(slices.has_changes());
  sink.begin_list();
  sink.end_list();
  EXPECT_THAT(take_set(), IsEmpty());
  EXPECT_THAT(update.deleted, ElementsAre("a-0-ipv4"));
  EXPECT_EQ(statistics.objects, 0u);
}

}  // namespace
}  // namespace portico
