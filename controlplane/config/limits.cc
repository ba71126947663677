// workers, capacity, fragments, timeouts: numbers in bounds.

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "controlplane/config/sections.h"
#include "google/protobuf/duration.pb.h"

namespace portico {
namespace {

constexpr std::uint32_t kMaxWorkers = 128;  // RTE_MAX_LCORE
constexpr std::uint32_t kMaxCpu = 8191;     // Linux' largest NR_CPUS, less one
constexpr absl::Duration kMaxNap = absl::Milliseconds(100);
constexpr absl::Duration kMaxTimeout = absl::Hours(24 * 365);

absl::Duration to_absl(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

void read_timeout(bool is_set, const google::protobuf::Duration& timeout, absl::string_view field,
                  Duration* result, FieldFaults* faults) {
  if (!is_set) return;
  const absl::Duration value = to_absl(timeout);
  if (value <= absl::ZeroDuration() || value > kMaxTimeout) {
    faults->add(field, "must be longer than 0 and at most 8760h");
    return;
  }
  *result = absl::ToChronoNanoseconds(value);
}

void read_size(bool is_set, std::uint32_t value, std::uint32_t most, absl::string_view field,
               std::uint32_t* result, FieldFaults* faults) {
  if (is_set && faults->check_range(field, value, 1u, most)) *result = value;
}

}  // namespace

void read_workers(const config::v1::Workers& workers, WorkersConfig* config, FieldFaults* faults) {
  absl::flat_hash_set<std::uint32_t> seen;
  for (int i = 0; i < workers.cores_size(); ++i) {
    const std::string field = indexed("workers.cores", i);
    const std::uint32_t core = workers.cores(i);
    if (!faults->check_range(field, core, 0u, kMaxCpu)) continue;
    if (!seen.insert(core).second) {
      faults->add(field, absl::StrCat("core ", core, " is in the list already"));
    }
    config->cores.push_back(core);
  }
  const auto listed = static_cast<std::uint32_t>(workers.cores_size());
  const std::uint32_t count = workers.count() != 0 ? workers.count() : listed;
  if (!faults->check_range("workers.count", count, 0u, kMaxWorkers)) return;
  config->count = static_cast<std::uint16_t>(count);
  if (listed != 0 && count != listed) {
    faults->add("workers.count",
                absl::StrCat("is ", count, ", but workers.cores has ", listed, " cores"));
  }
  if (!workers.idle().has_max_nap()) return;
  const absl::Duration nap = to_absl(workers.idle().max_nap());
  if (nap < absl::ZeroDuration() || nap > kMaxNap) {
    faults->add("workers.idle.max_nap", "must be between 0s and 100ms");
    return;
  }
  config->max_nap = absl::ToChronoNanoseconds(nap);
}

void read_capacity(const config::v1::Capacity& capacity, CapacityConfig* config,
                   FieldFaults* faults) {
  read_size(capacity.has_connections(), capacity.connections(), 1u << 28, "capacity.connections",
            &config->connections, faults);
  read_size(capacity.has_frontends(), capacity.frontends(), 1u << 24, "capacity.frontends",
            &config->frontends, faults);
  read_size(capacity.has_endpoints(), capacity.endpoints(), 1u << 26, "capacity.endpoints",
            &config->endpoints, faults);
  read_size(capacity.has_routes(), capacity.routes(), 1u << 22, "capacity.routes", &config->routes,
            faults);
  read_size(capacity.has_neighbors(), capacity.neighbors(), 1u << 20, "capacity.neighbors",
            &config->neighbors, faults);
  read_size(capacity.has_affinity_entries(), capacity.affinity_entries(), 1u << 26,
            "capacity.affinity_entries", &config->affinity_entries, faults);
}

void read_fragments(const config::v1::Fragments& fragments, FragmentConfig* config,
                    FieldFaults* faults) {
  // Less would not hold two packets; rte_ip_frag's tables take a kilobyte for each.
  if (fragments.has_capacity() &&
      faults->check_range("fragments.capacity", fragments.capacity(), 16u, 65536u)) {
    config->capacity = fragments.capacity();
  }
  read_timeout(fragments.has_ipv4_timeout(), fragments.ipv4_timeout(), "fragments.ipv4_timeout",
               &config->ipv4_timeout, faults);
  read_timeout(fragments.has_ipv6_timeout(), fragments.ipv6_timeout(), "fragments.ipv6_timeout",
               &config->ipv6_timeout, faults);
}

void read_timeouts(const config::v1::Timeouts& timeouts, TimeoutConfig* config,
                   FieldFaults* faults) {
  const config::v1::TcpTimeouts& tcp = timeouts.tcp();
  const config::v1::UdpTimeouts& udp = timeouts.udp();
  read_timeout(tcp.has_syn_sent(), tcp.syn_sent(), "timeouts.tcp.syn_sent", &config->tcp_syn_sent,
               faults);
  read_timeout(tcp.has_syn_received(), tcp.syn_received(), "timeouts.tcp.syn_received",
               &config->tcp_syn_received, faults);
  read_timeout(tcp.has_established(), tcp.established(), "timeouts.tcp.established",
               &config->tcp_established, faults);
  read_timeout(tcp.has_fin_wait(), tcp.fin_wait(), "timeouts.tcp.fin_wait", &config->tcp_fin_wait,
               faults);
  read_timeout(tcp.has_close_wait(), tcp.close_wait(), "timeouts.tcp.close_wait",
               &config->tcp_close_wait, faults);
  read_timeout(tcp.has_last_ack(), tcp.last_ack(), "timeouts.tcp.last_ack", &config->tcp_last_ack,
               faults);
  read_timeout(tcp.has_time_wait(), tcp.time_wait(), "timeouts.tcp.time_wait",
               &config->tcp_time_wait, faults);
  read_timeout(tcp.has_close(), tcp.close(), "timeouts.tcp.close", &config->tcp_close, faults);
  read_timeout(udp.has_unreplied(), udp.unreplied(), "timeouts.udp.unreplied",
               &config->udp_unreplied, faults);
  read_timeout(udp.has_replied(), udp.replied(), "timeouts.udp.replied", &config->udp_replied,
               faults);
  read_timeout(udp.has_stream(), udp.stream(), "timeouts.udp.stream", &config->udp_stream, faults);
  const config::v1::SctpTimeouts& sctp = timeouts.sctp();
  read_timeout(sctp.has_cookie_wait(), sctp.cookie_wait(), "timeouts.sctp.cookie_wait",
               &config->sctp_cookie_wait, faults);
  read_timeout(sctp.has_cookie_echoed(), sctp.cookie_echoed(), "timeouts.sctp.cookie_echoed",
               &config->sctp_cookie_echoed, faults);
  read_timeout(sctp.has_established(), sctp.established(), "timeouts.sctp.established",
               &config->sctp_established, faults);
  read_timeout(sctp.has_shutdown_sent(), sctp.shutdown_sent(), "timeouts.sctp.shutdown_sent",
               &config->sctp_shutdown_sent, faults);
  read_timeout(sctp.has_shutdown_received(), sctp.shutdown_received(),
               "timeouts.sctp.shutdown_received", &config->sctp_shutdown_received, faults);
  read_timeout(sctp.has_shutdown_ack_sent(), sctp.shutdown_ack_sent(),
               "timeouts.sctp.shutdown_ack_sent", &config->sctp_shutdown_ack_sent, faults);
  read_timeout(sctp.has_closed(), sctp.closed(), "timeouts.sctp.closed", &config->sctp_closed,
               faults);
  read_timeout(sctp.has_heartbeat_sent(), sctp.heartbeat_sent(), "timeouts.sctp.heartbeat_sent",
               &config->sctp_heartbeat_sent, faults);
}

}  // namespace portico
