#include "dataplane/stage/pick_endpoint.h"

#include "dataplane/stage/choose.h"
#include "dataplane/stage/refuse.h"

namespace portico {
namespace {

// Session affinity: where the client's last connection went, while that endpoint takes new ones by
// this frontend's policy; else a new choice. Each new connection begins the timeout anew.
template <typename Address>
const ServiceEndpoint<Address>* stay(const Packet& packet, const EndpointSet<Address>& set,
                                     Choice<Address>& choice, StageContext& context) noexcept {
  const auto& port = *static_cast<const ServiceEntry<Address>*>(packet.service)->port;
  AffinityTable::Hold hold(context.affinity,
                           AffinityKey::of(source_of<Address>(packet), port.number));
  const auto* endpoint = set.find(hold.endpoint(context.now, *port.client_affinity));
  if (endpoint == nullptr || !choice.has_room(*endpoint)) endpoint = choice.make();
  // Of a connection that will not be made nothing is remembered, at the cost of other clients.
  const bool is_capped =
      context.new_connections.would_refuse(source_of<Address>(packet), context.now).has_value();
  if (endpoint != nullptr && !is_capped) hold.remember(endpoint->ref, context.now);
  return endpoint;
}

template <typename Address>
void pick(Packet& packet, const Batch& packets, StageContext& context) noexcept {
  const auto& service = *static_cast<const ServiceEntry<Address>*>(packet.service);
  const EndpointSet<Address>& set =
      endpoints_for(service, is_from_cluster<Address>(packet, context));
  if (set.empty()) {
    // A Local policy drops in silence, as kube-proxy does: another node may have endpoints.
    if (!service.port->cluster->empty()) return packet.drop(DropReason::no_local_endpoint);
    return refuse<Address>(packet, DropReason::service_has_no_endpoint, context);
  }
  Choice<Address> choice(service.port->selection, set, packet, packets, context);
  packet.endpoint =
      service.port->client_affinity ? stay(packet, set, choice, context) : choice.make();
  if (packet.endpoint == nullptr) {
    refuse<Address>(packet, DropReason::endpoint_limit_reached, context);
  }
}

}  // namespace

template <typename Address>
void pick_endpoint(const Batch& packets, StageContext& context) noexcept {
  for (Packet& packet : packets) {
    if (packet.undecided() && !packet.connection.found()) pick<Address>(packet, packets, context);
  }
}

template void pick_endpoint<Ipv4Address>(const Batch&, StageContext&) noexcept;
template void pick_endpoint<Ipv6Address>(const Batch&, StageContext&) noexcept;

}  // namespace portico
