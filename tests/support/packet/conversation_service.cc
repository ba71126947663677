// What a conversation says about Services.

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/packet/conversation.h"
#include "tests/support/packet/conversation_words.h"

namespace portico {
namespace {

using Words = std::vector<std::string>;

Words split(const std::string& word, char at) {
  return absl::StrSplit(word, at, absl::SkipEmpty());
}

// What of "affinity=10s" stands behind "affinity="; nothing for another word.
std::optional<std::string> value_of(const std::string& word, const std::string& key) {
  if (!word.starts_with(key + "=")) return std::nullopt;
  return word.substr(key.size() + 1);
}

}  // namespace

// "client", "pod1/net" (its /24 or /64), "10.0.0.0/8".
IpPrefix Conversation::read_prefix(const std::string& word) const {
  if (const absl::StatusOr<IpPrefix> prefix = IpPrefix::parse(word); prefix.ok()) return *prefix;
  const std::pair<std::string, std::string> pair = absl::StrSplit(word, absl::MaxSplits('/', 1));
  const IpAddress address = World::address(family_, pair.first);
  if (pair.second.empty()) return IpPrefix::of(address, address.bits());
  return IpPrefix::of(address, address.is_v4() ? 24 : 64);
}

void Conversation::read_treatment(const std::string& word, Frontend& frontend) const {
  if (word == "external") frontend.kind = FrontendKind::kExternalIp;
  if (word == "lb") frontend.kind = FrontendKind::kLoadBalancerIp;
  if (word == "node-port") frontend.kind = FrontendKind::kNodePort;
  if (word == "local") frontend.policy = TrafficPolicy::kLocal;
  if (word == "preserve") frontend.source_address = SourceAddress::kPreserve;
  if (word == "off-cluster") frontend.source_address = SourceAddress::kMasqueradeOffCluster;
  if (const auto ranges = value_of(word, "from")) {
    for (const std::string& range : split(*ranges, '+')) {
      frontend.source_ranges.push_back(read_prefix(range));
    }
  }
}

// VIP:PORT[;TREATMENT...]
Frontend Conversation::read_frontend(const std::string& word) {
  const Words parts = split(word, ';');
  Frontend frontend;
  std::uint16_t port = 0;
  read_socket(parts.at(0), frontend.address, port);
  frontend.port = L4Port::from_host(port);
  for (const std::string& part : parts) read_treatment(part, frontend);
  return frontend;
}

// HOST:PORT[@IDENTITY][!][;local][;weight=N][;limit=N]
Endpoint Conversation::read_endpoint(const std::string& word) {
  Words parts = split(word, ';');
  Endpoint endpoint;
  endpoint.accepts_new = parts.at(0).back() != '!';
  if (!endpoint.accepts_new) parts[0].pop_back();
  const std::pair<std::string, std::string> pair =
      absl::StrSplit(parts[0], absl::MaxSplits('@', 1));
  std::uint16_t port = 0;
  read_socket(pair.first, endpoint.address, port);
  endpoint.port = L4Port::from_host(port);
  endpoint.identity = pair.second;
  for (const std::string& part : parts) {
    if (part == "local") endpoint.accepts_new_local = true;
    if (const auto weight = value_of(part, "weight")) endpoint.weight = number(*weight);
    if (const auto limit = value_of(part, "limit")) endpoint.max_connections = number(*limit);
  }
  return endpoint;
}

// service NAME FRONTEND[,...] -> ENDPOINT[,...]|none [SELECTION] [affinity=TIME] [TREATMENT...]
void Conversation::set_service(const Words& words) {
  ServicePort service;
  service.service = "default/" + words.at(1);
  service.id = absl::StrCat("default/", words[1], ":http/", text(to_string(family_)));
  service.family = family_;
  service.protocol = protocol_;
  for (const std::string& word : split(words.at(2), ',')) {
    service.frontends.push_back(read_frontend(word));
  }
  for (const std::string& word : split(words.at(4), ',')) {
    if (word != "none") service.endpoints.push_back(read_endpoint(word));
  }
  for (std::size_t i = 5; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "maglev") service.selection = Selection::kMaglev;
    if (word == "round-robin") service.selection = Selection::kRoundRobin;
    if (word == "least-connections") service.selection = Selection::kLeastConnections;
    if (const auto time = value_of(word, "affinity")) service.client_affinity = duration(*time);
    for (Frontend& frontend : service.frontends) read_treatment(word, frontend);
  }
  services_[words[1]] = service;
  TableChange change;
  change.set_service_ports = {service};
  const absl::Status status = world_->gateway().apply(change);
  if (!status.ok()) fail(text(status.message()));
}

// route HOST via HOST[,HOST...]
void Conversation::set_route(const Words& words) {
  Route route;
  const IpAddress to = world_->address(words.at(1));
  route.prefix = IpPrefix::of(to, to.bits());
  for (const absl::string_view host : absl::StrSplit(words.at(3), ',')) {
    route.next_hops.push_back({world_->address(text(host)), std::nullopt});
  }
  TableChange change;
  change.set_routes = {route};
  const absl::Status status = world_->gateway().apply(change);
  if (!status.ok()) fail(text(status.message()));
}

void Conversation::remove_service(const std::string& name) {
  TableChange change;
  change.deleted_service_ports = {services_.at(name).id};
  const absl::Status status = world_->gateway().apply(change);
  if (!status.ok()) fail(text(status.message()));
}

}  // namespace portico
