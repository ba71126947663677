// What is left after a restart.

#include "controlplane/api/state_file.h"
#include "gmock/gmock.h"
#include "tests/unit/controlplane/api/api_fixture.h"

namespace portico {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StateTest : public ApiTest {
 protected:
  std::string path(const std::string& source) const {
    return options_.state_directory + "/" + source + ".state";
  }
  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  void push_something() {
    start();
    push("kubernetes")
        ->ask(set_service("default/web", "10.100.3.59"), set_service("default/dns", "10.100.3.60"),
              set_endpoint("default/web", "uid-1", "192.168.1.3"),
              set_endpoint("default/later", "uid-2", "192.168.1.4"),
              set_route("192.168.1.0/24", "10.12.22.151"), sync(7));
    push("operator")->ask(set_service("ops/tool", "10.200.0.1"), sync(3));
  }
};

TEST_F(StateTest, ARestartedGatewayHasItsTablesBeforeItListens) {
  push_something();
  restart();
  EXPECT_EQ(new_data_plane_->service_ports(), data_plane_.service_ports());
  EXPECT_EQ(new_data_plane_->route_table(), data_plane_.route_table());
  EXPECT_EQ(new_data_plane_->service_ports().size(), 3u);
  EXPECT_FALSE(std::filesystem::exists(options_.api.socket));

  ASSERT_TRUE(control_->serve().ok());
  channel_ = grpc::CreateCustomChannel("unix:" + options_.api.socket,
                                       grpc::InsecureChannelCredentials(), own_connection());
  PushClient client(channel_);
  EXPECT_EQ(client.ask(open_as("kubernetes")).opened().revision(), 7u);
  // The endpoint that was held is still there.
  client.ask(set_service("default/later", "10.100.3.61"), sync(8));
  const auto ports = new_data_plane_->service_ports();
  EXPECT_EQ(ports.at("default/later:http/IPv4").endpoints.size(), 1u);
  // Everything again, as a controller does: no change, and no file need be written for the tables.
  const int applied = new_data_plane_->applied();
  client.ask(reset(), set_service("default/web", "10.100.3.59"),
             set_service("default/dns", "10.100.3.60"), set_service("default/later", "10.100.3.61"),
             set_endpoint("default/web", "uid-1", "192.168.1.3"),
             set_endpoint("default/later", "uid-2", "192.168.1.4"),
             set_route("192.168.1.0/24", "10.12.22.151"), sync(9));
  EXPECT_EQ(new_data_plane_->applied(), applied);
}

TEST_F(StateTest, EverythingThatAServiceSaysComesBack) {
  options_.facts.node_ports.addresses = {IpAddress::parse("10.20.0.1").value()};
  start();
  v1::PushRequest set = set_service("default/web", "10.100.3.59");
  v1::Service& service = *set.mutable_set()->mutable_service();
  service.mutable_addresses(0)->set_traffic_policy(v1::TRAFFIC_POLICY_LOCAL);
  service.mutable_addresses(0)->add_source_ranges("10.0.0.0/8");
  service.add_addresses()->set_kind(v1::ServiceAddress::KIND_NODE_PORT);
  service.mutable_ports(0)->set_node_port(30080);
  service.set_source_address(v1::SOURCE_ADDRESS_MASQUERADE_OFF_CLUSTER);
  service.set_selection(v1::SELECTION_ROUND_ROBIN);
  service.set_maglev_table_size(509);
  service.mutable_client_affinity()->set_seconds(10800);
  v1::PushRequest pod = set_endpoint("default/web", "uid-1", "192.168.1.3");
  pod.mutable_set()->mutable_endpoint()->set_local_state(v1::Endpoint::STATE_ACTIVE);
  pod.mutable_set()->mutable_endpoint()->set_weight(7);
  pod.mutable_set()->mutable_endpoint()->set_max_connections(9);
  EXPECT_TRUE(push("kubernetes")->ask(set, pod, sync(7)).has_acknowledgement());
  restart();
  const auto ports = new_data_plane_->service_ports();
  EXPECT_EQ(ports, data_plane_.service_ports());
  ASSERT_EQ(ports.size(), 1u);
  const ServicePort& port = ports.begin()->second;
  EXPECT_EQ(port.selection, Selection::kRoundRobin);
  EXPECT_EQ(port.frontends.at(1).port, L4Port::from_host(30080));
  EXPECT_EQ(port.endpoints.at(0).weight, 7u);
}

TEST_F(StateTest, ADamagedFileIsSetAsideAndTheOthersAreRestored) {
  push_something();
  control_.reset();
  const std::string good = read(path("kubernetes"));
  ASSERT_GT(good.size(), 100u);
  std::string flipped = good;
  flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 1);
  write(path("kubernetes"), flipped);
  restart();
  EXPECT_EQ(new_data_plane_->service_ports().size(), 1u);  // the other source's
  EXPECT_FALSE(std::filesystem::exists(path("kubernetes")));
  EXPECT_EQ(read(path("kubernetes") + ".damaged"), flipped);
}

TEST_F(StateTest, EveryCutAndEverySpoiledByteIsNoticed) {
  const google::protobuf::LogSilencer silent;  // it tells each string that is no UTF-8
  push_something();
  control_.reset();
  const std::string good = read(path("kubernetes"));
  const std::string damaged = folder_ + "/damaged.state";
  for (std::size_t size = 0; size < good.size(); ++size) {
    write(damaged, good.substr(0, size));
    EXPECT_TRUE(absl::IsDataLoss(read_state_file(damaged).status())) << "cut at " << size;
  }
  // One bit of each byte, every bit of those that tell the rest to be good.
  std::size_t step = 9;
  for (std::size_t bit = 0; bit < good.size() * 8; bit += step) {
    if (bit / 8 + 24 > good.size()) step = 1;
    std::string flipped = good;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    write(damaged, flipped);
    EXPECT_FALSE(read_state_file(damaged).ok()) << "bit " << bit;
  }
  write(damaged, good + "x");
  EXPECT_TRUE(absl::IsDataLoss(read_state_file(damaged).status()));
}

TEST_F(StateTest, AFileUnderAnotherSourcesNameIsDamaged) {
  push_something();
  control_.reset();
  std::filesystem::copy_file(path("operator"), path("impostor"));
  restart();
  EXPECT_EQ(new_data_plane_->service_ports().size(), 3u);
  EXPECT_TRUE(std::filesystem::exists(path("impostor") + ".damaged"));
}

TEST_F(StateTest, WhatIsNoLongerValidIsLeftOut) {
  push_something();
  // The gateway has got the address of a Service.
  options_.facts.addresses.insert(IpAddress::parse("10.100.3.60").value());
  restart();
  const auto ports = new_data_plane_->service_ports();
  EXPECT_TRUE(ports.contains("default/web:http/IPv4"));
  EXPECT_FALSE(ports.contains("default/dns:http/IPv4"));
  EXPECT_TRUE(ports.contains("ops/tool:http/IPv4"));
}

TEST_F(StateTest, AnEmptyDirectoryKeepsNothing) {
  options_.state_directory = "";
  push_something();
  restart();
  EXPECT_THAT(new_data_plane_->service_ports(), IsEmpty());
}

TEST_F(StateTest, ADirectoryThatCannotBeIsAnErrorAtStart) {
  write(folder_ + "/occupied", "");
  options_.state_directory = folder_ + "/occupied";
  control_ = std::make_unique<ControlPlane>(data_plane_, options_);
  control_->restore();
  const absl::Status status = control_->serve();
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("state_directory " + options_.state_directory + " can't be used: "));
}

TEST_F(StateTest, AFailedWriteLeavesTheOldFile) {
  SourceSnapshot snapshot;
  snapshot.source = "a";
  snapshot.revision = 1;
  const std::string path = folder_ + "/a.state";
  ASSERT_TRUE(write_state_file(path, snapshot).ok());
  std::filesystem::create_directory(path + ".tmp");  // in the way
  snapshot.revision = 2;
  const absl::Status status = write_state_file(path, snapshot);
  EXPECT_THAT(std::string(status.message()), HasSubstr(path + ".tmp"));
  EXPECT_EQ(read_state_file(path)->revision, 1u);
}

TEST_F(StateTest, ALongFileIsWrittenInPieces) {
  SourceSnapshot snapshot;
  snapshot.source = "a";
  for (int i = 0; i < 1000; ++i) {
    store::Endpoint endpoint;
    endpoint.name = "uid-" + std::to_string(i);
    endpoint.service = "default/web";
    snapshot.endpoints.push_back(std::make_shared<const store::Endpoint>(endpoint));
  }
  const std::string path = folder_ + "/a.state";
  int pieces = 0;
  ASSERT_TRUE(write_state_file(path, snapshot, [&] {
                ++pieces;
                EXPECT_FALSE(std::filesystem::exists(path));  // it is there as a whole, or not
              }).ok());
  EXPECT_GE(pieces, 10);
  EXPECT_EQ(read_state_file(path)->endpoints.size(), 1000u);
}

}  // namespace
}  // namespace portico
