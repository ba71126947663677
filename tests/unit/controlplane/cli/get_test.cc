#include "tests/unit/controlplane/cli/porticoctl.h"

namespace portico::cli {
namespace {

class Get : public PorticoctlTest {
 protected:
  void add_services() {
    gateway.services = {message<v1::ServiceView>(R"(
      service {
        name: "default/hello-world-service"
        addresses { address: "10.100.3.59" kind: KIND_CLUSTER_IP }
        addresses { address: "2001:db8:100::59" }
        addresses { address: "203.0.113.7" kind: KIND_LOAD_BALANCER_IP }
        ports { name: "http" protocol: PROTOCOL_TCP port: 80 }
      }
      source: "manifests"
      endpoints {
        name: "hello-1" node: "k8s-worker-1" port_name: "http" protocol: PROTOCOL_TCP
        address: "192.168.1.3" port: 8080 state: STATE_ACTIVE
        connections: 101 active_connections: 2
        packets_to_endpoint: 606 packets_from_endpoint: 505
        bytes_to_endpoint: 41208 bytes_from_endpoint: 1258291
      }
      endpoints {
        name: "hello-6" node: "k8s-worker-2" port_name: "http" protocol: PROTOCOL_TCP
        address: "2001:db8:2::4" port: 8080 state: STATE_DRAINING
        connections: 9
      })"),
                        message<v1::ServiceView>(R"(
      service {
        name: "kube-system/dns"
        addresses { address: "10.100.0.10" }
        ports { name: "dns" protocol: PROTOCOL_UDP port: 53 }
        ports { name: "dns-tcp" protocol: PROTOCOL_TCP port: 53 }
        selection: SELECTION_MAGLEV
        source_address: SOURCE_ADDRESS_PRESERVE
      }
      source: "kubernetes")"),
                        message<v1::ServiceView>(R"(
      service {
        name: "shop/web"
        addresses { address: "203.0.113.8" kind: KIND_EXTERNAL_IP }
        ports { protocol: PROTOCOL_SCTP port: 36412 }
      })")};
  }
};

TEST_F(Get, ServicesOfAllPages) {
  add_services();
  EXPECT_EQ(output("get services"),
            // clang-format off
      "NAME                         CLUSTER-IP                    EXTERNAL-IP  PORT(S)        ENDPOINTS  CONNECTIONS  OPEN  SELECTION  CLIENT-ADDRESS  SOURCE\n"
      "default/hello-world-service  10.100.3.59,2001:db8:100::59  203.0.113.7  80/TCP               1/2          110     2  random     masquerade      manifests\n"
      "kube-system/dns              10.100.0.10                   -            53/UDP,53/TCP        0/0            0     0  maglev     preserve        kubernetes\n"
      "shop/web                     -                             203.0.113.8  36412/SCTP           0/0            0     0  random     masquerade      -\n"
            // clang-format on
  );
}

TEST_F(Get, OneServiceByNameWithAndWithoutItsNamespace) {
  add_services();
  for (const char* line :
       {"get services kube-system/dns", "get services dns -n kube-system",
        "get services --namespace=kube-system dns", "get services -n kube-system"}) {
    EXPECT_EQ(output(line),
              // clang-format off
        "NAME             CLUSTER-IP   EXTERNAL-IP  PORT(S)        ENDPOINTS  CONNECTIONS  OPEN  SELECTION  CLIENT-ADDRESS  SOURCE\n"
        "kube-system/dns  10.100.0.10  -            53/UDP,53/TCP        0/0            0     0  maglev     preserve        kubernetes\n"
              // clang-format on
              )
        << line;
  }
}

TEST_F(Get, KubectlsNamesAreUnderstood) {
  add_services();
  EXPECT_EQ(output("get svc"), output("get services"));
  EXPECT_EQ(output("get service dns -n kube-system"), output("get services kube-system/dns"));
  EXPECT_EQ(output("get ep"), output("get endpoints"));
}

TEST_F(Get, AServiceMayBeCalledLikeACommand) {
  gateway.services = {message<v1::ServiceView>("service { name: 'default/status' }")};
  EXPECT_EQ(output("get services status -o json").substr(0, 44),
            "{\n \"service\": {\n  \"name\": \"default/status\",\n");
}

TEST_F(Get, Endpoints) {
  add_services();
  EXPECT_EQ(
      output("get endpoints hello-world-service"),
      // clang-format off
      "SERVICE                      PORT  ENDPOINT              PROTOCOL  STATE     NODE          CONNECTIONS  OPEN  PACKETS-TO  PACKETS-FROM  BYTES-TO  BYTES-FROM  NAME\n"
      "default/hello-world-service  http  192.168.1.3:8080      TCP       active    k8s-worker-1          101     2         606           505  40.2 KiB     1.2 MiB  hello-1\n"
      "default/hello-world-service  http  [2001:db8:2::4]:8080  TCP       draining  k8s-worker-2            9     0           0             0       0 B         0 B  hello-6\n"
      // clang-format on
  );
}

TEST_F(Get, EndpointsAsJsonNameTheirService) {
  gateway.services = {message<v1::ServiceView>(R"(
      service { name: "default/web" }
      endpoints { name: "a" address: "192.168.1.3" port: 8080 state: STATE_ACTIVE })")};
  EXPECT_EQ(output("get endpoints -o json"), R"([
 {
  "service": "default/web",
  "name": "a",
  "node": "",
  "portName": "",
  "protocol": "PROTOCOL_UNSPECIFIED",
  "address": "192.168.1.3",
  "port": 8080,
  "state": "STATE_ACTIVE",
  "connections": "0",
  "activeConnections": "0",
  "packetsToEndpoint": "0",
  "packetsFromEndpoint": "0",
  "bytesToEndpoint": "0",
  "bytesFromEndpoint": "0",
  "localState": "STATE_UNSPECIFIED",
  "weight": 0,
  "maxConnections": 0
 }
]
)");
}

TEST_F(Get, RoutesInTheOrderOfTheirPrefixes) {
  gateway.routes = {
      message<v1::RouteView>("route { prefix: '2001:db8::/32' gateway: 'fe80::1' port: 'down0' } "
                             "out_port: 'down0' origin: ORIGIN_CONFIGURED"),
      message<v1::RouteView>("route { prefix: '192.168.1.0/24' gateway: '10.12.22.151' } "
                             "out_port: 'down0' origin: ORIGIN_PUSHED"),
      message<v1::RouteView>("route { prefix: '10.0.0.0/16' gateway: '10.12.22.1' }"),
      message<v1::RouteView>("route { prefix: '10.0.0.0/8' gateway: '10.12.22.1' }"),
      message<v1::RouteView>("route { prefix: '9.0.0.0/8' port: 'up0' } out_port: 'up0' "
                             "origin: ORIGIN_CONNECTED")};
  EXPECT_EQ(output("get routes"),
            "PREFIX          GATEWAY       PORT   ORIGIN\n"
            "9.0.0.0/8       -             up0    connected\n"
            "10.0.0.0/8      10.12.22.1    -      unspecified\n"
            "10.0.0.0/16     10.12.22.1    -      unspecified\n"
            "192.168.1.0/24  10.12.22.151  down0  pushed\n"
            "2001:db8::/32   fe80::1       down0  configured\n");
  gateway.routes.resize(1);
  EXPECT_EQ(output("get routes --output=JSON"), R"([
 {
  "route": {
   "prefix": "2001:db8::/32",
   "gateway": "fe80::1",
   "port": "down0",
   "nextHops": []
  },
  "outPort": "down0",
  "origin": "ORIGIN_CONFIGURED"
 }
]
)");
}

TEST_F(Get, Neighbors) {
  gateway.neighbors = {
      message<v1::Neighbor>("address: '10.20.0.10' port: 'up0' mac: '02:00:00:00:20:10' "
                            "state: 'REACHABLE' age { seconds: 63 }"),
      message<v1::Neighbor>("address: '10.12.22.152' port: 'down0' state: 'INCOMPLETE' "
                            "age { nanos: 250000000 } queued_packets: 4"),
      message<v1::Neighbor>("address: '10.12.22.19' port: 'down0' mac: '02:00:00:00:22:19' "
                            "state: 'STALE' age { seconds: 93784 }")};
  EXPECT_EQ(output("get neighbors"),
            "ADDRESS       PORT   MAC                STATE         AGE  QUEUED\n"
            "10.12.22.19   down0  02:00:00:00:22:19  STALE        1d2h       0\n"
            "10.12.22.152  down0  -                  INCOMPLETE  250ms       4\n"
            "10.20.0.10    up0    02:00:00:00:20:10  REACHABLE    1m3s       0\n");
  gateway.neighbors.resize(1);
  EXPECT_EQ(output("get neighbors -o json"), R"([
 {
  "address": "10.20.0.10",
  "port": "up0",
  "mac": "02:00:00:00:20:10",
  "state": "REACHABLE",
  "queuedPackets": 0,
  "age": "63s"
 }
]
)");
}

TEST_F(Get, Ports) {
  gateway.ports = message<v1::ListPortsResponse>(R"(
      ports {
        name: "up0" device: "net_af_packet0,iface=up0" driver: "net_af_packet"
        mac: "02:00:00:00:20:01" addresses: "10.20.0.1/24" addresses: "2001:db8:20::1/64"
        uplink: true link_up: true mtu: 1500 rx_queues: 1
        rx_packets: 1234 rx_bytes: 5368709120 rx_missed: 7 tx_packets: 99 tx_bytes: 1023
        kernel_interface: "pt-up0" to_kernel_packets: 12 from_kernel_packets: 3456
      }
      ports { name: "both0" uplink: true downlink: true })");
  EXPECT_EQ(output("get ports"),
            // clang-format off
      "NAME   LINK  ROLES            ADDRESSES                       MAC                 MTU  RX-PACKETS  RX-BYTES  RX-MISSED  TX-PACKETS  TX-BYTES  RX-QUEUES  KERNEL  TO-KERNEL  FROM-KERNEL  DRIVER         DEVICE\n"
      "up0    up    uplink           10.20.0.1/24,2001:db8:20::1/64  02:00:00:00:20:01  1500        1234   5.0 GiB          7          99    1023 B          1  pt-up0         12         3456  net_af_packet  net_af_packet0,iface=up0\n"
      "both0  down  uplink,downlink  -                               -                     0           0       0 B          0           0       0 B          0  -               0            0  -              -\n"
            // clang-format on
  );
  EXPECT_EQ(output("get ports -o json").substr(0, 22), "[\n {\n  \"name\": \"up0\",\n");
}

TEST_F(Get, DropsThatHappenedTheMostFrequentFirst) {
  gateway.drops = message<v1::ListDropsResponse>(R"(
      drops { reason: "ip_truncated" meaning: "Too short." packets: 2 }
      drops { reason: "no_route" meaning: "No route leads there." packets: 10 }
      drops { reason: "transmit_full" meaning: "The queue is full." }
      drops { reason: "ttl_exceeded" meaning: "It ended here." packets: 1 refused: 2 })");
  EXPECT_EQ(output("get drops"),
            "REASON        DROPPED  REFUSED  MEANING\n"
            "no_route           10        0  No route leads there.\n"
            "ttl_exceeded        1        2  It ended here.\n"
            "ip_truncated        2        0  Too short.\n");
  EXPECT_EQ(output("get drops --all"),
            "REASON         DROPPED  REFUSED  MEANING\n"
            "no_route            10        0  No route leads there.\n"
            "ttl_exceeded         1        2  It ended here.\n"
            "ip_truncated         2        0  Too short.\n"
            "transmit_full        0        0  The queue is full.\n");
}

TEST_F(Get, DropsAsJsonKeepTheListsOrder) {
  gateway.drops = message<v1::ListDropsResponse>(R"(
      drops { reason: "ip_truncated" meaning: "Too short." packets: 2 }
      drops { reason: "transmit_full" meaning: "The queue is full." })");
  EXPECT_EQ(output("get drops -o json"), R"([
 {
  "reason": "ip_truncated",
  "meaning": "Too short.",
  "packets": "2",
  "refused": "0"
 }
]
)");
  EXPECT_EQ(output("get drops -o json -a"), R"([
 {
  "reason": "ip_truncated",
  "meaning": "Too short.",
  "packets": "2",
  "refused": "0"
 },
 {
  "reason": "transmit_full",
  "meaning": "The queue is full.",
  "packets": "0",
  "refused": "0"
 }
]
)");
}

TEST_F(Get, CountersOfOneWorker) {
  gateway.counters = message<v1::Counters>(R"(
      workers { received: 100 sent: 90 dropped: 6 punted: 4 connections_made: 12
                connections_expired: 3 connections_evicted: 2 connections_open: 9 connection_capacity: 262144
                polls: 1000 empty_polls: 968 })");
  EXPECT_EQ(output("get counters"),
            // clang-format off
      "WORKER  RECEIVED  SENT  DROPPED  PUNTED  HANDED-OVER  CONNECTIONS  MADE  EXPIRED  EVICTED  BUSY-POLLS\n"
      "     0       100    90        6       4            0     9/262144    12        3        2        3.2%\n"
            // clang-format on
  );
}

TEST_F(Get, CountersOfSeveralWorkersAreSummed) {
  gateway.counters = message<v1::Counters>(R"(
      workers { worker: 1 received: 20 handed_over: 20 connections_open: 2 connection_capacity: 8 }
      workers { received: 100 sent: 100 connections_open: 3 connection_capacity: 8
                polls: 4 empty_polls: 1 })");
  EXPECT_EQ(output("get counters"),
            // clang-format off
      "WORKER  RECEIVED  SENT  DROPPED  PUNTED  HANDED-OVER  CONNECTIONS  MADE  EXPIRED  EVICTED  BUSY-POLLS\n"
      "     0       100   100        0       0            0          3/8     0        0        0       75.0%\n"
      "     1        20     0        0       0           20          2/8     0        0        0           -\n"
      "   all       120   100        0       0           20         5/16     0        0        0       75.0%\n"
            // clang-format on
  );
  EXPECT_EQ(output("get counters -o json").substr(0, 39),
            "[\n {\n  \"worker\": 1,\n  \"received\": \"20\",");
}

TEST_F(Get, Status) {
  gateway.status = message<v1::Status>(R"(
      version: "0.1.0" uptime { seconds: 3723 } workers: 2
      sources { name: "manifests" user_agent: "portico-controller/0.1.0" streams: 1 revision: 7
                age { seconds: 12 } services: 1 endpoints: 3 routes: 2 refusals: 4 }
      sources { name: "b" })");
  EXPECT_EQ(output("get status"),
            // clang-format off
      "Version:  0.1.0\n"
      "Uptime:   1h2m\n"
      "Workers:  2\n"
      "\n"
      "SOURCE     REVISION  AGE  SERVICES  ENDPOINTS  ROUTES  REFUSALS  STREAMS  CONTROLLER\n"
      "manifests         7  12s         1          3       2         4        1  portico-controller/0.1.0\n"
      "b                 0    -         0          0       0         0        0  -\n"
            // clang-format on
  );
}

TEST_F(Get, StatusAsJson) {
  gateway.status = message<v1::Status>("version: '0.1.0' uptime { seconds: 1 nanos: 500000000 }");
  EXPECT_EQ(output("get status -o json"), R"({
 "version": "0.1.0",
 "workers": 0,
 "sources": [],
 "uptime": "1.500s"
}
)");
  EXPECT_EQ(output("get status"),
            "Version:  0.1.0\nUptime:   1s\nWorkers:  0\n\nNo controller has pushed anything.\n");
}

TEST_F(Get, EmptyListsSaySoBesideTheOutput) {
  for (const char* what :
       {"services", "endpoints", "connections", "routes", "neighbors", "ports", "drops"}) {
    const Result table = ask(absl::StrCat("get ", what));
    EXPECT_EQ(table.code, 0) << what;
    EXPECT_EQ(table.out, "") << what;
    EXPECT_EQ(table.error, absl::StrCat("No ", what, ".\n"));
    EXPECT_EQ(output(absl::StrCat("get ", what, " -o json")), "[]\n");
  }
}

TEST_F(Get, NamesFromOutsideDoNotReachTheTerminalAsControls) {
  gateway.drops = message<v1::ListDropsResponse>(
      "drops { reason: 'x\\033[2J' meaning: 'n\\303\\266\\u2192' packets: 1 }");
  EXPECT_EQ(output("get drops"),
            "REASON  DROPPED  REFUSED  MEANING\nx?[2J         1        0  nö→\n");
}

}  // namespace
}  // namespace portico::cli
