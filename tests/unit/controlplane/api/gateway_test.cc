// What people and scripts ask.

#include "tests/unit/controlplane/api/gateway_fixture.h"

namespace portico {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST_F(GatewayTest, AServiceWithItsEndpointsAndTheirCounters) {
  const auto client = push("kubernetes");
  v1::PushRequest draining = set_endpoint("default/web", "uid-2", "192.168.1.3");
  draining.mutable_set()->mutable_endpoint()->set_state(v1::Endpoint::STATE_DRAINING);
  draining.mutable_set()->mutable_endpoint()->set_node("k8s-worker-1");
  client->ask(set_service("default/web", "10.100.3.59"),
              set_endpoint("default/web", "uid-1", "192.168.1.4"), draining, sync(1));
  data_plane_.counters["default/web:http/IPv4"] = {{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12}};

  v1::GetServiceRequest request;
  request.set_name("default/web");
  const auto [status, view] = GetService(request);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(view.source(), "kubernetes");
  EXPECT_EQ(view.service().addresses(0).address(), "10.100.3.59");
  EXPECT_EQ(view.service().addresses(0).kind(), v1::ServiceAddress::KIND_CLUSTER_IP);
  EXPECT_EQ(view.service().selection(), v1::SELECTION_RANDOM);
  EXPECT_EQ(view.service().source_address(), v1::SOURCE_ADDRESS_MASQUERADE);
  ASSERT_EQ(view.endpoints_size(), 2);
  const v1::EndpointView& first = view.endpoints(0);
  EXPECT_EQ(first.name(), "uid-2");
  EXPECT_EQ(first.node(), "k8s-worker-1");
  EXPECT_EQ(first.port_name(), "http");
  EXPECT_EQ(first.protocol(), v1::PROTOCOL_TCP);
  EXPECT_EQ(first.address(), "192.168.1.3");
  EXPECT_EQ(first.port(), 8080u);
  EXPECT_EQ(first.state(), v1::Endpoint::STATE_DRAINING);
  EXPECT_EQ(first.connections(), 1u);
  EXPECT_EQ(first.bytes_from_endpoint(), 6u);
  EXPECT_EQ(view.endpoints(1).name(), "uid-1");
  EXPECT_EQ(view.endpoints(1).connections(), 7u);

  request.set_name("default/other");
  EXPECT_EQ(GetService(request).first.error_code(), grpc::StatusCode::NOT_FOUND);
  request.set_name("");
  expect_invalid(GetService(request).first, "name");
}

TEST_F(GatewayTest, ServicesInPages) {
  push_services({"b/2", "a/1", "a-b/1", "b/1", "a/2"});
  v1::ListServicesRequest request;
  EXPECT_THAT(service_pages(request),
              ElementsAre(ElementsAre("a-b/1", "a/1", "a/2", "b/1", "b/2")));
  request.set_page_size(2);
  EXPECT_THAT(service_pages(request), ElementsAre(ElementsAre("a-b/1", "a/1"),
                                                  ElementsAre("a/2", "b/1"), ElementsAre("b/2")));
  request.set_namespace_("a");
  EXPECT_THAT(service_pages(request), ElementsAre(ElementsAre("a/1", "a/2")));
  request.set_namespace_("c");
  EXPECT_THAT(service_pages(request), ElementsAre(SizeIs(0)));
}

TEST_F(GatewayTest, APageGoesOnBehindAServiceThatIsGone) {
  push_services({"a/1", "a/2", "a/3"});
  v1::ListServicesRequest request;
  request.set_page_size(1);
  request.set_page_token(ListServices(request).second.next_page_token());
  v1::PushRequest erase;
  erase.mutable_delete_()->set_service("a/1");
  push("kubernetes")->ask(erase, sync(2));
  EXPECT_EQ(ListServices(request).second.services(0).service().name(), "a/2");
}

TEST_F(GatewayTest, PagesThatAreRefused) {
  push_services({"a/1", "a/2", "b/1"});
  v1::ListServicesRequest request;
  request.set_page_size(-1);
  expect_invalid(ListServices(request).first, "page_size");
  request.set_page_size(1);
  request.set_namespace_("a");
  const std::string token = ListServices(request).second.next_page_token();
  ASSERT_FALSE(token.empty());

  request.set_namespace_("b");  // a token of another request
  request.set_page_token(token);
  expect_invalid(ListServices(request).first, "page_token");
  v1::ListRoutesRequest routes;
  routes.set_page_token(token);
  expect_invalid(ListRoutes(routes).first, "page_token");
  for (const std::string& malformed : std::vector<std::string>{"x", "%%%", "MTIz"}) {
    routes.set_page_token(malformed);
    expect_invalid(ListRoutes(routes).first, "page_token");
  }
  v1::ListNeighborsRequest neighbors;
  neighbors.set_page_size(-5);
  expect_invalid(ListNeighbors(neighbors).first, "page_size");
}

TEST_F(GatewayTest, APageFitsIntoWhatAClientReceives) {
  const auto client = push("kubernetes");
  // Five Services of about half a MiB each.
  const std::string long_name(240, 'x');
  for (int s = 1; s <= 5; ++s) {
    const std::string name = "default/web-" + std::to_string(s);
    client->send(set_service(name, "10.0.0." + std::to_string(s)));
    for (int i = 0; i < 1800; ++i) {
      client->send(
          set_endpoint(name, long_name + std::to_string(i),
                       "192.168." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1)));
    }
  }
  ASSERT_TRUE(client->ask(sync(1)).has_acknowledgement());
  const auto pages = service_pages({});
  EXPECT_GT(pages.size(), 1u);
  std::size_t services = 0;
  for (const auto& page : pages) services += page.size();
  EXPECT_EQ(services, 5u);
}

TEST_F(GatewayTest, RoutesSortedAndInPages) {
  RouteInfo connected;
  connected.route.prefix = IpPrefix::parse("10.20.0.0/24").value();
  connected.route.port = "up";
  connected.port = "up";
  connected.origin = RouteInfo::Origin::kConnected;
  data_plane_.own_routes = {connected};
  push("kubernetes")
      ->ask(set_route("2001:db8::/32", "2001:db8:20::9"), set_route("192.168.0.0/16", "10.20.0.8"),
            set_route("10.20.0.0/16", "10.20.0.9"), sync(1));
  v1::ListRoutesRequest request;
  request.set_page_size(3);
  auto [status, page] = ListRoutes(request);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(page.routes_size(), 3);
  EXPECT_EQ(page.routes(0).route().prefix(), "10.20.0.0/16");
  EXPECT_EQ(page.routes(0).route().gateway(), "10.20.0.9");
  EXPECT_EQ(page.routes(0).origin(), v1::RouteView::ORIGIN_PUSHED);
  EXPECT_EQ(page.routes(1).route().prefix(), "10.20.0.0/24");
  EXPECT_EQ(page.routes(1).origin(), v1::RouteView::ORIGIN_CONNECTED);
  EXPECT_EQ(page.routes(1).out_port(), "up");
  EXPECT_EQ(page.routes(2).route().prefix(), "192.168.0.0/16");
  request.set_page_token(page.next_page_token());
  std::tie(status, page) = ListRoutes(request);
  ASSERT_EQ(page.routes_size(), 1);
  EXPECT_EQ(page.routes(0).route().prefix(), "2001:db8::/32");
  EXPECT_EQ(page.next_page_token(), "");
}

TEST_F(GatewayTest, ConnectionsStreamedFilteredAndLimited) {
  for (std::uint16_t i = 1; i <= 5; ++i) {
    ConnectionInfo& made = data_plane_.connections.emplace_back();
    made.owner = WorkerId{1};
    made.protocol = i == 5 ? Protocol::kUdp : Protocol::kTcp;
    made.client_address = address("10.20.0.10");
    made.client_port = port(static_cast<std::uint16_t>(40000 + i));
    made.service_address = address("10.100.3.59");
    made.service_port = port(80);
    made.source_address = address("10.12.22.1");
    made.source_port = port(1024);
    made.endpoint_address = address("192.168.1.3");
    made.endpoint_port = port(8080);
    made.state = "ESTABLISHED";
    made.idle = std::chrono::milliseconds(1500);
  }
  const auto list = [&](const v1::ListConnectionsRequest& request) {
    grpc::ClientContext context;
    const auto reader = gateway_->ListConnections(&context, request);
    std::vector<v1::Connection> connections;
    for (v1::Connection connection; reader->Read(&connection);) connections.push_back(connection);
    return std::pair(reader->Finish(), connections);
  };
  v1::ListConnectionsRequest request;
  EXPECT_THAT(list(request).second, SizeIs(5));
  request.mutable_filter()->set_protocol(v1::PROTOCOL_TCP);
  request.mutable_filter()->set_client("10.20.0.0/24");
  request.mutable_filter()->set_family(v1::IP_FAMILY_IPV4);
  EXPECT_THAT(list(request).second, SizeIs(4));
  request.set_limit(3);
  EXPECT_THAT(list(request).second, SizeIs(3));
  request.mutable_filter()->set_client_port(40002);
  const auto [status, found] = list(request);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].client().address(), "10.20.0.10");
  EXPECT_EQ(found[0].client().port(), 40002u);
  EXPECT_EQ(found[0].source().address(), "10.12.22.1");
  EXPECT_EQ(found[0].endpoint().port(), 8080u);
  EXPECT_EQ(found[0].worker(), 1u);
  EXPECT_EQ(found[0].idle().seconds(), 1);
  EXPECT_EQ(found[0].idle().nanos(), 500000000);

  request.mutable_filter()->set_client("10.20.0.1/24");
  expect_invalid(list(request).first, "filter.client");
  request.mutable_filter()->clear_client();
  request.mutable_filter()->set_client_port(70000);
  expect_invalid(list(request).first, "filter.client_port");

  v1::DeleteConnectionsRequest erase;
  expect_invalid(DeleteConnections(erase).first, "filter");
  erase.mutable_filter()->set_protocol(v1::PROTOCOL_UDP);
  EXPECT_EQ(DeleteConnections(erase).second.deleted(), 1u);
  erase.mutable_filter()->set_protocol(v1::PROTOCOL_UNSPECIFIED);
  expect_invalid(DeleteConnections(erase).first, "filter.protocol");
  erase.clear_filter();
  erase.set_all(true);
  EXPECT_EQ(DeleteConnections(erase).second.deleted(), 4u);
}

TEST_F(GatewayTest, NeighborsPortsCountersDrops) {
  data_plane_.neighbor_list = {
      {address("10.12.22.151"), "down", MacAddress{{2, 0, 0, 0, 0, 1}}, "REACHABLE",
       std::chrono::seconds(3), 0},
      {address("10.12.22.150"), "down", std::nullopt, "INCOMPLETE", std::chrono::seconds(1), 2}};
  const auto [status, neighbors] = ListNeighbors({});
  ASSERT_EQ(neighbors.neighbors_size(), 2);
  EXPECT_EQ(neighbors.neighbors(0).address(), "10.12.22.150");
  EXPECT_EQ(neighbors.neighbors(0).mac(), "");
  EXPECT_EQ(neighbors.neighbors(0).queued_packets(), 2u);
  EXPECT_EQ(neighbors.neighbors(1).mac(), "02:00:00:00:00:01");

  PortInfo up;
  up.name = "up";
  up.uplink = true;
  up.addresses = {"10.20.0.1/24"};
  up.mtu = 1500;
  up.kernel_interface = "pt-up";
  up.to_kernel_packets = 5;
  up.from_kernel_packets = 6;
  data_plane_.port_list = {up};
  const auto ports = ListPorts({}).second;
  ASSERT_EQ(ports.ports_size(), 1);
  EXPECT_EQ(ports.ports(0).name(), "up");
  EXPECT_TRUE(ports.ports(0).uplink());
  EXPECT_FALSE(ports.ports(0).downlink());
  EXPECT_EQ(ports.ports(0).addresses(0), "10.20.0.1/24");
  EXPECT_EQ(ports.ports(0).kernel_interface(), "pt-up");
  EXPECT_EQ(ports.ports(0).to_kernel_packets(), 5u);
  EXPECT_EQ(ports.ports(0).from_kernel_packets(), 6u);

  data_plane_.workers = {{WorkerId{0}, 10, 5, 3, 1, 1}, {WorkerId{1}, 20, 20}};
  data_plane_.cycles = {{WorkerId{1}, 4, 128, {{"receive", 1280}, {"settle", 6400}}}};
  const auto counters = GetCounters({}).second;
  ASSERT_EQ(counters.workers_size(), 2);
  EXPECT_EQ(counters.workers(0).dropped(), 3u);
  EXPECT_EQ(counters.workers(1).worker(), 1u);
  ASSERT_EQ(counters.cycles_size(), 1);
  EXPECT_EQ(counters.cycles(0).worker(), 1u);
  EXPECT_EQ(counters.cycles(0).bursts(), 4u);
  EXPECT_EQ(counters.cycles(0).packets(), 128u);
  ASSERT_EQ(counters.cycles(0).stages_size(), 2);
  EXPECT_EQ(counters.cycles(0).stages(1).stage(), "settle");
  EXPECT_EQ(counters.cycles(0).stages(1).cycles(), 6400u);
  EXPECT_EQ(GetStatus({}).second.workers(), 2u);
  EXPECT_EQ(GetStatus({}).second.version(), PORTICO_VERSION);

  data_plane_.drop_counts = {{DropReason::no_route, 4, 2}};
  const auto drops = ListDrops({}).second;
  ASSERT_EQ(drops.drops_size(), 1);
  EXPECT_EQ(drops.drops(0).reason(), "no_route");
  EXPECT_EQ(drops.drops(0).meaning(), "No route leads to the destination.");
  EXPECT_EQ(drops.drops(0).packets(), 4u);
  EXPECT_EQ(drops.drops(0).refused(), 2u);
}

}  // namespace
}  // namespace portico
