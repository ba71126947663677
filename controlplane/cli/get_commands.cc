#include <ostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/filter_options.h"
#include "controlplane/cli/json.h"
#include "controlplane/cli/views.h"

namespace portico::cli {
namespace {

void print_table(const Table& table, absl::string_view what, Context& context) {
  if (table.empty()) {
    context.error << "No " << what << ".\n";
  } else {
    table.print(context.out);
  }
}

template <typename Message>
void print_array(const std::vector<Message>& messages, Context& context) {
  JsonArray array;
  for (const Message& message : messages) context.out << array.element(to_json(message));
  context.out << array.end();
}

// A list: `fetch` is the client's method, `table` makes it readable.
template <typename Message, typename ToTable>
std::function<absl::Status(Context&)> lister(
    absl::string_view what, absl::StatusOr<std::vector<Message>> (Client::*fetch)(),
    ToTable to_table) {
  return [=](Context& context) {
    const absl::StatusOr<std::vector<Message>> messages = (context.client.*fetch)();
    if (!messages.ok()) return messages.status();
    if (context.json()) {
      print_array(*messages, context);
    } else {
      print_table(to_table(*messages), what, context);
    }
    return absl::OkStatus();
  };
}

// The Service that is named, or all of them.
absl::StatusOr<std::vector<v1::ServiceView>> fetch_services(Context& context) {
  const Options& options = context.options;
  if (options.arguments.empty()) return context.client.services(options.name_space);
  absl::StatusOr<v1::ServiceView> service =
      context.client.service(qualified_name(options.arguments[0], options.name_space));
  if (!service.ok()) return service.status();
  return std::vector<v1::ServiceView>{*std::move(service)};
}

absl::Status get_services(Context& context) {
  const auto services = fetch_services(context);
  if (!services.ok()) return services.status();
  if (!context.json()) {
    print_table(services_table(*services, context.wide()), "services", context);
  } else if (context.options.arguments.empty()) {
    print_array(*services, context);
  } else {
    context.out << to_json(services->front());
  }
  return absl::OkStatus();
}

absl::Status get_endpoints(Context& context) {
  const auto services = fetch_services(context);
  if (!services.ok()) return services.status();
  if (!context.json()) {
    print_table(endpoints_table(*services, context.wide()), "endpoints", context);
    return absl::OkStatus();
  }
  JsonArray array;
  for (const v1::ServiceView& view : *services) {
    for (const v1::EndpointView& endpoint : view.endpoints()) {
      context.out << array.element(with_field("service", view.service().name(), to_json(endpoint)));
    }
  }
  context.out << array.end();
  return absl::OkStatus();
}

// As JSON they are printed as they come, since there may be millions; for people they are sorted.
absl::Status get_connections(Context& context) {
  v1::ListConnectionsRequest request;
  *request.mutable_filter() = context.options.filter;
  request.set_limit(context.options.limit);
  if (context.json()) {
    JsonArray array;
    const absl::Status status = context.client.connections(
        request, [&](const v1::Connection& c) { context.out << array.element(to_json(c)); });
    if (status.ok()) context.out << array.end();
    return status;
  }
  std::vector<v1::Connection> connections;
  const absl::Status status = context.client.connections(
      request, [&](const v1::Connection& connection) { connections.push_back(connection); });
  if (!status.ok()) return status;
  print_table(connections_table(std::move(connections)), "connections", context);
  return absl::OkStatus();
}

absl::Status get_drops(Context& context) {
  const bool all = context.options.all;
  absl::StatusOr<std::vector<v1::Drop>> drops = context.client.drops();
  if (!drops.ok()) return drops.status();
  if (!all) {
    std::erase_if(*drops,
                  [](const v1::Drop& drop) { return drop.packets() == 0 && drop.refused() == 0; });
  }
  if (context.json()) {
    print_array(*drops, context);
  } else {
    print_table(drops_table(*std::move(drops)), "drops", context);
  }
  return absl::OkStatus();
}

absl::Status get_status(Context& context) {
  const absl::StatusOr<v1::Status> status = context.client.status();
  if (!status.ok()) return status.status();
  if (context.json()) {
    context.out << to_json(*status);
    return absl::OkStatus();
  }
  context.out << status_text(*status) << '\n';
  if (status->sources().empty()) {
    context.out << "No controller has pushed anything.\n";
  } else {
    sources_table(*status).print(context.out);
  }
  return absl::OkStatus();
}

OptionInfo namespace_option() {
  return {"-n,--namespace",
          "NAMESPACE",
          "Services of this namespace only",
          {},
          [](absl::string_view text, Options& options) {
            options.name_space = std::string(text);
            return absl::OkStatus();
          }};
}

CommandInfo services_command() {
  CommandInfo command;
  command.name = "services";
  command.aliases = {"service", "svc"};
  command.summary = "Services, their addresses, and how many endpoints they have";
  command.description =
      "Show Services as the gateway has them.\n\n"
      "EXTERNAL-IP has external and load-balancer IPs, PORT(S) PORT:NODE-PORT/PROTOCOL. ENDPOINTS "
      "is\n"
      "active/all: a draining endpoint keeps its connections and takes no new ones. CONNECTIONS "
      "were\n"
      "made since the endpoints appeared, OPEN are open now. CLIENT-ADDRESS tells what endpoints "
      "see:\n"
      "an address of the gateway (masquerade), the client's own (preserve), or that of clients in "
      "the\n"
      "cluster alone (masquerade-off-cluster). SOURCE is the controller that set the Service.\n\n"
      "With -o wide, POLICY is the traffic policy (cluster or local), AFFINITY how long a client "
      "stays\n"
      "with its endpoint, SOURCE-RANGES the clients that are served, HEALTH-PORT where load "
      "balancers\n"
      "ask. Where addresses differ, each is named by its kind.";
  command.examples =
      "  # All Services\n"
      "  porticoctl get services\n\n"
      "  # One Service, with its policies\n"
      "  porticoctl get services default/hello-world-service -o wide\n\n"
      "  # The names of the Services without an endpoint\n"
      "  porticoctl get services -o json | jq -r '.[] | select(.endpoints == []) | .service.name'";
  command.arguments = "[[NAMESPACE/]NAME]";
  command.max_arguments = 1;
  command.options = {namespace_option()};
  command.run = get_services;
  return command;
}

CommandInfo endpoints_command() {
  CommandInfo command;
  command.name = "endpoints";
  command.aliases = {"ep"};
  command.summary = "Endpoints of Services, with their counters";
  command.description =
      "Show every socket behind a Service port, with its counters since it appeared: connections\n"
      "made and open, packets and bytes to the endpoint and from it. Bytes count from the IP "
      "header.\n\n"
      "With -o wide, LOCAL is the state for addresses of the traffic policy local, WEIGHT the "
      "share of\n"
      "new connections, LIMIT how many may be open at once.";
  command.examples =
      "  # All endpoints of all Services\n"
      "  porticoctl get endpoints\n\n"
      "  # Those of one Service\n"
      "  porticoctl get endpoints hello-world-service -n default";
  command.arguments = "[[NAMESPACE/]SERVICE]";
  command.max_arguments = 1;
  command.options = {namespace_option()};
  command.run = get_endpoints;
  return command;
}

CommandInfo connections_command() {
  CommandInfo command;
  command.name = "connections";
  command.summary = "Connections, or those that a filter chooses";
  command.description =
      "Show connections. CLIENT and SERVICE-ADDRESS are what the client sent, SOURCE and ENDPOINT\n"
      "what the gateway made of it. All filters that are given must match. With -o json they are\n"
      "printed as they come, in no order.";
  command.examples =
      "  # All connections of one client\n"
      "  porticoctl get connections --client 10.20.0.10\n\n"
      "  # Those of a network to one endpoint, at most 20\n"
      "  porticoctl get connections --client 10.20.0.0/24 --endpoint 192.168.1.3 --limit 20\n\n"
      "  # How many there are in each state\n"
      "  porticoctl get connections -o json | jq -r '.[].state' | sort | uniq -c";
  command.options = filter_options();
  command.options.push_back({"--limit",
                             "N",
                             "At most this many (default all)",
                             {},
                             [](absl::string_view text, Options& options) {
                               const auto limit = parse_number(text, UINT32_MAX);
                               if (limit.ok()) options.limit = *limit;
                               return limit.status();
                             }});
  command.run = get_connections;
  return command;
}

CommandInfo drops_command() {
  CommandInfo command;
  command.name = "drops";
  command.summary = "Why packets were dropped or refused, and how many";
  command.description =
      "Show for which reasons packets were dropped since the gateway started, the most frequent\n"
      "first. Those refused were answered: the sender was told by a TCP reset or an ICMP error. "
      "Ask\n"
      "`porticoctl explain` about one packet.";
  command.examples =
      "  # The reasons that happened\n"
      "  porticoctl get drops\n\n"
      "  # Every reason there is\n"
      "  porticoctl get drops --all";
  command.options = {{"-a,--all",
                      "",
                      "Also reasons that never happened",
                      {},
                      [](absl::string_view, Options& options) {
                        options.all = true;
                        return absl::OkStatus();
                      }}};
  command.run = get_drops;
  return command;
}

// One without arguments or options.
CommandInfo plain_command(const std::string& name, const std::string& summary,
                          const std::string& description,
                          std::function<absl::Status(Context&)> run) {
  CommandInfo command;
  command.name = name;
  command.summary = summary;
  command.description = description;
  command.examples =
      absl::StrCat("  porticoctl get ", name, "\n  porticoctl get ", name, " -o json");
  command.run = std::move(run);
  return command;
}

}  // namespace

CommandInfo get_command() {
  CommandInfo command;
  command.name = "get";
  command.summary = "Show what the gateway has";
  command.description =
      "Show what the gateway has: as a table for people, with -o json for scripts.";
  command.commands = {
      services_command(),
      endpoints_command(),
      connections_command(),
      plain_command("routes", "Routes, and the port that packets leave by",
                    "Show routes, the longest prefix that holds a destination wins. ORIGIN tells "
                    "where one is from:\nconnected (the subnet of a port's address), configured "
                    "(the configuration file) or pushed (a\ncontroller).",
                    lister("routes", &Client::routes, routes_table)),
      plain_command("neighbors", "Next hops and their MAC addresses",
                    "Show neighbors as ARP and neighbor discovery found them. STATE is RFC 4861's, "
                    "AGE the time since\nit was last confirmed, QUEUED the packets that wait for "
                    "its MAC address.",
                    lister("neighbors", &Client::neighbors, neighbors_table)),
      plain_command("ports", "Ports of the gateway, with their counters",
                    "Show the NICs that the gateway drives. RX-MISSED packets were lost by the "
                    "device before the\ngateway saw them.",
                    lister("ports", &Client::ports, ports_table)),
      drops_command(),
      plain_command("counters", "What each worker did",
                    "Show each worker's counters. RECEIVED = SENT + DROPPED + PUNTED + "
                    "HANDED-OVER, but for packets in\nflight. PUNTED went to the slow path, "
                    "HANDED-OVER to the worker that owns the connection.\nCONNECTIONS is "
                    "open/capacity, BUSY-POLLS the share of polls that found packets.",
                    lister("counters", &Client::counters, counters_table)),
      plain_command("snat", "Source ports of masqueraded connections, and how full they are",
                    "Show, for each worker and family, the gateway's addresses that endpoints see, "
                    "and the CANDIDATES:\npairs of an address and a port, each good for as many "
                    "connections as there are endpoints' sockets.\nFILL estimates which part of "
                    "them is in use towards the endpoints of the last new connections, from\nhow "
                    "many each had to try; MOST-TRIES are the most. MADE were masqueraded, "
                    "EXHAUSTED dropped because\nnone of 128 was free: more addresses help "
                    "(snat.addresses).",
                    lister("snat", &Client::snat, snat_table)),
      plain_command("stages", "Where a worker's time goes: cycles a packet for each stage",
                    "Show what each stage of the pipeline takes, in cycles of the processor's time "
                    "stamp counter, from a\nsample of one burst in 251 since the gateway started. "
                    "PACKETS are those in the sample, CYCLES/PACKET\nwhat a stage takes for one of "
                    "them on average, also of those that never came to it. Polls that find\n"
                    "nothing are not in it.",
                    lister("stages", &Client::cycles, stages_table)),
      plain_command("status", "The gateway itself, and what each controller pushed",
                    "Show the gateway's version, how long it runs, and what it accepted from whom. "
                    "AGE is the time\nsince the revision was accepted, REFUSALS the revisions "
                    "refused since the gateway started.",
                    get_status),
  };
  return command;
}

}  // namespace portico::cli
