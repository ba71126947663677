#include "controlplane/cli/views.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "controlplane/cli/text.h"
#include "controlplane/cli/words.h"

namespace portico::cli {
namespace {

std::string number(std::uint64_t value) {
  return absl::StrCat(value);
}

std::string roles(const v1::Port& port) {
  std::vector<std::string> words;
  if (port.uplink()) words.emplace_back("uplink");
  if (port.downlink()) words.emplace_back("downlink");
  return absl::StrJoin(words, ",");
}

// The share of a worker's polls that found packets.
std::string busy(const v1::WorkerCounters& worker) {
  if (worker.polls() == 0) return "";
  const std::uint64_t used = worker.polls() - std::min(worker.polls(), worker.empty_polls());
  return absl::StrFormat("%.1f%%",
                         100.0 * static_cast<double>(used) / static_cast<double>(worker.polls()));
}

v1::WorkerCounters sum(const std::vector<v1::WorkerCounters>& workers) {
  v1::WorkerCounters all;
  const google::protobuf::Reflection& reflection = *all.GetReflection();
  for (const v1::WorkerCounters& worker : workers) {
    for (int i = 0; i < all.GetDescriptor()->field_count(); ++i) {
      const google::protobuf::FieldDescriptor* field = all.GetDescriptor()->field(i);
      if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_UINT64) continue;
      reflection.SetUInt64(&all, field,
                           reflection.GetUInt64(all, field) + reflection.GetUInt64(worker, field));
    }
  }
  return all;
}

void add_worker(const std::string& name, const v1::WorkerCounters& worker, Table& table) {
  table.add({name, number(worker.received()), number(worker.sent()), number(worker.dropped()),
             number(worker.punted()), number(worker.handed_over()),
             absl::StrCat(worker.connections_open(), "/", worker.connection_capacity()),
             number(worker.connections_made()), number(worker.connections_expired()),
             number(worker.connections_evicted()), busy(worker)});
}

}  // namespace

Table connections_table(std::vector<v1::Connection> connections) {
  const auto key = [](const v1::Connection& c) {
    return std::make_tuple(AddressOrder(c.service().address()), c.service().port(), c.protocol(),
                           AddressOrder(c.client().address()), c.client().port());
  };
  std::vector<std::pair<decltype(key(v1::Connection())), const v1::Connection*>> order;
  for (const v1::Connection& connection : connections) {
    order.emplace_back(key(connection), &connection);
  }
  std::sort(order.begin(), order.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });

  Table table({"PROTOCOL",
               "CLIENT",
               "SERVICE-ADDRESS",
               "SOURCE",
               "ENDPOINT",
               "STATE",
               {"IDLE", kRight},
               {"EXPIRES-IN", kRight},
               {"PACKETS-TO", kRight},
               {"PACKETS-FROM", kRight},
               {"WORKER", kRight},
               "SERVICE"});
  for (const auto& [unused, c] : order) {
    table.add({to_string(c->protocol()), to_string(c->client()), to_string(c->service()),
               to_string(c->source()), to_string(c->endpoint()), c->state(),
               to_string(c->idle(), c->has_idle()), to_string(c->expires_in(), c->has_expires_in()),
               number(c->packets_to_endpoint()), number(c->packets_from_endpoint()),
               number(c->worker()), c->service_port_id()});
  }
  return table;
}

Table routes_table(std::vector<v1::RouteView> routes) {
  const auto key = [](const v1::RouteView& view) {
    const std::vector<std::string> parts = absl::StrSplit(view.route().prefix(), '/');
    return std::make_tuple(AddressOrder(parts[0]), parts.back().size(), parts.back());
  };
  std::stable_sort(routes.begin(), routes.end(),
                   [&](const auto& a, const auto& b) { return key(a) < key(b); });
  Table table({"PREFIX", "GATEWAY", "PORT", "ORIGIN"});
  for (const v1::RouteView& view : routes) {
    const std::string equals =
        absl::StrJoin(view.route().next_hops(), ",",
                      [](std::string* text, const v1::NextHop& hop) { *text += hop.gateway(); });
    table.add({view.route().prefix(), equals.empty() ? view.route().gateway() : equals,
               view.out_port(), enum_word(v1::RouteView::Origin_Name(view.origin()), "ORIGIN_")});
  }
  return table;
}

Table neighbors_table(std::vector<v1::Neighbor> neighbors) {
  const auto key = [](const v1::Neighbor& neighbor) {
    return std::make_tuple(neighbor.port(), AddressOrder(neighbor.address()));
  };
  std::stable_sort(neighbors.begin(), neighbors.end(),
                   [&](const auto& a, const auto& b) { return key(a) < key(b); });
  Table table({"ADDRESS", "PORT", "MAC", "STATE", {"AGE", kRight}, {"QUEUED", kRight}});
  for (const v1::Neighbor& neighbor : neighbors) {
    table.add({neighbor.address(), neighbor.port(), neighbor.mac(), neighbor.state(),
               to_string(neighbor.age(), neighbor.has_age()), number(neighbor.queued_packets())});
  }
  return table;
}

Table ports_table(const std::vector<v1::Port>& ports) {
  Table table({"NAME",
               "LINK",
               "ROLES",
               "ADDRESSES",
               "MAC",
               {"MTU", kRight},
               {"RX-PACKETS", kRight},
               {"RX-BYTES", kRight},
               {"RX-MISSED", kRight},
               {"TX-PACKETS", kRight},
               {"TX-BYTES", kRight},
               {"RX-QUEUES", kRight},
               "KERNEL",
               {"TO-KERNEL", kRight},
               {"FROM-KERNEL", kRight},
               "DRIVER",
               "DEVICE"});
  for (const v1::Port& port : ports) {
    table.add(
        {port.name(), port.link_up() ? "up" : "down", roles(port),
         absl::StrJoin(port.addresses(), ","), port.mac(), number(port.mtu()),
         number(port.rx_packets()), bytes_to_string(port.rx_bytes()), number(port.rx_missed()),
         number(port.tx_packets()), bytes_to_string(port.tx_bytes()), number(port.rx_queues()),
         port.kernel_interface(), number(port.to_kernel_packets()),
         number(port.from_kernel_packets()), port.driver(),
         port.vlan() == 0 ? port.device() : absl::StrCat(port.device(), " VLAN ", port.vlan())});
  }
  return table;
}

Table drops_table(std::vector<v1::Drop> drops) {
  std::stable_sort(drops.begin(), drops.end(), [](const auto& a, const auto& b) {
    return a.packets() + a.refused() > b.packets() + b.refused();
  });
  Table table({"REASON", {"DROPPED", kRight}, {"REFUSED", kRight}, "MEANING"});
  for (const v1::Drop& drop : drops) {
    table.add({drop.reason(), number(drop.packets()), number(drop.refused()), drop.meaning()});
  }
  return table;
}

Table counters_table(std::vector<v1::WorkerCounters> workers) {
  std::stable_sort(workers.begin(), workers.end(),
                   [](const auto& a, const auto& b) { return a.worker() < b.worker(); });
  Table table({{"WORKER", kRight},
               {"RECEIVED", kRight},
               {"SENT", kRight},
               {"DROPPED", kRight},
               {"PUNTED", kRight},
               {"HANDED-OVER", kRight},
               {"CONNECTIONS", kRight},
               {"MADE", kRight},
               {"EXPIRED", kRight},
               {"EVICTED", kRight},
               {"BUSY-POLLS", kRight}});
  for (const v1::WorkerCounters& worker : workers) {
    add_worker(absl::StrCat(worker.worker()), worker, table);
  }
  if (workers.size() > 1) add_worker("all", sum(workers), table);
  return table;
}

Table snat_table(const std::vector<v1::SnatCounters>& snat) {
  Table table({{"WORKER", kRight},
               "FAMILY",
               "ADDRESSES",
               {"CANDIDATES", kRight},
               {"FILL", kRight},
               {"MADE", kRight},
               {"EXHAUSTED", kRight},
               {"MOST-TRIES", kRight}});
  for (const v1::SnatCounters& counters : snat) {
    table.add({number(counters.worker()), counters.family() == v1::IP_FAMILY_IPV4 ? "IPv4" : "IPv6",
               absl::StrJoin(counters.addresses(), ","), number(counters.candidates()),
               absl::StrFormat("%.0f%%", 100.0 * counters.fill()), number(counters.connections()),
               number(counters.exhausted()), number(counters.most_attempts())});
  }
  return table;
}

Table stages_table(const std::vector<v1::WorkerCycles>& workers) {
  Table table({{"WORKER", kRight},
               "STAGE",
               {"PACKETS", kRight},
               {"CYCLES/PACKET", kRight},
               {"SHARE", kRight}});
  for (const v1::WorkerCycles& worker : workers) {
    if (worker.packets() == 0) continue;
    v1::StageCycles all;
    all.set_stage("all");
    for (const v1::StageCycles& stage : worker.stages()) {
      all.set_cycles(all.cycles() + stage.cycles());
    }
    const auto add = [&](const v1::StageCycles& stage) {
      const auto cycles = static_cast<double>(stage.cycles());
      const double whole = std::max(1.0, static_cast<double>(all.cycles()));
      table.add({number(worker.worker()), stage.stage(), number(worker.packets()),
                 absl::StrFormat("%.1f", cycles / static_cast<double>(worker.packets())),
                 absl::StrFormat("%.1f%%", 100.0 * cycles / whole)});
    };
    for (const v1::StageCycles& stage : worker.stages()) add(stage);
    add(all);
  }
  return table;
}

Table sources_table(const v1::Status& status) {
  Table table({"SOURCE",
               {"REVISION", kRight},
               {"AGE", kRight},
               {"SERVICES", kRight},
               {"ENDPOINTS", kRight},
               {"ROUTES", kRight},
               {"REFUSALS", kRight},
               {"STREAMS", kRight},
               "CONTROLLER"});
  for (const v1::Status::Source& source : status.sources()) {
    table.add({source.name(), number(source.revision()), to_string(source.age(), source.has_age()),
               number(source.services()), number(source.endpoints()), number(source.routes()),
               number(source.refusals()), number(source.streams()), source.user_agent()});
  }
  return table;
}

std::string status_text(const v1::Status& status) {
  return absl::StrCat("Version:  ", printable(status.version()),
                      "\nUptime:   ", to_string(status.uptime(), status.has_uptime()),
                      "\nWorkers:  ", status.workers(), "\n");
}

}  // namespace portico::cli
