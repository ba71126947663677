#include "controlplane/translate/endpoints.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controlplane/translate/values.h"

namespace portico {
namespace {

using kubernetes::EndpointSlice;

// The slices' endpoints for a port of the Service, of one family. Of those that have an address and
// port in common the last counts, but a terminating one never hides another: Pods' addresses are
// used again (kubernetes/kubernetes#135593).
Candidates collect(const v1::ServicePort& port, Family family,
                   absl::Span<const EndpointSlice* const> slices) {
  Candidates candidates;
  for (const EndpointSlice* slice : slices) {
    if (slice->address_type() != to_string(family)) continue;
    for (const kubernetes::EndpointPort& slice_port : slice->ports()) {
      // Without a number it stands for no port in particular, and can't be translated to.
      if (!slice_port.has_name() || slice_port.port() == 0) continue;
      // By name and protocol, not by number: the slice's number is the Pods' port.
      if (slice_port.name() != port.name()) continue;
      if (*parse_protocol(slice_port.protocol()) != port.protocol()) continue;
      const auto number = static_cast<std::uint32_t>(slice_port.port());
      for (const kubernetes::Endpoint& endpoint : slice->endpoints()) {
        const Candidate candidate{&endpoint, slice};
        // The addresses of an endpoint are the same one; kube-proxy uses the first.
        const std::pair key(*IpAddress::parse(endpoint.addresses(0)), number);
        const bool is_new = !candidates.contains(key);
        if (is_new || !candidate.terminating()) candidates.insert_or_assign(key, candidate);
      }
    }
  }
  return candidates;
}

// Who the Pod is. Both of a Pod's families, and a Pod that gets another address, have the same
// identity, and an endpoint's name must be its own: so the address is part of the name.
std::string endpoint_name(const Candidate& candidate, const IpAddress& address) {
  const kubernetes::ObjectReference& pod = candidate.endpoint->target_ref();
  if (!pod.uid().empty()) return absl::StrCat(pod.uid(), "/", address.to_string());
  if (pod.name().empty()) return address.to_string();
  const std::string& name_space =
      pod.namespace_().empty() ? candidate.slice->metadata().namespace_() : pod.namespace_();
  return absl::StrCat(name_space, "/", pod.name(), "/", address.to_string());
}

// Whether a Local policy asks which endpoints are local (UsesLocalEndpoints in serviceport.go).
bool uses_local_endpoints(const v1::Service& service) {
  return std::any_of(service.addresses().begin(), service.addresses().end(),
                     [](const auto& a) { return a.traffic_policy() == v1::TRAFFIC_POLICY_LOCAL; });
}

// What the ports of one endpoint have in common.
struct Part {
  v1::Endpoint::State state;
  v1::Endpoint::State local_state;  // unspecified where nobody asks
  bool terminating;                 // takes new connections, if any, as the last resort
  std::optional<std::uint32_t> weight;

  bool suits(const v1::Endpoint& endpoint) const {
    return endpoint.state() == state && endpoint.local_state() == local_state &&
           endpoint.terminating() == terminating && endpoint.has_weight() == weight.has_value() &&
           endpoint.weight() == weight.value_or(0);
  }
};

class Endpoints {
 public:
  Endpoints(const TranslatedService& service, const Standpoint& standpoint)
      : service_(service),
        standpoint_(standpoint),
        uses_local_(uses_local_endpoints(service.service)) {}

  void add(const v1::ServicePort& port, const Candidates& candidates) {
    const Availability availability(candidates, standpoint_);
    for (const auto& [socket, candidate] : candidates) {
      const auto state = availability.cluster_state(candidate);
      if (!state.has_value()) continue;
      const Part part{
          *state,
          uses_local_ ? availability.local_state(candidate) : v1::Endpoint::STATE_UNSPECIFIED,
          uses_local_ && candidate.terminating() && !candidate.ready(),
          weight_of(*candidate.endpoint)};
      add(port, socket.first, socket.second, candidate, part);
    }
  }

  std::vector<v1::Endpoint> take() {
    std::vector<v1::Endpoint> all;
    for (auto& [name, endpoint] : by_name_) all.push_back(std::move(endpoint));
    return all;
  }

 private:
  void add(const v1::ServicePort& port, const IpAddress& address, std::uint32_t number,
           const Candidate& candidate, const Part& part) {
    std::string name = endpoint_name(candidate, address);
    const auto present = by_name_.find(name);
    // The same Pod with two numbers for one port, or terminating in one slice and ready in another,
    // or on two nodes: no controller of Kubernetes makes these, but who writes slices by hand can.
    if (present != by_name_.end() && !has_room(present->second, port.name(), part)) {
      absl::StrAppend(&name, ":", port.name(), ":", number);
    }
    v1::Endpoint& endpoint = by_name_[name];
    endpoint.set_name(name);
    endpoint.set_service(service_.service.name());
    endpoint.set_address(address.to_string());
    endpoint.set_node(candidate.endpoint->node_name());
    endpoint.set_state(part.state);
    endpoint.set_local_state(part.local_state);
    endpoint.set_terminating(part.terminating);
    if (part.weight.has_value()) endpoint.set_weight(*part.weight);
    v1::EndpointPort& added = *endpoint.add_ports();
    added.set_name(port.name());
    added.set_port(number);
  }

  std::optional<std::uint32_t> weight_of(const kubernetes::Endpoint& endpoint) const {
    const auto of_node = service_.node_weights.find(endpoint.node_name());
    if (of_node != service_.node_weights.end()) return of_node->second;
    const auto of_zone = service_.zone_weights.find(endpoint.zone());
    if (of_zone != service_.zone_weights.end()) return of_zone->second;
    return std::nullopt;
  }

  static bool has_room(const v1::Endpoint& endpoint, const std::string& port_name,
                       const Part& part) {
    return part.suits(endpoint) &&
           std::none_of(endpoint.ports().begin(), endpoint.ports().end(),
                        [&](const v1::EndpointPort& port) { return port.name() == port_name; });
  }

  const TranslatedService& service_;
  const Standpoint& standpoint_;
  const bool uses_local_;
  std::map<std::string, v1::Endpoint> by_name_;
};

}  // namespace

std::vector<v1::Endpoint> translate_endpoints(const TranslatedService& service,
                                              absl::Span<const EndpointSlice* const> slices,
                                              const Standpoint& standpoint) {
  std::vector<const EndpointSlice*> sorted(slices.begin(), slices.end());
  std::sort(sorted.begin(), sorted.end(), [](const EndpointSlice* a, const EndpointSlice* b) {
    return a->metadata().name() < b->metadata().name();
  });
  std::set<Family> families;
  for (const v1::ServiceAddress& address : service.service.addresses()) {
    // A node port is served in the families of the other addresses, the cluster IPs among them.
    if (address.kind() == v1::ServiceAddress::KIND_NODE_PORT) continue;
    families.insert(IpAddress::parse(address.address())->family());
  }
  Endpoints endpoints(service, standpoint);
  for (const Family family : families) {
    for (const v1::ServicePort& port : service.service.ports()) {
      endpoints.add(port, collect(port, family, sorted));
    }
  }
  return endpoints.take();
}

}  // namespace portico
