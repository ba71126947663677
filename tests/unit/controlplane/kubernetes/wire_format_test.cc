// The field numbers in proto/kubernetes against Kubernetes' own encoding: bytes written by hand
// from k8s.io/api/core/v1/generated.proto, k8s.io/api/discovery/v1/generated.proto and
// k8s.io/apimachinery/pkg/apis/meta/v1/generated.proto.

#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "proto/kubernetes/core.pb.h"
#include "proto/kubernetes/discovery.pb.h"

namespace portico {
namespace {

// https://protobuf.dev/programming-guides/encoding: a length-delimited field, and a varint.
std::string field(unsigned number, const std::string& payload) {
  std::string out;
  const unsigned key = number << 3 | 2;
  if (key >= 0x80) out += static_cast<char>((key & 0x7f) | 0x80);
  out += static_cast<char>(key >= 0x80 ? key >> 7 : key);
  out += static_cast<char>(payload.size());
  return out + payload;
}
std::string field(unsigned number, std::uint8_t value) {
  return {static_cast<char>(number << 3), static_cast<char>(value)};
}

TEST(WireFormat, OfAService) {
  const std::string metadata = field(1, "web") + field(3, "shop") + field(5, "uid-1") +
                               field(6, "48213") + field(11, field(1, "k") + field(2, "v")) +
                               field(12, field(1, "a") + field(2, "b"));
  const std::string port = field(1, "http") + field(2, "TCP") + field(3, std::uint8_t{80}) +
                           field(4, field(1, std::uint8_t{1}) + field(3, "web"));
  const std::string spec = field(1, port) + field(3, "10.0.0.1") + field(4, "LoadBalancer") +
                           field(5, "192.0.2.1") + field(18, "10.0.0.1") + field(18, "2001:db8::1");
  const std::string ingress = field(1, "198.51.100.1") + field(2, "host") + field(3, "VIP");
  const std::string bytes =
      field(1, metadata) + field(2, spec) + field(3, field(1, field(1, ingress)));
  kubernetes::Service service;
  ASSERT_TRUE(service.ParseFromString(bytes));
  EXPECT_EQ(service.metadata().name(), "web");
  EXPECT_EQ(service.metadata().namespace_(), "shop");
  EXPECT_EQ(service.metadata().uid(), "uid-1");
  EXPECT_EQ(service.metadata().resource_version(), "48213");
  EXPECT_EQ(service.metadata().labels().at("k"), "v");
  EXPECT_EQ(service.metadata().annotations().at("a"), "b");
  EXPECT_EQ(service.spec().ports(0).name(), "http");
  EXPECT_EQ(service.spec().ports(0).protocol(), "TCP");
  EXPECT_EQ(service.spec().ports(0).port(), 80);
  EXPECT_EQ(service.spec().ports(0).target_port().type(), 1);
  EXPECT_EQ(service.spec().ports(0).target_port().str_val(), "web");
  EXPECT_EQ(service.spec().cluster_ip(), "10.0.0.1");
  EXPECT_EQ(service.spec().type(), "LoadBalancer");
  EXPECT_EQ(service.spec().external_ips(0), "192.0.2.1");
  EXPECT_EQ(service.spec().cluster_ips(1), "2001:db8::1");
  EXPECT_EQ(service.status().load_balancer().ingress(0).ip(), "198.51.100.1");
  EXPECT_EQ(service.status().load_balancer().ingress(0).ip_mode(), "VIP");
}

TEST(WireFormat, OfAnEndpointSlice) {
  const std::string conditions =
      field(1, std::uint8_t{0}) + field(2, std::uint8_t{1}) + field(3, std::uint8_t{1});
  const std::string pod = field(1, "Pod") + field(2, "shop") + field(3, "web-1") + field(4, "u1");
  const std::string endpoint = field(1, "192.168.1.3") + field(2, conditions) + field(4, pod) +
                               field(6, "worker-1") + field(7, "zone-a") +
                               field(8, field(1, field(1, "z")) + field(2, field(1, "n")));
  const std::string port = field(1, "http") + field(2, "TCP") + field(3, std::uint8_t{81});
  kubernetes::EndpointSlice slice;
  ASSERT_TRUE(slice.ParseFromString(field(1, field(1, "web-abc")) + field(4, "IPv4") +
                                    field(2, endpoint) + field(3, port)));
  EXPECT_EQ(slice.metadata().name(), "web-abc");
  EXPECT_EQ(slice.address_type(), "IPv4");
  EXPECT_EQ(slice.endpoints(0).addresses(0), "192.168.1.3");
  EXPECT_TRUE(slice.endpoints(0).conditions().has_ready());
  EXPECT_FALSE(slice.endpoints(0).conditions().ready());
  EXPECT_TRUE(slice.endpoints(0).conditions().serving());
  EXPECT_TRUE(slice.endpoints(0).conditions().terminating());
  EXPECT_EQ(slice.endpoints(0).target_ref().namespace_(), "shop");
  EXPECT_EQ(slice.endpoints(0).target_ref().name(), "web-1");
  EXPECT_EQ(slice.endpoints(0).target_ref().uid(), "u1");
  EXPECT_EQ(slice.endpoints(0).node_name(), "worker-1");
  EXPECT_EQ(slice.endpoints(0).zone(), "zone-a");
  EXPECT_EQ(slice.endpoints(0).hints().for_zones(0).name(), "z");
  EXPECT_EQ(slice.endpoints(0).hints().for_nodes(0).name(), "n");
  EXPECT_EQ(slice.ports(0).port(), 81);
}

TEST(WireFormat, OfANode) {
  kubernetes::Node node;
  ASSERT_TRUE(
      node.ParseFromString(field(1, field(1, "worker-1")) +
                           field(2, field(1, "192.168.1.0/24") + field(7, "192.168.1.0/24") +
                                        field(7, "2001:db8::/64")) +
                           field(3, field(5, field(1, "InternalIP") + field(2, "10.0.0.1")))));
  EXPECT_EQ(node.spec().pod_cidr(), "192.168.1.0/24");
  EXPECT_EQ(node.spec().pod_cidrs(1), "2001:db8::/64");
  EXPECT_EQ(node.status().addresses(0).type(), "InternalIP");
  EXPECT_EQ(node.status().addresses(0).address(), "10.0.0.1");
}

}  // namespace
}  // namespace portico
