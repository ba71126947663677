#include "dataplane/runtime/table_writer.h"

#include <gtest/gtest.h>

#include "tests/unit/dataplane/runtime/runtime_fixture.h"

namespace portico {
namespace {

class TableWriterTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(writer_.install(little_config()).ok()); }

  static ServicePort service(const std::string& id, const std::vector<std::string>& frontends,
                             const std::vector<std::string>& endpoints) {
    ServicePort port;
    port.id = id;
    for (const std::string& address : frontends) {
      port.frontends.push_back({ip(address), l4(80), FrontendKind::kClusterIp});
    }
    for (const std::string& address : endpoints) {
      port.endpoints.push_back({ip(address), l4(8080), "uid", "", true});
    }
    return port;
  }
  absl::Status apply(const TableChange& change) {
    return writer_.apply(change, [this](EndpointRef ref) { on_new_(ref); });
  }
  absl::Status set(std::vector<ServicePort> ports) {
    TableChange change;
    change.set_service_ports = std::move(ports);
    return apply(change);
  }
  // The Service port that workers find at this address; empty when there is none.
  std::string at(const std::string& address) const {
    const auto* entry = shared_.v4.services.find({ip(address).v4(), l4(80), Protocol::kTcp});
    return entry == nullptr ? "" : entry->port->id;
  }
  EndpointRef ref(const std::string& id, std::size_t i = 0) const {
    return writer_.endpoints(id)->at(i).ref;
  }

  SharedTables shared_{two_ports(), little_config(), 1};
  TableWriter writer_{shared_, little_config().capacity};
  std::function<void(EndpointRef)> on_new_ = [](EndpointRef) {};
};

TEST_F(TableWriterTest, AChangeThatDoesNotFitIsRefusedAsAWhole) {
  ASSERT_TRUE(set({service("a", {"10.100.0.1"}, {"192.168.1.1"})}).ok());
  const EndpointRef before = ref("a");

  // Too many frontends: the first of the two would have fitted.
  TableChange frontends;
  frontends.set_service_ports = {
      service("b", {"10.100.0.2"}, {"192.168.1.2"}),
      service("c", {"10.100.0.3", "10.100.0.4", "10.100.0.5"}, {"192.168.1.3"})};
  frontends.deleted_service_ports = {"a"};
  frontends.set_routes = {{prefix("192.168.9.0/24"), ip("10.12.22.151"), std::nullopt}};
  const absl::Status status = apply(frontends);
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_NE(status.message().find("capacity.frontends"), absl::string_view::npos) << status;

  const absl::Status endpoints = set(
      {service("a", {"10.100.0.9"}, {}),
       service("b", {"10.100.0.2"}, {"192.168.1.2", "192.168.1.3", "192.168.1.4", "192.168.1.5"})});
  EXPECT_TRUE(absl::IsResourceExhausted(endpoints));
  EXPECT_NE(endpoints.message().find("capacity.endpoints"), absl::string_view::npos) << endpoints;

  TableChange routes;
  routes.set_service_ports = {service("b", {"10.100.0.2"}, {})};
  for (int i = 0; i < 5; ++i) {  // two are connected
    routes.set_routes.push_back(
        {prefix("192.168." + std::to_string(i) + ".0/24"), ip("10.12.22.151"), std::nullopt});
  }
  EXPECT_TRUE(absl::IsResourceExhausted(apply(routes)));
  routes.set_routes = {{prefix("192.168.9.0/24"), ip("172.16.0.1"), std::nullopt}};
  EXPECT_TRUE(absl::IsInvalidArgument(apply(routes)));

  EXPECT_EQ(at("10.100.0.1"), "a");
  EXPECT_EQ(at("10.100.0.2"), "");
  EXPECT_EQ(at("10.100.0.9"), "");
  EXPECT_TRUE(shared_.endpoints.exists(before));
  EXPECT_EQ(shared_.endpoints.size(), 1u);
  EXPECT_EQ(shared_.v4.services.size(), 1u);
  EXPECT_EQ(writer_.routes().size(), 4u);  // the ports' subnets of both families
}

// As many Service addresses as are promised, beside the gateway's own.
TEST_F(TableWriterTest, EveryFrontendOfTheCapacityMayHaveAnAddressOfItsOwn) {
  ASSERT_TRUE(set({service("a", {"10.100.0.1", "10.100.0.2", "10.100.0.3"}, {})}).ok());
  for (const char* address : {"10.100.0.1", "10.100.0.2", "10.100.0.3"}) {
    EXPECT_EQ(at(address), "a");
    EXPECT_TRUE(shared_.v4.locals.find(ip(address).v4()).service) << address;
  }
  EXPECT_TRUE(shared_.v4.locals.find(ip("10.20.0.1").v4()).own);
  EXPECT_TRUE(shared_.v4.locals.find(ip("10.12.22.1").v4()).snat);
}

// Two Service ports exchange their addresses. Whenever a worker might look, both lead somewhere:
// here, while each of the two gets its endpoint.
TEST_F(TableWriterTest, AFrontendThatMovesNeverVanishes) {
  ASSERT_TRUE(set({service("a", {"10.100.0.1"}, {}), service("b", {"10.100.0.2"}, {})}).ok());
  int looked = 0;
  on_new_ = [&](EndpointRef) {
    ++looked;
    EXPECT_NE(at("10.100.0.1"), "");
    EXPECT_NE(at("10.100.0.2"), "");
  };
  ASSERT_TRUE(set({service("a", {"10.100.0.2"}, {"192.168.1.1"}),
                   service("b", {"10.100.0.1"}, {"192.168.1.2"})})
                  .ok());
  EXPECT_EQ(looked, 2);
  EXPECT_EQ(at("10.100.0.1"), "b");
  EXPECT_EQ(at("10.100.0.2"), "a");
  EXPECT_TRUE(shared_.v4.locals.find(ip("10.100.0.1").v4()).service);
}

TEST_F(TableWriterTest, AFrontendMovesFromAServicePortThatGoes) {
  ASSERT_TRUE(set({service("a", {"10.100.0.1", "10.100.0.2"}, {})}).ok());
  TableChange change;
  change.set_service_ports = {service("b", {"10.100.0.1"}, {})};
  change.deleted_service_ports = {"a"};
  ASSERT_TRUE(apply(change).ok());
  EXPECT_EQ(at("10.100.0.1"), "b");
  EXPECT_EQ(at("10.100.0.2"), "");
  EXPECT_EQ(writer_.endpoints("a"), nullptr);
  EXPECT_TRUE(shared_.v4.locals.find(ip("10.100.0.1").v4()).service);
  EXPECT_FALSE(shared_.v4.locals.find(ip("10.100.0.2").v4()).service);
  EXPECT_TRUE(shared_.v4.locals.find(ip("10.100.0.2").v4()).retired);
  // All places are free again.
  EXPECT_TRUE(set({service("c", {"10.100.0.2", "10.100.0.3"}, {})}).ok());
}

TEST_F(TableWriterTest, AnEndpointKeepsItsSlotWhileItIsTheSame) {
  ASSERT_TRUE(set({service("a", {"10.100.0.1"}, {"192.168.1.1", "192.168.1.2"})}).ok());
  const EndpointRef first = ref("a", 0), second = ref("a", 1);
  int appeared = 0;
  on_new_ = [&](EndpointRef) { ++appeared; };
  // Another order, another frontend, no longer for new connections: still the same endpoint.
  ServicePort changed = service("a", {"10.100.0.2"}, {"192.168.1.2", "192.168.1.1"});
  changed.endpoints[0].accepts_new = false;
  ASSERT_TRUE(set({changed}).ok());
  EXPECT_EQ(ref("a", 0), second);
  EXPECT_EQ(ref("a", 1), first);
  EXPECT_EQ(appeared, 0);
  EXPECT_EQ(writer_.service_port_of(first), "a");

  // Another identity, though the address is the same: another endpoint.
  changed.endpoints[1].identity = "other";
  ASSERT_TRUE(set({changed}).ok());
  EXPECT_EQ(appeared, 1);
  EXPECT_FALSE(shared_.endpoints.exists(first));
  EXPECT_EQ(writer_.service_port_of(first), "");
  EXPECT_EQ(writer_.service_port_of(ref("a", 1)), "a");
}

TEST_F(TableWriterTest, ChangesWithoutNumberTakeNoRoom) {
  for (int i = 0; i < 50; ++i) {
    ServicePort port =
        service("a", {i % 2 == 0 ? "10.100.0.1" : "10.100.0.2"}, {"192.168.1.1", "192.168.1.2"});
    for (Endpoint& endpoint : port.endpoints) endpoint.identity = std::to_string(i);
    TableChange change;
    change.set_service_ports = {port};
    change.set_routes = {
        {prefix("192.168.1.0/24"), ip("10.12.22." + std::to_string(100 + i)), std::nullopt},
        {prefix("192.168.2.0/24"), ip("10.12.22." + std::to_string(200 + i)), std::nullopt}};
    ASSERT_TRUE(apply(change).ok()) << i;
    const auto* hop = shared_.v4.routes.find(ip("192.168.2.4").v4());
    ASSERT_NE(hop, nullptr);
    EXPECT_EQ(IpAddress(hop->gateway).to_string(), "10.12.22." + std::to_string(200 + i));
  }
  EXPECT_EQ(shared_.endpoints.size(), 2u);
  EXPECT_EQ(shared_.v4.services.size(), 1u);
}

}  // namespace
}  // namespace portico
