#include "tests/unit/controlplane/cli/porticoctl.h"

namespace portico::cli {
namespace {

class Explain : public PorticoctlTest {
 protected:
  void answer_forward() {
    gateway.explanation = message<v1::ExplainResponse>(R"(
        steps { stage: "parse" decision: "IPv4, TCP, 40 bytes" }
        steps { stage: "pick_endpoint" decision: "192.168.1.4:8080, one of 3, at random" }
        steps { stage: "next_hop" decision: "192.168.1.0/24 via 10.12.22.151" }
        verdict: VERDICT_FORWARD out_port: "down0"
        source { address: "10.12.22.1" port: 1024 }
        destination { address: "192.168.1.4" port: 8080 })");
  }
  void answer_drop() {
    gateway.explanation = message<v1::ExplainResponse>(R"(
        worker: 1
        steps { stage: "parse" decision: "IPv4, TCP, 40 bytes" }
        steps { stage: "find_service" decision: "10.100.3.59 is a Service address, 81/TCP is none of its ports" }
        verdict: VERDICT_DROP
        drop_reason: "service_port_unknown"
        drop_meaning: "The destination is a Service address, but no Service has this protocol and port.")");
  }
};

TEST_F(Explain, TellsEachStageThePacketAndTheVerdict) {
  answer_forward();
  EXPECT_EQ(output("explain tcp 10.20.0.10:40000 10.100.3.59:80"),
            "TCP SYN  10.20.0.10:40000 -> 10.100.3.59:80\n"
            "arrives at the first uplink with TTL 64, worker 0 decides\n"
            "\n"
            "  parse          IPv4, TCP, 40 bytes\n"
            "  pick_endpoint  192.168.1.4:8080, one of 3, at random\n"
            "  next_hop       192.168.1.0/24 via 10.12.22.151\n"
            "\n"
            "  source       10.20.0.10:40000  ->  10.12.22.1:1024\n"
            "  destination  10.100.3.59:80    ->  192.168.1.4:8080\n"
            "\n"
            "FORWARD  leaves by port down0\n");
}

TEST_F(Explain, TellsWhyAPacketIsDropped) {
  answer_drop();
  EXPECT_EQ(output("explain 10.20.0.10 10.100.3.59:81 --in-port up1 --ttl 1 --flags fin,ack"),
            "TCP FIN,ACK  10.20.0.10:40000 -> 10.100.3.59:81\n"
            "arrives at up1 with TTL 1, worker 1 decides\n"
            "\n"
            "  parse         IPv4, TCP, 40 bytes\n"
            "  find_service  10.100.3.59 is a Service address, 81/TCP is none of its ports\n"
            "\n"
            "DROP  service_port_unknown\n"
            "      The destination is a Service address, but no Service has this protocol and "
            "port.\n");
}

TEST_F(Explain, TellsThatAndHowAPacketIsRefused) {
  gateway.explanation = message<v1::ExplainResponse>(R"(
      steps { stage: "pick_endpoint" decision: "refuse, service_has_no_endpoint: a TCP reset goes back" }
      verdict: VERDICT_REFUSE out_port: "up0"
      drop_reason: "service_has_no_endpoint"
      drop_meaning: "The Service has no endpoint that serves."
      source { address: "10.100.3.59" port: 80 }
      destination { address: "10.20.0.10" port: 40000 })");
  EXPECT_EQ(output("explain 10.20.0.10 10.100.3.59:80"),
            "TCP SYN  10.20.0.10:40000 -> 10.100.3.59:80\n"
            "arrives at the first uplink with TTL 64, worker 0 decides\n"
            "\n"
            "  pick_endpoint  refuse, service_has_no_endpoint: a TCP reset goes back\n"
            "\n"
            "  source       10.20.0.10:40000  ->  10.100.3.59:80\n"
            "  destination  10.100.3.59:80    ->  10.20.0.10:40000\n"
            "\n"
            "REFUSE  service_has_no_endpoint\n"
            "        The Service has no endpoint that serves.\n");
}

TEST_F(Explain, TellsWhatIsLeftAsItWas) {
  gateway.explanation = message<v1::ExplainResponse>(R"(
      steps { stage: "parse" decision: "IPv6, UDP" }
      verdict: VERDICT_FORWARD out_port: "down0"
      source { address: "2001:db8:20::10" port: 5353 }
      destination { address: "2001:db8:1::4" port: 53 })");
  EXPECT_EQ(output("explain udp [2001:db8:20::10]:5353 [2001:db8:100::10]:53"),
            "UDP  [2001:db8:20::10]:5353 -> [2001:db8:100::10]:53\n"
            "arrives at the first uplink with hop limit 64, worker 0 decides\n"
            "\n"
            "  parse  IPv6, UDP\n"
            "\n"
            "  source       [2001:db8:20::10]:5353  unchanged\n"
            "  destination  [2001:db8:100::10]:53   ->  [2001:db8:1::4]:53\n"
            "\n"
            "FORWARD  leaves by port down0\n");
}

TEST_F(Explain, TellsThatTheSlowPathTakesOver) {
  gateway.explanation = message<v1::ExplainResponse>(
      "steps { stage: 'next_hop' decision: 'no MAC address yet' } verdict: VERDICT_PUNT");
  EXPECT_EQ(output("explain sctp 10.20.0.10:1 10.100.3.59:2"),
            "SCTP INIT  10.20.0.10:1 -> 10.100.3.59:2\n"
            "arrives at the first uplink with TTL 64, worker 0 decides\n"
            "\n"
            "  next_hop  no MAC address yet\n"
            "\n"
            "PUNT  the slow path takes the packet over\n");
}

TEST_F(Explain, TellsWhereTheSlowPathSendsIt) {
  gateway.explanation = message<v1::ExplainResponse>("verdict: VERDICT_PUNT out_port: 'down0'");
  const std::string text = output("explain sctp 10.20.0.10:1 10.100.3.59:2");
  EXPECT_EQ(text.substr(text.find("PUNT")),
            "PUNT  the slow path takes the packet over, to send it by port down0\n");
}

TEST_F(Explain, TellsAnAnswerThatHasNoPorts) {
  gateway.explanation = message<v1::ExplainResponse>(R"(
      verdict: VERDICT_FORWARD out_port: "up0"
      source { address: "10.20.0.1" } destination { address: "10.20.0.10" })");
  const std::string text = output("explain tcp 10.20.0.10:40000 10.100.3.59:80 --ttl 1");
  EXPECT_EQ(text.substr(text.find("  source")),
            "  source       10.20.0.10:40000  ->  10.20.0.1\n"
            "  destination  10.100.3.59:80    ->  10.20.0.10\n"
            "\n"
            "FORWARD  leaves by port up0\n");
}

TEST_F(Explain, HasALineDownTheStagesWhereMoreThanAsciiIsWelcome) {
  answer_forward();
  environment.unicode = true;
  EXPECT_EQ(output("explain tcp 10.20.0.10:40000 10.100.3.59:80"),
            "TCP SYN  10.20.0.10:40000 → 10.100.3.59:80\n"
            "arrives at the first uplink with TTL 64, worker 0 decides\n"
            "\n"
            "  ┌ parse          IPv4, TCP, 40 bytes\n"
            "  ├ pick_endpoint  192.168.1.4:8080, one of 3, at random\n"
            "  └ next_hop       192.168.1.0/24 via 10.12.22.151\n"
            "\n"
            "  source       10.20.0.10:40000  →  10.12.22.1:1024\n"
            "  destination  10.100.3.59:80    →  192.168.1.4:8080\n"
            "\n"
            "✓ FORWARD  leaves by port down0\n");
}

TEST_F(Explain, WrapsAtTheTerminalsWidthUnderItsColumn) {
  answer_drop();
  environment.unicode = true;
  environment.width = 50;
  const std::string text = output("explain tcp 10.20.0.10:40000 10.100.3.59:81");
  EXPECT_EQ(text.substr(text.find("  ┌")),
            "  ┌ parse         IPv4, TCP, 40 bytes\n"
            "  └ find_service  10.100.3.59 is a Service\n"
            "                  address, 81/TCP is none of its\n"
            "                  ports\n"
            "\n"
            "✗ DROP  service_port_unknown\n"
            "        The destination is a Service address, but\n"
            "        no Service has this protocol and port.\n");
}

TEST_F(Explain, IsColouredWhereThatIsWelcome) {
  answer_forward();
  environment.color = true;
  EXPECT_EQ(
      output("explain tcp 10.20.0.10:40000 10.100.3.59:80"),
      "\x1b[1mTCP SYN\x1b[0m  \x1b[1m10.20.0.10:40000\x1b[0m -> \x1b[1m10.100.3.59:80\x1b[0m\n"
      "\x1b[2marrives at the first uplink with TTL 64, worker 0 decides\x1b[0m\n"
      "\n"
      "  \x1b[36mparse\x1b[0m          IPv4, TCP, 40 bytes\n"
      "  \x1b[36mpick_endpoint\x1b[0m  192.168.1.4:8080, one of 3, at random\n"
      "  \x1b[36mnext_hop\x1b[0m       192.168.1.0/24 via 10.12.22.151\n"
      "\n"
      "  source       10.20.0.10:40000  ->  \x1b[1;33m10.12.22.1:1024\x1b[0m\n"
      "  destination  10.100.3.59:80    ->  \x1b[1;33m192.168.1.4:8080\x1b[0m\n"
      "\n"
      "\x1b[1;32mFORWARD\x1b[0m  leaves by port down0\n");
  answer_drop();
  const std::string drop = output("explain tcp 10.20.0.10:40000 10.100.3.59:81");
  EXPECT_NE(drop.find("  \x1b[1;31mfind_service\x1b[0m  10.100.3.59 is"), drop.npos);
  EXPECT_NE(drop.find("\n\x1b[1;31mDROP\x1b[0m  service_port_unknown\n"), drop.npos);
}

TEST_F(Explain, AsJson) {
  answer_drop();
  EXPECT_EQ(output("explain -o json tcp 10.20.0.10:40000 10.100.3.59:81"), R"({
 "worker": 1,
 "steps": [
  {
   "stage": "parse",
   "decision": "IPv4, TCP, 40 bytes"
  },
  {
   "stage": "find_service",
   "decision": "10.100.3.59 is a Service address, 81/TCP is none of its ports"
  }
 ],
 "verdict": "VERDICT_DROP",
 "dropReason": "service_port_unknown",
 "dropMeaning": "The destination is a Service address, but no Service has this protocol and port.",
 "outPort": ""
}
)");
}

TEST_F(Explain, AsksForWhatWasWritten) {
  ask("explain TCP [2001:db8::1]:7 [2001:db8::2]:80 --flags SYN,ACK --ttl 255 --in-port down0");
  EXPECT_EQ(gateway.asked_explain.DebugString(), message<v1::ExplainRequest>(R"(
      in_port: "down0" protocol: PROTOCOL_TCP source: "2001:db8::1" source_port: 7
      destination: "2001:db8::2" destination_port: 80 tcp_flags: 18 ttl: 255)")
                                                     .DebugString());
  ask("explain udp 2001:db8::1 [2001:db8::2]:80");
  EXPECT_EQ(gateway.asked_explain.DebugString(), message<v1::ExplainRequest>(R"(
      protocol: PROTOCOL_UDP source: "2001:db8::1" source_port: 40000
      destination: "2001:db8::2" destination_port: 80 ttl: 64)")
                                                     .DebugString());
}

TEST_F(Explain, AsksForAChunk) {
  answer_drop();
  const std::string text = output("explain sctp 10.0.0.1:7 10.0.0.2:80 --chunk cookie-echo");
  EXPECT_EQ(text.substr(0, text.find('\n')), "SCTP COOKIE-ECHO  10.0.0.1:7 -> 10.0.0.2:80");
  EXPECT_EQ(gateway.asked_explain.sctp_chunk(), 10u);
  ask("explain sctp 10.0.0.1:7 10.0.0.2:80");
  EXPECT_EQ(gateway.asked_explain.sctp_chunk(), 1u);
}

TEST_F(Explain, TellsWhatBecomesOfAnIcmpError) {
  gateway.explanation = message<v1::ExplainResponse>(R"(
      steps { stage: "relate_errors" decision: "about the connection" }
      verdict: VERDICT_FORWARD out_port: "up0"
      source { address: "10.12.22.151" } destination { address: "10.20.0.10" }
      quoted_source { address: "10.20.0.10" port: 40000 }
      quoted_destination { address: "10.100.3.59" port: 80 })");
  EXPECT_EQ(output("explain 10.12.22.1:1024 192.168.1.3:8080 --icmp-error TOO-BIG --mtu 1400 "
                   "--from 10.12.22.151 --in-port down0"),
            "ICMP too-big 1400  10.12.22.151 -> 10.12.22.1\n"
            "quotes TCP SYN  10.12.22.1:1024 -> 192.168.1.3:8080\n"
            "arrives at down0 with TTL 64, worker 0 decides\n"
            "\n"
            "  relate_errors  about the connection\n"
            "\n"
            "  source              10.12.22.151      unchanged\n"
            "  destination         10.12.22.1        ->  10.20.0.10\n"
            "  quoted source       10.12.22.1:1024   ->  10.20.0.10:40000\n"
            "  quoted destination  192.168.1.3:8080  ->  10.100.3.59:80\n"
            "\n"
            "FORWARD  leaves by port up0\n");
  EXPECT_EQ(gateway.asked_explain.DebugString(), message<v1::ExplainRequest>(R"(
      in_port: "down0" protocol: PROTOCOL_TCP source: "10.12.22.1" source_port: 1024
      destination: "192.168.1.3" destination_port: 8080 tcp_flags: 2 ttl: 64
      icmp_error { kind: KIND_TOO_BIG sender: "10.12.22.151" mtu: 1400 })")
                                                     .DebugString());
  const std::string json = output("explain 10.0.0.1:1 10.0.0.2:80 --icmp-error too-big -o json");
  EXPECT_NE(json.find("\"quotedSource\": {\n  \"address\": \"10.20.0.10\",\n  \"port\": 40000"),
            json.npos)
      << json;
}

TEST_F(Explain, AsksForAnIcmpErrorOfTheDestinationUnlessTold) {
  ask("explain udp 2001:db8::1 [2001:db8::2]:53 --icmp-error port-unreachable");
  EXPECT_EQ(
      gateway.asked_explain.icmp_error().DebugString(),
      message<v1::ExplainRequest::IcmpError>("kind: KIND_PORT_UNREACHABLE sender: '2001:db8::2'")
          .DebugString());
  ask("explain udp 10.0.0.1 10.0.0.2:53 --icmp-error too-big");
  EXPECT_EQ(
      gateway.asked_explain.icmp_error().DebugString(),
      message<v1::ExplainRequest::IcmpError>("kind: KIND_TOO_BIG sender: '10.0.0.2' mtu: 1280")
          .DebugString());
  ask("explain udp 10.0.0.1 10.0.0.2:53 --icmp-error time-exceeded --from 10.0.0.3");
  EXPECT_EQ(gateway.asked_explain.icmp_error().DebugString(),
            message<v1::ExplainRequest::IcmpError>("kind: KIND_TIME_EXCEEDED sender: '10.0.0.3'")
                .DebugString());
}

TEST_F(Explain, RefusesWhatIsNoPacket) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "it takes [tcp|udp|sctp] SOURCE[:PORT] DESTINATION:PORT"},
      {"tcp 10.0.0.1", "a SOURCE and a DESTINATION are needed, such as 10.20.0.10 10.100.3.59:80"},
      {"icmp 10.0.0.1 10.0.0.2:1", "\"icmp\" is no protocol: write tcp, udp or sctp"},
      {"tcp 10.0.0.1 10.0.0.2:1 x", "unexpected argument \"x\""},
      {"tcp 10.0.0.1 10.0.0.2", "the destination needs a port: write 10.0.0.2:80"},
      {"tcp 2001:db8::1 2001:db8::2", "the destination needs a port: write [2001:db8::2]:80"},
      {"tcp 10.0.0.1 [2001:db8::2]:80", "source and destination are of different families"},
      {"tcp 10.0.0.1:0 10.0.0.2:80",
       "\"10.0.0.1:0\" has no port from 1 to 65535 after its last colon"},
      {"tcp client 10.0.0.2:80",
       "\"client\" is no address: write 10.20.0.10:40000 or [2001:db8::1]:40000"},
      {"udp 10.0.0.1 10.0.0.2:80 --flags SYN", "only TCP has --flags"},
      {"udp 10.0.0.1 10.0.0.2:80 --chunk DATA", "only SCTP has --chunk"},
      {"sctp 10.0.0.1 10.0.0.2:80 --chunk SYN",
       "--chunk: \"SYN\" is no SCTP chunk: write one of DATA,INIT,INIT-ACK,SACK,HEARTBEAT,"
       "HEARTBEAT-ACK,ABORT,SHUTDOWN,SHUTDOWN-ACK,ERROR,COOKIE-ECHO,COOKIE-ACK,SHUTDOWN-COMPLETE"},
      {"tcp 10.0.0.1 10.0.0.2:80 --flags SYN,ECN",
       "--flags: \"ECN\" is no TCP flag: write some of FIN,SYN,RST,PSH,ACK,URG,ECE,CWR"},
      {"10.0.0.1 10.0.0.2:80 --icmp-error redirect",
       "--icmp-error: \"redirect\" is none of too-big, time-exceeded, port-unreachable"},
      {"10.0.0.1 10.0.0.2:80 --from 10.0.0.3",
       "only ICMP errors have --from and --mtu: write --icmp-error"},
      {"10.0.0.1 10.0.0.2:80 --mtu 1400",
       "only ICMP errors have --from and --mtu: write --icmp-error"},
      {"10.0.0.1 10.0.0.2:80 --icmp-error time-exceeded --mtu 1400",
       "only --icmp-error too-big has --mtu"},
      {"10.0.0.1 10.0.0.2:80 --icmp-error too-big --mtu 65536",
       "--mtu: \"65536\" is no number from 1 to 65535"},
      {"10.0.0.1 10.0.0.2:80 --icmp-error too-big --from router",
       "--from: \"router\" is no address"},
      {"10.0.0.1 10.0.0.2:80 --icmp-error too-big --from 10.0.0.3:1",
       "--from: \"10.0.0.3:1\" is no address"},
      {"10.0.0.1 10.0.0.2:80 --icmp-error too-big --from 2001:db8::1",
       "--from and the source are of different families"},
      {"tcp 10.0.0.1 10.0.0.2:80 --ttl 256", "--ttl: \"256\" is no number from 1 to 255"},
  };
  for (const auto& [arguments, expected] : cases) {
    const Result result = ask("explain " + arguments);
    EXPECT_EQ(result.code, 2) << arguments;
    EXPECT_EQ(result.error,
              "porticoctl explain: " + expected + "\nTry `porticoctl explain --help`.\n");
  }
}

}  // namespace
}  // namespace portico::cli
