#include "controlplane/api/gateway_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controlplane/api/convert.h"
#include "controlplane/api/errors.h"
#include "controlplane/api/ledger.h"
#include "controlplane/api/pages.h"
#include "controlplane/api/requests.h"
#include "include/portico/data_plane.h"
#include "include/portico/quote.h"

namespace portico {
namespace {

// A page ends early when it is this big, so that it fits into the 4 MiB that gRPC clients receive
// unless they are told otherwise. AIP-158 allows a page that is not full.
constexpr std::size_t kPageBytes = 1u << 20;

// A status of parse() is "FIELD: what".
grpc::Status bad_request(const absl::Status& status) {
  const std::string text(status.message());
  const std::size_t colon = text.find(": ");
  if (colon == std::string::npos) return to_grpc(status);
  return invalid_field(text.substr(0, colon), text.substr(colon + 2));
}

v1::Endpoint::State state(bool accepts_new) {
  return accepts_new ? v1::Endpoint::STATE_ACTIVE : v1::Endpoint::STATE_DRAINING;
}

v1::ServiceView view_of(const ServiceEntry& entry) {
  v1::ServiceView view;
  *view.mutable_service() = to_proto(*entry.service);
  view.set_source(entry.source);
  for (std::size_t i = 0; i < entry.ports.size(); ++i) {
    const ServicePort& port = entry.ports[i];
    for (std::size_t j = 0; j < port.endpoints.size(); ++j) {
      const Endpoint& endpoint = port.endpoints[j];
      const EndpointCounters& counters = entry.counters[i][j];
      v1::EndpointView& made = *view.add_endpoints();
      made.set_name(endpoint.identity);
      made.set_node(endpoint.node);
      made.set_port_name(port.port_name);
      made.set_protocol(to_proto(port.protocol));
      made.set_address(endpoint.address.to_string());
      made.set_port(endpoint.port.host());
      made.set_state(state(endpoint.accepts_new));
      made.set_local_state(state(endpoint.accepts_new_local));
      made.set_weight(endpoint.weight);
      made.set_max_connections(endpoint.max_connections);
      made.set_connections(counters.connections);
      made.set_active_connections(counters.active_connections);
      made.set_packets_to_endpoint(counters.packets_to_endpoint);
      made.set_packets_from_endpoint(counters.packets_from_endpoint);
      made.set_bytes_to_endpoint(counters.bytes_to_endpoint);
      made.set_bytes_from_endpoint(counters.bytes_from_endpoint);
    }
  }
  return view;
}

// Sorts as addresses do: IPv4 before IPv6, then by value.
std::string sort_key(const IpAddress& address) {
  return absl::StrCat(
      address.is_v4() ? "4" : "6",
      absl::string_view(reinterpret_cast<const char*>(address.data()), address.size()));
}

std::string sort_key(const RouteInfo& route) {
  const IpPrefix& prefix = route.route.prefix;
  return absl::StrCat(sort_key(prefix.address()), absl::Dec(prefix.length(), absl::kZeroPad3),
                      static_cast<int>(route.origin), route.port);
}

std::string sort_key(const NeighborInfo& neighbor) {
  return absl::StrCat(sort_key(neighbor.address), neighbor.port);
}

// One page of what the data plane tells in no particular order.
template <typename Item, typename Add>
std::string fill_page(const std::vector<Item>& items, const PageRequest& page,
                      absl::string_view request, const Add& add) {
  std::vector<std::pair<std::string, const Item*>> sorted;
  for (const Item& item : items) {
    std::string key = sort_key(item);
    if (page.after_key.empty() || key > page.after_key) sorted.emplace_back(std::move(key), &item);
  }
  std::sort(sorted.begin(), sorted.end());
  const std::size_t count = std::min(page.size, sorted.size());
  for (std::size_t i = 0; i < count; ++i) add(*sorted[i].second);
  return count < sorted.size() ? page_token(sorted[count - 1].first, request) : "";
}

bool is_empty(const v1::ConnectionFilter& filter) {
  return filter.ByteSizeLong() == 0;
}

}  // namespace

grpc::Status GatewayService::GetStatus(grpc::ServerContext*, const v1::GetStatusRequest*,
                                       v1::Status* response) {
  response->set_version(PORTICO_VERSION);
  *response->mutable_uptime() = to_proto(Duration(std::chrono::steady_clock::now() - started_));
  response->set_workers(static_cast<std::uint32_t>(data_plane_.worker_counters().size()));
  const absl::Time now = absl::Now();
  for (const SourceStatus& status : ledger_.sources()) {
    v1::Status::Source& source = *response->add_sources();
    source.set_name(status.name);
    source.set_user_agent(status.user_agent);
    source.set_streams(status.streams);
    if (status.revision) {
      source.set_revision(*status.revision);
      const absl::Duration age = std::max(now - status.accepted_at, absl::ZeroDuration());
      *source.mutable_age() = to_proto(absl::ToChronoNanoseconds(age));
    }
    source.set_services(static_cast<std::uint32_t>(status.services));
    source.set_endpoints(static_cast<std::uint32_t>(status.endpoints));
    source.set_routes(static_cast<std::uint32_t>(status.routes));
    source.set_refusals(status.refusals);
  }
  return grpc::Status::OK;
}

grpc::Status GatewayService::ListServices(grpc::ServerContext*,
                                          const v1::ListServicesRequest* request,
                                          v1::ListServicesResponse* response) {
  const std::string identity = absl::StrCat("services/", request->namespace_());
  const auto page = parse_page(request->page_size(), request->page_token(), identity);
  if (!page.ok()) return bad_request(page.status());
  // One more than the page holds tells whether there is another page.
  const std::vector<std::string> names =
      ledger_.service_names(page->after_key, request->namespace_(), page->size + 1);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == page->size || bytes > kPageBytes) {
      response->set_next_page_token(page_token(names[i - 1], identity));
      break;
    }
    const auto entry = ledger_.service(names[i]);
    if (!entry) continue;  // gone in the meantime
    *response->add_services() = view_of(*entry);
    bytes += response->services().rbegin()->ByteSizeLong();
  }
  return grpc::Status::OK;
}

grpc::Status GatewayService::GetService(grpc::ServerContext*, const v1::GetServiceRequest* request,
                                        v1::ServiceView* response) {
  if (request->name().empty()) return invalid_field("name", "is required");
  const auto entry = ledger_.service(request->name());
  if (!entry) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND,
                        absl::StrCat("there is no service ", quote(request->name())));
  }
  *response = view_of(*entry);
  return grpc::Status::OK;
}

grpc::Status GatewayService::ListConnections(grpc::ServerContext* context,
                                             const v1::ListConnectionsRequest* request,
                                             grpc::ServerWriter<v1::Connection>* writer) {
  const auto filter = parse(request->filter());
  if (!filter.ok()) return bad_request(filter.status());
  std::uint64_t told = 0;
  return to_grpc(data_plane_.visit_connections(*filter, [&](const ConnectionInfo& connection) {
    if (context->IsCancelled() || !writer->Write(to_proto(connection))) return false;
    return ++told != request->limit();
  }));
}

grpc::Status GatewayService::DeleteConnections(grpc::ServerContext*,
                                               const v1::DeleteConnectionsRequest* request,
                                               v1::DeleteConnectionsResponse* response) {
  if (is_empty(request->filter()) && !request->all()) {
    return invalid_field("filter", "is empty; set `all` to delete every connection");
  }
  const auto filter = parse(request->filter());
  if (!filter.ok()) return bad_request(filter.status());
  const auto deleted = data_plane_.delete_connections(*filter);
  if (!deleted.ok()) return to_grpc(deleted.status());
  response->set_deleted(*deleted);
  return grpc::Status::OK;
}

grpc::Status GatewayService::ListRoutes(grpc::ServerContext*, const v1::ListRoutesRequest* request,
                                        v1::ListRoutesResponse* response) {
  const auto page = parse_page(request->page_size(), request->page_token(), "routes");
  if (!page.ok()) return bad_request(page.status());
  response->set_next_page_token(
      fill_page(data_plane_.routes(), *page, "routes",
                [&](const RouteInfo& route) { *response->add_routes() = to_proto(route); }));
  return grpc::Status::OK;
}

grpc::Status GatewayService::ListNeighbors(grpc::ServerContext*,
                                           const v1::ListNeighborsRequest* request,
                                           v1::ListNeighborsResponse* response) {
  const auto page = parse_page(request->page_size(), request->page_token(), "neighbors");
  if (!page.ok()) return bad_request(page.status());
  response->set_next_page_token(fill_page(
      data_plane_.neighbors(), *page, "neighbors",
      [&](const NeighborInfo& neighbor) { *response->add_neighbors() = to_proto(neighbor); }));
  return grpc::Status::OK;
}

grpc::Status GatewayService::ListPorts(grpc::ServerContext*, const v1::ListPortsRequest*,
                                       v1::ListPortsResponse* response) {
  for (const PortInfo& port : data_plane_.ports()) *response->add_ports() = to_proto(port);
  return grpc::Status::OK;
}

grpc::Status GatewayService::GetCounters(grpc::ServerContext*, const v1::GetCountersRequest*,
                                         v1::Counters* response) {
  for (const WorkerCounters& worker : data_plane_.worker_counters()) {
    *response->add_workers() = to_proto(worker);
  }
  for (const SnatInfo& snat : data_plane_.snat()) *response->add_snat() = to_proto(snat);
  for (const WorkerCycles& cycles : data_plane_.worker_cycles()) {
    *response->add_cycles() = to_proto(cycles);
  }
  return grpc::Status::OK;
}

grpc::Status GatewayService::ListDrops(grpc::ServerContext*, const v1::ListDropsRequest*,
                                       v1::ListDropsResponse* response) {
  for (const DropCount& drop : data_plane_.drops()) *response->add_drops() = to_proto(drop);
  return grpc::Status::OK;
}

grpc::Status GatewayService::Explain(grpc::ServerContext*, const v1::ExplainRequest* request,
                                     v1::ExplainResponse* response) {
  const auto parsed = parse(*request);
  if (!parsed.ok()) return bad_request(parsed.status());
  const auto explanation = data_plane_.explain(*parsed);
  if (!explanation.ok()) return to_grpc(explanation.status());
  *response = to_proto(*explanation);
  return grpc::Status::OK;
}

}  // namespace portico
