#include "controlplane/api/convert.h"

namespace portico {
namespace {

v1::Connection::Socket socket(const IpAddress& address, L4Port port) {
  v1::Connection::Socket socket;
  socket.set_address(address.to_string());
  socket.set_port(port.host());
  return socket;
}

v1::RouteView::Origin to_proto(RouteInfo::Origin origin) {
  switch (origin) {
    case RouteInfo::Origin::kConnected:
      return v1::RouteView::ORIGIN_CONNECTED;
    case RouteInfo::Origin::kConfigured:
      return v1::RouteView::ORIGIN_CONFIGURED;
    case RouteInfo::Origin::kPushed:
      return v1::RouteView::ORIGIN_PUSHED;
    case RouteInfo::Origin::kKernel:
      return v1::RouteView::ORIGIN_KERNEL;
  }
  return v1::RouteView::ORIGIN_UNSPECIFIED;
}

v1::ExplainResponse::Verdict verdict(const std::string& text) {
  if (text == "forward") return v1::ExplainResponse::VERDICT_FORWARD;
  if (text == "drop") return v1::ExplainResponse::VERDICT_DROP;
  if (text == "refuse") return v1::ExplainResponse::VERDICT_REFUSE;
  if (text == "punt") return v1::ExplainResponse::VERDICT_PUNT;
  return v1::ExplainResponse::VERDICT_UNSPECIFIED;
}

}  // namespace

google::protobuf::Duration to_proto(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  google::protobuf::Duration message;
  message.set_seconds(seconds.count());
  message.set_nanos(static_cast<std::int32_t>((duration - seconds).count()));
  return message;
}

v1::Connection to_proto(const ConnectionInfo& connection) {
  v1::Connection message;
  message.set_protocol(to_proto(connection.protocol));
  *message.mutable_client() = socket(connection.client_address, connection.client_port);
  *message.mutable_service() = socket(connection.service_address, connection.service_port);
  *message.mutable_source() = socket(connection.source_address, connection.source_port);
  *message.mutable_endpoint() = socket(connection.endpoint_address, connection.endpoint_port);
  message.set_service_port_id(connection.service_port_id);
  message.set_state(connection.state);
  *message.mutable_idle() = to_proto(connection.idle);
  *message.mutable_expires_in() = to_proto(connection.expires_in);
  message.set_packets_to_endpoint(connection.packets_to_endpoint);
  message.set_packets_from_endpoint(connection.packets_from_endpoint);
  message.set_worker(connection.owner.value);
  return message;
}

v1::RouteView to_proto(const RouteInfo& route) {
  v1::RouteView message;
  v1::Route& made = *message.mutable_route();
  made.set_prefix(route.route.prefix.to_string());
  if (route.route.gateway) made.set_gateway(route.route.gateway->to_string());
  if (route.route.port) made.set_port(*route.route.port);
  for (const RouteHop& hop : route.route.next_hops) {
    v1::NextHop& equal = *made.add_next_hops();
    equal.set_gateway(hop.gateway.to_string());
    equal.set_port(hop.port.value_or(""));
  }
  message.set_out_port(route.port);
  message.set_origin(to_proto(route.origin));
  return message;
}

v1::Neighbor to_proto(const NeighborInfo& neighbor) {
  v1::Neighbor message;
  message.set_address(neighbor.address.to_string());
  message.set_port(neighbor.port);
  if (neighbor.mac) message.set_mac(neighbor.mac->to_string());
  message.set_state(neighbor.state);
  *message.mutable_age() = to_proto(neighbor.age);
  message.set_queued_packets(neighbor.queued_packets);
  return message;
}

v1::Port to_proto(const PortInfo& port) {
  v1::Port message;
  message.set_name(port.name);
  message.set_device(port.device);
  message.set_driver(port.driver);
  message.set_mac(port.mac.to_string());
  for (const std::string& address : port.addresses) message.add_addresses(address);
  message.set_uplink(port.uplink);
  message.set_downlink(port.downlink);
  message.set_link_up(port.link_up);
  message.set_mtu(port.mtu);
  message.set_vlan(port.vlan.value_or(0));
  message.set_rx_queues(port.rx_queues);
  message.set_rx_packets(port.rx_packets);
  message.set_rx_bytes(port.rx_bytes);
  message.set_rx_missed(port.rx_missed);
  message.set_tx_packets(port.tx_packets);
  message.set_tx_bytes(port.tx_bytes);
  message.set_kernel_interface(port.kernel_interface);
  message.set_to_kernel_packets(port.to_kernel_packets);
  message.set_from_kernel_packets(port.from_kernel_packets);
  return message;
}

v1::WorkerCounters to_proto(const WorkerCounters& counters) {
  v1::WorkerCounters message;
  message.set_worker(counters.worker.value);
  message.set_received(counters.received);
  message.set_sent(counters.sent);
  message.set_dropped(counters.dropped);
  message.set_punted(counters.punted);
  message.set_handed_over(counters.handed_over);
  message.set_fragments_waiting(counters.fragments_waiting);
  message.set_fragments_joined(counters.fragments_joined);
  message.set_reassembled(counters.reassembled);
  message.set_fragmented(counters.fragmented);
  message.set_fragments_made(counters.fragments_made);
  message.set_connections_made(counters.connections_made);
  message.set_connections_expired(counters.connections_expired);
  message.set_connections_evicted(counters.connections_evicted);
  message.set_connections_open(counters.connections_open);
  message.set_connection_capacity(counters.connection_capacity);
  message.set_polls(counters.polls);
  message.set_empty_polls(counters.empty_polls);
  return message;
}

v1::SnatCounters to_proto(const SnatInfo& snat) {
  v1::SnatCounters message;
  message.set_worker(snat.worker.value);
  message.set_family(snat.family == Family::kIpv4 ? v1::IP_FAMILY_IPV4 : v1::IP_FAMILY_IPV6);
  for (const IpAddress& address : snat.addresses) message.add_addresses(address.to_string());
  message.set_candidates(snat.candidates);
  message.set_connections(snat.connections);
  message.set_exhausted(snat.exhausted);
  message.set_most_attempts(snat.most_attempts);
  message.set_fill(snat.fill);
  return message;
}

v1::WorkerCycles to_proto(const WorkerCycles& cycles) {
  v1::WorkerCycles message;
  message.set_worker(cycles.worker.value);
  message.set_bursts(cycles.bursts);
  message.set_packets(cycles.packets);
  for (const WorkerCycles::Stage& stage : cycles.stages) {
    v1::StageCycles& added = *message.add_stages();
    added.set_stage(stage.name);
    added.set_cycles(stage.cycles);
  }
  return message;
}

v1::Drop to_proto(const DropCount& drop) {
  const DropReasonText& text = kDropReasons[static_cast<std::size_t>(drop.reason)];
  v1::Drop message;
  message.set_reason(std::string(text.name));
  message.set_meaning(std::string(text.meaning));
  message.set_packets(drop.packets);
  message.set_refused(drop.refused);
  return message;
}

v1::ExplainResponse to_proto(const Explanation& explanation) {
  v1::ExplainResponse message;
  message.set_worker(explanation.worker.value);
  for (const ExplainStep& step : explanation.steps) {
    v1::ExplainResponse::Step& made = *message.add_steps();
    made.set_stage(step.stage);
    made.set_decision(step.decision);
  }
  message.set_verdict(verdict(explanation.verdict));
  if (explanation.drop_reason) {
    const v1::Drop drop = to_proto(DropCount{*explanation.drop_reason, 0, 0});
    message.set_drop_reason(drop.reason());
    message.set_drop_meaning(drop.meaning());
  }
  if (explanation.out_port) message.set_out_port(*explanation.out_port);
  if (explanation.source) {
    *message.mutable_source() =
        socket(*explanation.source, explanation.source_port.value_or(L4Port{}));
  }
  if (explanation.destination) {
    *message.mutable_destination() =
        socket(*explanation.destination, explanation.destination_port.value_or(L4Port{}));
  }
  if (const auto& quoted = explanation.quoted) {
    *message.mutable_quoted_source() = socket(quoted->source, quoted->source_port);
    *message.mutable_quoted_destination() = socket(quoted->destination, quoted->destination_port);
  }
  return message;
}

}  // namespace portico
