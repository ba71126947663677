#include "controlplane/translate/endpoints.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controlplane/translate/values.h"

namespace portico {
namespace {

using kubernetes::EndpointSlice;

// One Pod's socket behind one port of the Service.
struct Candidate {
  const kubernetes::Endpoint* endpoint;
  const EndpointSlice* slice;

  // Absent conditions are to be taken for ready, serving and not terminating.
  bool ready() const {
    const auto& conditions = endpoint->conditions();
    return !conditions.has_ready() || conditions.ready();
  }
  bool serving() const {
    const auto& conditions = endpoint->conditions();
    return !conditions.has_serving() || conditions.serving();
  }
  bool terminating() const { return endpoint->conditions().terminating(); }
};

// By address and port.
using Candidates = std::map<std::pair<IpAddress, std::uint32_t>, Candidate>;

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

class Endpoints {
 public:
  explicit Endpoints(const v1::Service& service) : service_(service) {}

  void add(const v1::ServicePort& port, const Candidates& candidates) {
    const bool any_ready = std::any_of(candidates.begin(), candidates.end(),
                                       [](const auto& entry) { return entry.second.ready(); });
    for (const auto& [key, candidate] : candidates) {
      if (candidate.ready()) {
        add(port, key.first, key.second, candidate, v1::Endpoint::STATE_ACTIVE);
      } else if (candidate.serving() && candidate.terminating()) {
        add(port, key.first, key.second, candidate,
            any_ready ? v1::Endpoint::STATE_DRAINING : v1::Endpoint::STATE_ACTIVE);
      }
    }
  }

  std::vector<v1::Endpoint> take() {
    std::vector<v1::Endpoint> all;
    for (auto& [name, endpoint] : by_name_) all.push_back(std::move(endpoint));
    return all;
  }

 private:
  void add(const v1::ServicePort& port, const IpAddress& address, std::uint32_t number,
           const Candidate& candidate, v1::Endpoint::State state) {
    std::string name = endpoint_name(candidate, address);
    const auto present = by_name_.find(name);
    // The same Pod with two numbers for one port, or terminating in one slice and ready in another:
    // no controller of Kubernetes makes these, but who writes slices by hand can.
    if (present != by_name_.end() && !has_room(present->second, port.name(), state)) {
      absl::StrAppend(&name, ":", port.name(), ":", number);
    }
    v1::Endpoint& endpoint = by_name_[name];
    endpoint.set_name(name);
    endpoint.set_service(service_.name());
    endpoint.set_address(address.to_string());
    endpoint.set_node(candidate.endpoint->node_name());
    endpoint.set_state(state);
    v1::EndpointPort& added = *endpoint.add_ports();
    added.set_name(port.name());
    added.set_port(number);
  }

  static bool has_room(const v1::Endpoint& endpoint, const std::string& port_name,
                       v1::Endpoint::State state) {
    return endpoint.state() == state &&
           std::none_of(endpoint.ports().begin(), endpoint.ports().end(),
                        [&](const v1::EndpointPort& port) { return port.name() == port_name; });
  }

  const v1::Service& service_;
  std::map<std::string, v1::Endpoint> by_name_;
};

}  // namespace

std::vector<v1::Endpoint> translate_endpoints(const v1::Service& service,
                                              absl::Span<const EndpointSlice* const> slices) {
  std::vector<const EndpointSlice*> sorted(slices.begin(), slices.end());
  std::sort(sorted.begin(), sorted.end(), [](const EndpointSlice* a, const EndpointSlice* b) {
    return a->metadata().name() < b->metadata().name();
  });
  Endpoints endpoints(service);
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    // A family that the Service has no address of is of no use to it.
    const bool has_family = std::any_of(service.addresses().begin(), service.addresses().end(),
                                        [&](const v1::ServiceAddress& a) {
                                          return IpAddress::parse(a.address())->family() == family;
                                        });
    if (!has_family) continue;
    for (const v1::ServicePort& port : service.ports()) {
      endpoints.add(port, collect(port, family, sorted));
    }
  }
  return endpoints.take();
}

}  // namespace portico
