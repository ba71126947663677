#include "controlplane/watch/slice_conversion.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace portico {
namespace {

using kubernetes::EndpointSlice;

// k8s.io/api/core/v1/well_known_labels.go; the zone's older name is of Kubernetes 1.16.
constexpr char kNode[] = "kubernetes.io/hostname";
constexpr char kZone[] = "topology.kubernetes.io/zone";
constexpr char kOlderZone[] = "failure-domain.beta.kubernetes.io/zone";
constexpr char kServiceName[] = "kubernetes.io/service-name";
// client-go/tools/leaderelection/resourcelock.
constexpr char kLeader[] = "control-plane.alpha.kubernetes.io/leader";

void annotate(const char* api_version, const char* kind, const std::string& name,
              EndpointSlice* slice) {
  (*slice->mutable_metadata()->mutable_annotations())[kMadeOf] =
      absl::StrCat(api_version, " ", kind, " ", name);
}

const std::string* find(const google::protobuf::Map<std::string, std::string>& map,
                        const char* key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

void add_endpoint(const kubernetes::EndpointAddress& address, bool ready, EndpointSlice* slice) {
  kubernetes::Endpoint* endpoint = slice->add_endpoints();
  endpoint->add_addresses(address.ip());
  endpoint->mutable_conditions()->set_ready(ready);
  if (address.has_target_ref()) *endpoint->mutable_target_ref() = address.target_ref();
  if (!address.hostname().empty()) endpoint->set_hostname(address.hostname());
  if (address.has_node_name()) endpoint->set_node_name(address.node_name());
}

EndpointSlice make_slice(const kubernetes::Endpoints& endpoints, int subset, bool ipv6) {
  EndpointSlice slice;
  *slice.mutable_metadata() = endpoints.metadata();
  slice.mutable_metadata()->set_name(
      absl::StrCat(endpoints.metadata().name(), "-", subset, ipv6 ? "-ipv6" : "-ipv4"));
  (*slice.mutable_metadata()->mutable_labels())[kServiceName] = endpoints.metadata().name();
  annotate("v1", "Endpoints", endpoints.metadata().name(), &slice);
  slice.set_address_type(ipv6 ? "IPv6" : "IPv4");
  const auto add = [&slice, ipv6](const auto& addresses, bool ready) {
    for (const kubernetes::EndpointAddress& address : addresses) {
      const bool is_ipv6 = address.ip().find(':') != std::string::npos;
      if (is_ipv6 == ipv6) add_endpoint(address, ready, &slice);
    }
  };
  const kubernetes::EndpointSubset& source = endpoints.subsets(subset);
  add(source.addresses(), true);
  add(source.not_ready_addresses(), false);
  for (const kubernetes::EndpointSubsetPort& from : source.ports()) {
    kubernetes::EndpointPort* port = slice.add_ports();
    port->set_name(from.name());  // absent is "", as a Service's port without a name
    port->set_port(from.port());
    port->set_protocol(from.protocol());
  }
  return slice;
}

}  // namespace

const char kMadeOf[] = "portico/made-of";

EndpointSlice from_v1beta1(const kubernetes::EndpointSliceV1beta1& slice) {
  EndpointSlice out;
  *out.mutable_metadata() = slice.metadata();
  annotate("discovery.k8s.io/v1beta1", "EndpointSlice", slice.metadata().name(), &out);
  out.set_address_type(slice.address_type());
  *out.mutable_ports() = slice.ports();
  for (const kubernetes::EndpointV1beta1& from : slice.endpoints()) {
    kubernetes::Endpoint* to = out.add_endpoints();
    *to->mutable_addresses() = from.addresses();
    if (from.has_conditions()) *to->mutable_conditions() = from.conditions();
    if (from.has_hostname()) to->set_hostname(from.hostname());
    if (from.has_target_ref()) *to->mutable_target_ref() = from.target_ref();
    if (from.has_hints()) *to->mutable_hints() = from.hints();
    const std::string* node =
        from.has_node_name() ? &from.node_name() : find(from.topology(), kNode);
    if (node != nullptr) to->set_node_name(*node);
    const std::string* zone = find(from.topology(), kZone);
    if (zone == nullptr) zone = find(from.topology(), kOlderZone);
    if (zone != nullptr) to->set_zone(*zone);
  }
  return out;
}

std::vector<EndpointSlice> from_endpoints(const kubernetes::Endpoints& endpoints) {
  std::vector<EndpointSlice> slices;
  if (find(endpoints.metadata().annotations(), kLeader) != nullptr) return slices;
  for (int subset = 0; subset < endpoints.subsets_size(); ++subset) {
    for (const bool ipv6 : {false, true}) {
      EndpointSlice slice = make_slice(endpoints, subset, ipv6);
      if (slice.endpoints_size() > 0) slices.push_back(std::move(slice));
    }
  }
  return slices;
}

}  // namespace portico
