#include <chrono>
#include <thread>

#include "tests/unit/controlplane/cli/porticoctl.h"

namespace portico::cli {
namespace {

class Connections : public PorticoctlTest {
 protected:
  // As a gateway tells them, in no order.
  void add_connections() {
    gateway.connections = {message<v1::Connection>(R"(
          protocol: PROTOCOL_UDP
          client { address: "2001:db8:20::10" port: 5353 }
          service { address: "2001:db8:100::10" port: 53 }
          source { address: "2001:db8:12::1" port: 1024 }
          endpoint { address: "2001:db8:1::4" port: 53 }
          state: "UNREPLIED" idle {} expires_in { seconds: 30 } packets_to_endpoint: 1 worker: 1)"),
                           message<v1::Connection>(R"(
          protocol: PROTOCOL_TCP
          client { address: "10.20.0.10" port: 40001 }
          service { address: "10.100.3.59" port: 80 }
          source { address: "10.12.22.1" port: 31744 }
          endpoint { address: "192.168.2.4" port: 8080 }
          service_port_id: "default/hello-world-service:http/IPv4"
          state: "ESTABLISHED" idle { seconds: 3 } expires_in { seconds: 86397 }
          packets_to_endpoint: 6 packets_from_endpoint: 4)"),
                           message<v1::Connection>(R"(
          protocol: PROTOCOL_TCP
          client { address: "10.20.0.9" port: 50000 }
          service { address: "10.100.3.59" port: 80 }
          state: "TIME_WAIT" idle { seconds: 119 nanos: 999999999 } expires_in { nanos: 1000000 })")};
  }
};

TEST_F(Connections, InTheOrderOfServiceAddressesAndClients) {
  add_connections();
  EXPECT_EQ(
      output("get connections"),
      // clang-format off
      "PROTOCOL  CLIENT                  SERVICE-ADDRESS        SOURCE                 ENDPOINT            STATE         IDLE  EXPIRES-IN  PACKETS-TO  PACKETS-FROM  WORKER  SERVICE\n"
      "TCP       10.20.0.9:50000         10.100.3.59:80         -                      -                   TIME_WAIT    1m59s         1ms           0             0       0  -\n"
      "TCP       10.20.0.10:40001        10.100.3.59:80         10.12.22.1:31744       192.168.2.4:8080    ESTABLISHED     3s      23h59m           6             4       0  default/hello-world-service:http/IPv4\n"
      "UDP       [2001:db8:20::10]:5353  [2001:db8:100::10]:53  [2001:db8:12::1]:1024  [2001:db8:1::4]:53  UNREPLIED       0s         30s           1             0       1  -\n"
      // clang-format on
  );
}

TEST_F(Connections, AsOneJsonArray) {
  add_connections();
  gateway.connections.erase(gateway.connections.begin());
  EXPECT_EQ(output("get connections -o json"), R"([
 {
  "protocol": "PROTOCOL_TCP",
  "client": {
   "address": "10.20.0.10",
   "port": 40001
  },
  "service": {
   "address": "10.100.3.59",
   "port": 80
  },
  "source": {
   "address": "10.12.22.1",
   "port": 31744
  },
  "endpoint": {
   "address": "192.168.2.4",
   "port": 8080
  },
  "servicePortId": "default/hello-world-service:http/IPv4",
  "state": "ESTABLISHED",
  "packetsToEndpoint": "6",
  "packetsFromEndpoint": "4",
  "worker": 0,
  "idle": "3s",
  "expiresIn": "86397s"
 },
 {
  "protocol": "PROTOCOL_TCP",
  "client": {
   "address": "10.20.0.9",
   "port": 50000
  },
  "service": {
   "address": "10.100.3.59",
   "port": 80
  },
  "servicePortId": "",
  "state": "TIME_WAIT",
  "packetsToEndpoint": "0",
  "packetsFromEndpoint": "0",
  "worker": 0,
  "idle": "119.999999999s",
  "expiresIn": "0.001s"
 }
]
)");
}

constexpr char kEveryFilter[] =
    " --client 10.20.0.0/24 --client-port 40000 --service hello --service-address 10.100.3.59"
    " --service-port 80 --endpoint 192.168.1.3 --endpoint-port 8080 --protocol TCP --family ipv4";
constexpr char kEveryFilterAsMessage[] = R"(
    family: IP_FAMILY_IPV4
    protocol: PROTOCOL_TCP
    client: "10.20.0.0/24"
    client_port: 40000
    service_address: "10.100.3.59"
    service_port: 80
    endpoint_address: "192.168.1.3"
    endpoint_port: 8080
    service: "default/hello")";

TEST_F(Connections, EveryFilterReachesTheGateway) {
  ask(absl::StrCat("get connections --limit 7", kEveryFilter));
  EXPECT_EQ(gateway.asked_connections.filter().DebugString(),
            message<v1::ConnectionFilter>(kEveryFilterAsMessage).DebugString());
  EXPECT_EQ(gateway.asked_connections.limit(), 7u);
}

TEST_F(Connections, WithoutFilterAllAreAskedFor) {
  ask("get connections");
  EXPECT_EQ(gateway.asked_connections.filter().ByteSizeLong(), 0u);
  EXPECT_EQ(gateway.asked_connections.limit(), 0u);
}

TEST_F(Connections, AnErrorInTheMiddleOfTheStreamIsTold) {
  add_connections();
  gateway.error = absl::ResourceExhaustedError("too slow a reader");
  const Result table = ask("get connections");
  EXPECT_EQ(table.code, 1);
  EXPECT_EQ(table.out, "");
  EXPECT_EQ(table.error, "porticoctl: too slow a reader (RESOURCE_EXHAUSTED)\n");
}

TEST_F(Connections, AStreamThatStopsIsNotWaitedForForEver) {
  add_connections();
  gateway.silent = true;
  const Result result = ask("get connections --timeout 50ms");
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.error, "porticoctl: the gateway at " + gateway.address() +
                              " did not answer within 50ms (--timeout)\n");
}

// Somebody who reads slowly, such as a pager.
class SlowReader : public std::stringbuf {
 protected:
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return std::stringbuf::xsputn(text, size);
  }
};

TEST_F(Connections, ASlowReaderIsNotTakenForASlowGateway) {
  add_connections();
  gateway.connections.resize(6, gateway.connections[0]);
  SlowReader reader;
  std::ostream out(&reader);
  std::ostringstream error;
  environment.gateway = gateway.address();
  EXPECT_EQ(
      run({"get", "connections", "-o", "json", "--timeout", "500ms"}, environment, out, error),
      ExitCode::kSuccess)
      << error.str();
}

TEST_F(Connections, DeletedByFilter) {
  gateway.deleted = 1;
  EXPECT_EQ(output(absl::StrCat("delete connections", kEveryFilter)), "1 connection deleted\n");
  EXPECT_EQ(gateway.asked_delete.filter().DebugString(),
            message<v1::ConnectionFilter>(kEveryFilterAsMessage).DebugString());
  EXPECT_FALSE(gateway.asked_delete.all());
}

TEST_F(Connections, DeletedAllOnlyWhenToldSo) {
  gateway.deleted = 12;
  EXPECT_EQ(output("delete connections --all"), "12 connections deleted\n");
  EXPECT_TRUE(gateway.asked_delete.all());
  EXPECT_EQ(output("delete connections --all -o json"), "{\n \"deleted\": \"12\"\n}\n");
}

TEST_F(Connections, DeleteRefusesToGuess) {
  const Result none = ask("delete connections");
  EXPECT_EQ(none.code, 2);
  EXPECT_EQ(none.error,
            "porticoctl delete connections: no filter is given: choose connections by one, or say "
            "--all to end every one\nTry `porticoctl delete connections --help`.\n");
  const Result both = ask("delete connections --all --client-port 1");
  EXPECT_EQ(both.code, 2);
  EXPECT_EQ(both.error,
            "porticoctl delete connections: --all and a filter exclude each other\n"
            "Try `porticoctl delete connections --help`.\n");
}

TEST_F(Connections, WrongFiltersAreNamed) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"--client 10.20.0.0.1", "--client: \"10.20.0.0.1\" is no IP address"},
      {"--client-port 0", "--client-port: \"0\" is no number from 1 to 65535"},
      {"--service-port 65536", "--service-port: \"65536\" is no number from 1 to 65535"},
      {"--endpoint-port http", "--endpoint-port: \"http\" is no number from 1 to 65535"},
      {"--limit -1", "--limit: \"-1\" is no number from 1 to 4294967295"},
      {"--protocol icmp", "--protocol: \"icmp\" is none of tcp, udp, sctp"},
      {"--family 5", "--family: \"5\" is none of ipv4, ipv6"},
      {"--family", "--family needs a value"},
      {"--state ESTABLISHED", "unknown option --state"},
  };
  for (const auto& [arguments, expected] : cases) {
    const Result result = ask("get connections " + arguments);
    EXPECT_EQ(result.code, 2) << arguments;
    EXPECT_EQ(result.error, "porticoctl get connections: " + expected +
                                "\nTry `porticoctl get connections --help`.\n");
  }
}

}  // namespace
}  // namespace portico::cli
