// The API's objects to ours and back.

#include "controlplane/api/convert.h"

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

template <typename Message>
Message message(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

TEST(Convert, AServiceWithEverything) {
  const auto original = message<v1::Service>(R"(
      name: "default/web"
      addresses { address: "10.100.3.59" kind: KIND_CLUSTER_IP
                  traffic_policy: TRAFFIC_POLICY_LOCAL
                  source_address: SOURCE_ADDRESS_MASQUERADE_OFF_CLUSTER }
      addresses { address: "203.0.113.7" kind: KIND_LOAD_BALANCER_IP
                  traffic_policy: TRAFFIC_POLICY_CLUSTER source_address: SOURCE_ADDRESS_PRESERVE
                  source_ranges: "10.0.0.0/8" source_ranges: "192.0.2.0/24" }
      addresses { kind: KIND_NODE_PORT traffic_policy: TRAFFIC_POLICY_LOCAL
                  source_address: SOURCE_ADDRESS_MASQUERADE }
      ports { name: "http" protocol: PROTOCOL_TCP port: 80 node_port: 30080 }
      selection: SELECTION_LEAST_CONNECTIONS
      source_address: SOURCE_ADDRESS_PRESERVE
      client_affinity { seconds: 10800 }
      maglev_table_size: 1021
      health_check_port: 30100)");
  const store::Service service = from_proto(original);
  ASSERT_EQ(service.addresses.size(), 3u);
  EXPECT_EQ(service.addresses[0].traffic_policy, TrafficPolicy::kLocal);
  EXPECT_EQ(service.addresses[1].source_ranges.size(), 2u);
  EXPECT_EQ(service.addresses[2].kind, FrontendKind::kNodePort);
  EXPECT_EQ(service.client_affinity, absl::Hours(3));
  EXPECT_EQ(to_proto(service).DebugString(), original.DebugString());
  EXPECT_EQ(from_proto(to_proto(service)), service);
}

TEST(Convert, EachSelectionAndEachState) {
  for (int i = v1::SELECTION_RANDOM; i <= v1::Selection_MAX; ++i) {
    v1::Service service;
    service.set_selection(static_cast<v1::Selection>(i));
    EXPECT_EQ(to_proto(from_proto(service)).selection(), i);
  }
  const auto endpoint = message<v1::Endpoint>(R"(
      name: "uid-1" service: "default/web" address: "192.168.1.3" ports { name: "http" port: 8080 }
      node: "worker-1" state: STATE_DRAINING local_state: STATE_ACTIVE weight: 0
      max_connections: 9 terminating: true)");
  EXPECT_EQ(to_proto(from_proto(endpoint)).DebugString(), endpoint.DebugString());
}

// What a client or a state file says that knows nothing of the newer fields.
TEST(Convert, AbsentFieldsAreTheirDefaults) {
  const store::Service service = from_proto(message<v1::Service>(R"(
      name: "default/web" addresses { address: "10.100.3.59" }
      ports { protocol: PROTOCOL_TCP port: 80 } source_address: SOURCE_ADDRESS_PRESERVE)"));
  const store::ServiceAddress& address = service.addresses.at(0);
  EXPECT_EQ(address.kind, FrontendKind::kClusterIp);
  EXPECT_EQ(address.traffic_policy, TrafficPolicy::kCluster);
  EXPECT_EQ(address.source_address, SourceAddress::kPreserve);  // the Service's
  EXPECT_TRUE(address.source_ranges.empty());
  EXPECT_EQ(service.ports.at(0).node_port, 0u);
  EXPECT_EQ(service.client_affinity, std::nullopt);
  EXPECT_EQ(service.health_check_port, 0u);
  const store::Endpoint endpoint = from_proto(message<v1::Endpoint>("name: 'uid-1'"));
  EXPECT_EQ(endpoint.state, store::EndpointState::kActive);
  EXPECT_EQ(endpoint.local_state, store::EndpointState::kDraining);
  EXPECT_EQ(endpoint.weight, 1u);
  EXPECT_EQ(endpoint.max_connections, 0u);
}

TEST(Convert, NumbersOfALaterApiAreAbsent) {
  v1::Service message;
  message.set_selection(static_cast<v1::Selection>(99));
  message.set_source_address(static_cast<v1::SourceAddress>(99));
  message.add_addresses()->set_traffic_policy(static_cast<v1::TrafficPolicy>(99));
  message.add_addresses()->set_source_address(static_cast<v1::SourceAddress>(99));
  const store::Service service = from_proto(message);
  EXPECT_EQ(service.selection, std::nullopt);
  EXPECT_EQ(service.source_address, std::nullopt);
  EXPECT_EQ(service.addresses[0].traffic_policy, std::nullopt);
  EXPECT_NE(service.addresses[0].source_address, std::nullopt);  // the Service's fault alone
  EXPECT_EQ(service.addresses[1].source_address, std::nullopt);
  v1::Endpoint endpoint;
  endpoint.set_local_state(static_cast<v1::Endpoint::State>(99));
  EXPECT_EQ(from_proto(endpoint).local_state, std::nullopt);
}

}  // namespace
}  // namespace portico
