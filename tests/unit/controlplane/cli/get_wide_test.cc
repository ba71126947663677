// What a Service and the gateway tell beyond the usual columns.

#include "tests/unit/controlplane/cli/porticoctl.h"

namespace portico::cli {
namespace {

class GetWide : public PorticoctlTest {};

TEST_F(GetWide, WideServicesTellHowTheyAreServed) {
  gateway.services = {message<v1::ServiceView>(R"(
      service {
        name: "default/web"
        addresses { address: "10.100.3.59" source_address: SOURCE_ADDRESS_MASQUERADE_OFF_CLUSTER }
        addresses { address: "203.0.113.7" kind: KIND_LOAD_BALANCER_IP
                    traffic_policy: TRAFFIC_POLICY_LOCAL source_address: SOURCE_ADDRESS_PRESERVE
                    source_ranges: "10.0.0.0/8" source_ranges: "192.0.2.0/24" }
        addresses { kind: KIND_NODE_PORT traffic_policy: TRAFFIC_POLICY_LOCAL
                    source_address: SOURCE_ADDRESS_PRESERVE }
        ports { name: "http" protocol: PROTOCOL_TCP port: 80 node_port: 30080 }
        selection: SELECTION_MAGLEV maglev_table_size: 1021
        client_affinity { seconds: 10800 } health_check_port: 30100
      }
      source: "kubernetes")"),
                      message<v1::ServiceView>(R"(
      service {
        name: "default/plain" addresses { address: "10.100.3.60" }
        ports { protocol: PROTOCOL_TCP port: 80 } selection: SELECTION_LEAST_CONNECTIONS
      })")};
  EXPECT_NE(output("get services").find("  masquerade-off-cluster,preserve  "), std::string::npos);
  EXPECT_EQ(output("get services -o wide"),
            // clang-format off
      "NAME           CLUSTER-IP   EXTERNAL-IP  PORT(S)       ENDPOINTS  CONNECTIONS  OPEN  SELECTION          CLIENT-ADDRESS                                                                  SOURCE      POLICY                                                     AFFINITY  SOURCE-RANGES                             HEALTH-PORT\n"
      "default/web    10.100.3.59  203.0.113.7  80:30080/TCP        0/0            0     0  maglev:1021        cluster-ip=masquerade-off-cluster,load-balancer-ip=preserve,node-port=preserve  kubernetes  cluster-ip=cluster,load-balancer-ip=local,node-port=local  3h        load-balancer-ip=10.0.0.0/8+192.0.2.0/24        30100\n"
      "default/plain  10.100.3.60  -            80/TCP              0/0            0     0  least-connections  masquerade                                                                      -           cluster                                                    -         -                                                   -\n"
            // clang-format on
  );
}

TEST_F(GetWide, WideEndpointsTellTheirShare) {
  gateway.services = {message<v1::ServiceView>(R"(
      service { name: "default/web" }
      endpoints { name: "uid-1" port_name: "http" protocol: PROTOCOL_TCP address: "192.168.1.3"
                  port: 8080 state: STATE_ACTIVE local_state: STATE_DRAINING weight: 7
                  max_connections: 9 })")};
  EXPECT_NE(output("get endpoints -o wide").find("NAME   LOCAL     WEIGHT  LIMIT\n"),
            std::string::npos);
  EXPECT_NE(output("get endpoints -o wide").find("uid-1  draining       7      9\n"),
            std::string::npos);
}

TEST_F(GetWide, SnatTellsHowFullItIs) {
  *gateway.counters.add_snat() = message<v1::SnatCounters>(R"(
      worker: 1 family: IP_FAMILY_IPV4 addresses: "10.12.22.1" addresses: "10.12.22.2"
      candidates: 64512 connections: 1000 exhausted: 3 most_attempts: 128 fill: 0.754)");
  EXPECT_EQ(output("get snat"),
            // clang-format off
      "WORKER  FAMILY  ADDRESSES              CANDIDATES  FILL  MADE  EXHAUSTED  MOST-TRIES\n"
      "     1  IPv4    10.12.22.1,10.12.22.2       64512   75%  1000          3         128\n"
            // clang-format on
  );
}

TEST_F(GetWide, StagesTellWhereTheTimeGoes) {
  *gateway.counters.add_cycles() = message<v1::WorkerCycles>(R"(
      worker: 0 bursts: 4 packets: 128
      stages { stage: "receive" cycles: 1280 } stages { stage: "parse" cycles: 2560 }
      stages { stage: "find_service" } stages { stage: "settle" cycles: 6400 })");
  *gateway.counters.add_cycles() = message<v1::WorkerCycles>(R"(
      worker: 1 stages { stage: "receive" })");
  EXPECT_EQ(output("get stages"),
            "WORKER  STAGE         PACKETS  CYCLES/PACKET   SHARE\n"
            "     0  receive           128           10.0   12.5%\n"
            "     0  parse             128           20.0   25.0%\n"
            "     0  find_service      128            0.0    0.0%\n"
            "     0  settle            128           50.0   62.5%\n"
            "     0  all               128           80.0  100.0%\n");
  const std::string json = output("get stages -o json");
  EXPECT_NE(json.find("\"packets\": \"128\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"stage\": \"settle\""), std::string::npos) << json;
}

TEST_F(GetWide, ServicesAsJson) {
  gateway.services = {message<v1::ServiceView>(R"(
      service {
        name: "default/web"
        addresses { address: "10.100.0.1" }
        ports { protocol: PROTOCOL_TCP port: 80 }
      }
      endpoints { address: "192.168.1.3" port: 8080 state: STATE_ACTIVE connections: 3 })"),
                      message<v1::ServiceView>("service { name: 'default/empty' }")};
  const std::string web = R"({
  "service": {
   "name": "default/web",
   "addresses": [
    {
     "address": "10.100.0.1",
     "kind": "KIND_UNSPECIFIED",
     "trafficPolicy": "TRAFFIC_POLICY_UNSPECIFIED",
     "sourceAddress": "SOURCE_ADDRESS_UNSPECIFIED",
     "sourceRanges": []
    }
   ],
   "ports": [
    {
     "name": "",
     "protocol": "PROTOCOL_TCP",
     "port": 80,
     "nodePort": 0
    }
   ],
   "selection": "SELECTION_UNSPECIFIED",
   "sourceAddress": "SOURCE_ADDRESS_UNSPECIFIED",
   "maglevTableSize": 0,
   "healthCheckPort": 0
  },
  "source": "",
  "endpoints": [
   {
    "name": "",
    "node": "",
    "portName": "",
    "protocol": "PROTOCOL_UNSPECIFIED",
    "address": "192.168.1.3",
    "port": 8080,
    "state": "STATE_ACTIVE",
    "connections": "3",
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
 })";
  const std::string empty = R"({
  "service": {
   "name": "default/empty",
   "addresses": [],
   "ports": [],
   "selection": "SELECTION_UNSPECIFIED",
   "sourceAddress": "SOURCE_ADDRESS_UNSPECIFIED",
   "maglevTableSize": 0,
   "healthCheckPort": 0
  },
  "source": "",
  "endpoints": []
 })";
  EXPECT_EQ(output("get services -o json"), "[\n " + web + ",\n " + empty + "\n]\n");
}

}  // namespace
}  // namespace portico::cli
