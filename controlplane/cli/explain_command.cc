#include <ostream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/explanation.h"
#include "controlplane/cli/json.h"
#include "include/portico/quote.h"

namespace portico::cli {
namespace {

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
  return absl::OkStatus();
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
      "is 0. Without a source port it is 40000.";
  command.examples =
      "  # Would this client reach the Service, and by which endpoint?\n"
      "  porticoctl explain tcp 10.20.0.10:40000 10.100.3.59:80\n\n"
      "  # A packet in mid-stream\n"
      "  porticoctl explain tcp 10.20.0.10:40000 10.100.3.59:80 --flags ACK\n\n"
      "  # A reply, as it arrives at the port towards the Pods\n"
      "  porticoctl explain tcp 192.168.1.3:8080 10.12.22.1:1024 --in-port downlink0 --flags "
      "SYN,ACK\n\n"
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
       "TTL or hop limit, 1 to 255 (default 64)",
       {},
       [](absl::string_view text, Options& options) {
         const absl::StatusOr<std::uint32_t> ttl = parse_number(text, 255);
         if (ttl.ok()) options.explained.set_ttl(*ttl);
         return ttl.status();
       }},
  };
  command.check = check_explain;
  command.run = run_explain;
  return command;
}

}  // namespace portico::cli
