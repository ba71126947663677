#include <ostream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/explanation.h"
#include "controlplane/cli/json.h"
#include "include/portico/quote.h"

namespace portico::cli {
namespace {

using IcmpError = v1::ExplainRequest::IcmpError;

// One of the option's choices.
absl::Status set_icmp_error(absl::string_view choice, Options& options) {
  IcmpError::Kind kind = IcmpError::KIND_UNSPECIFIED;
  static_cast<void>(IcmpError::Kind_Parse(
      absl::StrCat("KIND_", absl::AsciiStrToUpper(absl::StrReplaceAll(choice, {{"-", "_"}}))),
      &kind));
  options.explained.mutable_icmp_error()->set_kind(kind);
  return absl::OkStatus();
}

absl::Status set_sender(absl::string_view text, Options& options) {
  const absl::StatusOr<Socket> sender = parse_socket(text);
  if (!sender.ok() || sender->port != 0) {
    return absl::InvalidArgumentError(absl::StrCat(quote(text), " is no address"));
  }
  options.explained.mutable_icmp_error()->set_sender(sender->address.to_string());
  return absl::OkStatus();
}

absl::Status set_mtu(absl::string_view text, Options& options) {
  const absl::StatusOr<std::uint32_t> mtu = parse_number(text, 65535);
  if (mtu.ok()) options.explained.mutable_icmp_error()->set_mtu(*mtu);
  return mtu.status();
}

// Requires that the packet is complete.
absl::Status check_icmp_error(v1::ExplainRequest& request) {
  if (!request.has_icmp_error()) return absl::OkStatus();
  IcmpError& error = *request.mutable_icmp_error();
  if (error.kind() == IcmpError::KIND_UNSPECIFIED) {
    return absl::InvalidArgumentError("only ICMP errors have --from and --mtu: write --icmp-error");
  }
  if (error.mtu() != 0 && error.kind() != IcmpError::KIND_TOO_BIG) {
    return absl::InvalidArgumentError("only --icmp-error too-big has --mtu");
  }
  if (error.sender().empty()) error.set_sender(request.destination());
  if (absl::StrContains(error.sender(), ':') != absl::StrContains(request.source(), ':')) {
    return absl::InvalidArgumentError("--from and the source are of different families");
  }
  constexpr std::uint32_t kMtu = 1280;
  if (error.mtu() == 0 && error.kind() == IcmpError::KIND_TOO_BIG) error.set_mtu(kMtu);
  return absl::OkStatus();
}

// [tcp|udp|sctp] SOURCE DESTINATION
absl::Status check_explain(Options& options) {
  std::vector<std::string> arguments = options.arguments;
  v1::ExplainRequest& request = options.explained;
  v1::Protocol protocol = v1::PROTOCOL_TCP;
  const bool named = v1::Protocol_Parse(
      absl::StrCat("PROTOCOL_", absl::AsciiStrToUpper(arguments.front())), &protocol);
  if (named) arguments.erase(arguments.begin());
  if (arguments.size() != 2) {
    return absl::InvalidArgumentError(
        named ? "a SOURCE and a DESTINATION are needed, such as 10.20.0.10 10.100.3.59:80"
              : absl::StrCat(quote(arguments.front()), " is no protocol: write tcp, udp or sctp"));
  }
  const absl::StatusOr<Socket> source = parse_socket(arguments[0]);
  if (!source.ok()) return source.status();
  const absl::StatusOr<Socket> destination = parse_socket(arguments[1]);
  if (!destination.ok()) return destination.status();
  if (destination->port == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("the destination needs a port: write ",
                     to_string(destination->address, L4Port::from_host(80))));
  }
  if (source->address.family() != destination->address.family()) {
    return absl::InvalidArgumentError("source and destination are of different families");
  }
  if (protocol != v1::PROTOCOL_TCP && request.tcp_flags() != 0) {
    return absl::InvalidArgumentError("only TCP has --flags");
  }
  if (protocol != v1::PROTOCOL_SCTP && request.has_sctp_chunk()) {
    return absl::InvalidArgumentError("only SCTP has --chunk");
  }
  // The gateway's own defaults, so that the story can tell what was asked.
  constexpr std::uint32_t kSourcePort = 40000, kTtl = 64, kSyn = 2, kInit = 1;
  request.set_protocol(protocol);
  request.set_source(source->address.to_string());
  request.set_source_port(source->port == 0 ? kSourcePort : source->port);
  request.set_destination(destination->address.to_string());
  request.set_destination_port(destination->port);
  if (request.ttl() == 0) request.set_ttl(kTtl);
  if (protocol == v1::PROTOCOL_TCP && request.tcp_flags() == 0) request.set_tcp_flags(kSyn);
  if (protocol == v1::PROTOCOL_SCTP && !request.has_sctp_chunk()) request.set_sctp_chunk(kInit);
  return check_icmp_error(request);
}

absl::Status run_explain(Context& context) {
  const v1::ExplainRequest& request = context.options.explained;
  const absl::StatusOr<v1::ExplainResponse> response = context.client.explain(request);
  if (!response.ok()) return response.status();
  context.out << (context.json() ? to_json(*response)
                                 : explanation_text(request, *response, context.environment));
  return absl::OkStatus();
}

}  // namespace

CommandInfo explain_command() {
  CommandInfo command;
  command.name = "explain";
  command.summary = "Tell what would happen to a packet, stage by stage";
  command.description =
      "Tell what would happen to a packet, stage by stage.\n\n"
      "The packet goes through the same stages as a real one, but it was never sent: no "
      "connection\n"
      "is made, no counter counts it. A dropped packet is an answer, not an error: the exit "
      "status\n"
      "is 0. Without a source port it is 40000.\n\n"
      "With --icmp-error, what arrives is an ICMP error that quotes the packet, to its source.";
  command.examples =
      "  # Would this client reach the Service, and by which endpoint?\n"
      "  porticoctl explain tcp 10.20.0.10:40000 10.100.3.59:80\n\n"
      "  # A packet in mid-stream\n"
      "  porticoctl explain tcp 10.20.0.10:40000 10.100.3.59:80 --flags ACK\n\n"
      "  # A reply, as it arrives at the port towards the Pods\n"
      "  porticoctl explain tcp 192.168.1.3:8080 10.12.22.1:1024 --in-port downlink0 --flags "
      "SYN,ACK\n\n"
      "  # A router between gateway and Pod says that what the gateway sent to the Pod is too "
      "big\n"
      "  porticoctl explain tcp 10.12.22.1:1024 192.168.1.3:8080 --icmp-error too-big --mtu 1400 "
      "\\\n"
      "    --from 10.12.22.151 --in-port downlink0\n\n"
      "  # IPv6\n"
      "  porticoctl explain udp 2001:db8:20::10 [2001:db8:100::59]:53";
  command.arguments = "[tcp|udp|sctp] SOURCE[:PORT] DESTINATION:PORT";
  command.min_arguments = 2;
  command.max_arguments = 3;
  command.argument_choices = {"tcp", "udp", "sctp"};
  command.options = {
      {"--in-port",
       "NAME",
       "The gateway port that it arrives at (default the first uplink)",
       {},
       [](absl::string_view text, Options& options) {
         options.explained.set_in_port(std::string(text));
         return absl::OkStatus();
       }},
      {"--flags",
       "FLAGS",
       "TCP flags, such as SYN,ACK (default SYN)",
       {},
       [](absl::string_view text, Options& options) {
         const absl::StatusOr<std::uint32_t> flags = parse_tcp_flags(text);
         if (flags.ok()) options.explained.set_tcp_flags(*flags);
         return flags.status();
       }},
      {"--chunk",
       "TYPE",
       "SCTP chunk, such as COOKIE-ECHO (default INIT)",
       {},
       [](absl::string_view text, Options& options) {
         const absl::StatusOr<std::uint32_t> type = parse_sctp_chunk(text);
         if (type.ok()) options.explained.set_sctp_chunk(*type);
         return type.status();
       }},
      {"--ttl",
       "N",
       "TTL or hop limit of what arrives, 1 to 255 (default 64)",
       {},
       [](absl::string_view text, Options& options) {
         const absl::StatusOr<std::uint32_t> ttl = parse_number(text, 255);
         if (ttl.ok()) options.explained.set_ttl(*ttl);
         return ttl.status();
       }},
      {"--icmp-error",
       "KIND",
       "An ICMP error about it arrives",
       {"too-big", "time-exceeded", "port-unreachable"},
       set_icmp_error},
      {"--from", "ADDRESS", "Who sends the ICMP error (default the destination)", {}, set_sender},
      {"--mtu", "BYTES", "The MTU that too-big tells (default 1280)", {}, set_mtu},
  };
  command.check = check_explain;
  command.run = run_explain;
  return command;
}

}  // namespace portico::cli
