#include "dataplane/runtime/connection_walk.h"

#include <algorithm>

namespace portico {
namespace {

// Places of the table that a worker looks at, and connections that it ends, between two bursts.
constexpr std::uint32_t kPiece = 512;

template <typename Address>
ConnectionInfo describe(const Connection<Address>& connection, WorkerId owner, std::uint32_t now,
                        std::uint32_t ticks_left, const Namer& name) {
  ConnectionInfo info;
  info.owner = owner;
  info.protocol = connection.protocol;
  info.client_address = connection.client;
  info.client_port = connection.client_port;
  info.service_address = connection.service;
  info.service_port = connection.service_port;
  info.source_address = connection.source;
  info.source_port = connection.source_port;
  info.endpoint_address = connection.endpoint;
  info.endpoint_port = connection.endpoint_port;
  info.service_port_id = name(connection.endpoint_ref);
  const absl::string_view state = to_string(connection.state);
  info.state = std::string(state.data(), state.size());
  info.idle = kTick * (now - connection.last_seen);
  info.expires_in = kTick * ticks_left;
  info.packets_to_endpoint = connection.packets[0];
  info.packets_from_endpoint = connection.packets[1];
  return info;
}

}  // namespace

template <typename Address>
bool walk_connections(
    Worker& worker, const Namer& name,
    const std::function<bool(const ConnectionInfo&, const Tuple<Address>&)>& visit) {
  struct Copy {
    Connection<Address> connection;
    std::uint32_t ticks_left;
  };
  std::vector<Copy> copies;
  copies.reserve(kPiece);
  std::uint32_t cursor = 0;
  while (cursor != ConnectionRef::kNone) {
    copies.clear();
    std::uint32_t now = 0;
    worker.mailbox().call([&] {
      const auto& connections = worker.tables<Address>().connections;
      now = to_ticks(worker.now());
      cursor = connections.walk(cursor, kPiece, [&](ConnectionRef, const auto& connection) {
        copies.push_back({connection, connections.ticks_left(connection, now)});
      });
    });
    for (const Copy& copy : copies) {
      const ConnectionInfo info =
          describe(copy.connection, worker.id(), now, copy.ticks_left, name);
      if (!visit(info, copy.connection.original_tuple())) return false;
    }
  }
  return true;
}

template <typename Address>
std::uint64_t end_connections(Worker& worker, const std::vector<Tuple<Address>>& tuples) {
  std::uint64_t ended = 0;
  for (std::size_t begin = 0; begin < tuples.size(); begin += kPiece) {
    const std::size_t end = std::min(begin + kPiece, tuples.size());
    worker.mailbox().call([&] {
      for (std::size_t i = begin; i < end; ++i) {
        const ConnectionRef ref = worker.tables<Address>().connections.find(tuples[i]);
        if (!ref.found()) continue;
        worker.erase<Address>(ref);
        ++ended;
      }
    });
  }
  return ended;
}

template bool walk_connections<Ipv4Address>(
    Worker&, const Namer&,
    const std::function<bool(const ConnectionInfo&, const Tuple<Ipv4Address>&)>&);
template bool walk_connections<Ipv6Address>(
    Worker&, const Namer&,
    const std::function<bool(const ConnectionInfo&, const Tuple<Ipv6Address>&)>&);
template std::uint64_t end_connections<Ipv4Address>(Worker&,
                                                    const std::vector<Tuple<Ipv4Address>>&);
template std::uint64_t end_connections<Ipv6Address>(Worker&,
                                                    const std::vector<Tuple<Ipv6Address>>&);

}  // namespace portico
