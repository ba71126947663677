// api, memory, state_directory, log_level: the process around the gateway.

#include <sys/un.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <tuple>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "controlplane/config/sections.h"

namespace portico {
namespace {

constexpr std::size_t kMaxSocketPath = sizeof(sockaddr_un::sun_path) - 1;  // a zero byte ends it
constexpr std::uint32_t kMaxPacketBuffers = 1u << 26;

bool is_absolute(absl::string_view path) {
  return !path.empty() && path[0] == '/';
}

// "127.0.0.1:9000" or "[::1]:9000": an address of this machine and a port.
bool is_listen_address(absl::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return false;
  std::uint32_t port = 0;
  const absl::string_view digits = text.substr(colon + 1);
  if (digits.empty() || digits.find_first_not_of("0123456789") != absl::string_view::npos ||
      !absl::SimpleAtoi(digits, &port) || port == 0 || port > 65535) {
    return false;
  }
  absl::string_view host = text.substr(0, colon);
  const bool bracketed = absl::StartsWith(host, "[") && absl::EndsWith(host, "]");
  if (bracketed) host = host.substr(1, host.size() - 2);
  const absl::StatusOr<IpAddress> address = IpAddress::parse(host);
  return address.ok() && address->is_v4() != bracketed && !address->is_multicast();
}

// Whether the files can be used is found out when the API is served.
void read_tls(const config::v1::Api& api, ApiTlsConfig* config, FieldFaults* faults) {
  const std::tuple<const char*, const std::string&, std::string*> files[] = {
      {"api.tls.certificate", api.tls().certificate(), &config->certificate},
      {"api.tls.key", api.tls().key(), &config->key},
      {"api.tls.client_ca", api.tls().client_ca(), &config->client_ca}};
  const bool has_any = std::any_of(std::begin(files), std::end(files),
                                   [](const auto& file) { return !std::get<1>(file).empty(); });
  if (!has_any) return;
  for (const auto& [field, path, out] : files) {
    *out = path;
    if (path.empty()) {
      faults->add(field, "is missing: TLS needs a certificate, its key and the clients' CA");
    } else if (!is_absolute(path)) {
      faults->add(field, "must be an absolute path");
    }
  }
  if (api.tcp().empty()) faults->add("api.tls", "is of no use without api.tcp");
}

}  // namespace

void read_api(const config::v1::Api& api, ApiConfig* config, FieldFaults* faults) {
  if (api.has_socket()) {
    config->socket = api.socket();
    if (!is_absolute(api.socket())) {
      faults->add("api.socket", "must be an absolute path");
    } else if (api.socket().size() > kMaxSocketPath) {
      faults->add("api.socket",
                  absl::StrCat("has ", api.socket().size(),
                               " bytes; the path of a UNIX socket has at most ", kMaxSocketPath));
    }
  }
  absl::flat_hash_set<std::string> seen;
  for (int i = 0; i < api.tcp_size(); ++i) {
    const std::string field = indexed("api.tcp", i);
    if (!is_listen_address(api.tcp(i))) {
      faults->add(field, absl::StrCat("must be an IP address and a port, 127.0.0.1:9000 or "
                                      "[::1]:9000, not \"",
                                      api.tcp(i), "\""));
    } else if (!seen.insert(api.tcp(i)).second) {
      faults->add(field, "is in the list already");
    }
    config->tcp.push_back(api.tcp(i));
  }
  read_tls(api, &config->tls, faults);
}

void read_memory(const config::v1::Memory& memory, GatewayConfig* config, FieldFaults* faults) {
  switch (memory.hugepages()) {
    case config::v1::HUGEPAGES_ALWAYS:
      config->hugepages = Hugepages::kAlways;
      break;
    case config::v1::HUGEPAGES_NEVER:
      config->hugepages = Hugepages::kNever;
      break;
    default:
      break;
  }
  // Whether they are enough is known where the workers are.
  if (memory.has_packet_buffers() &&
      faults->check_range("memory.packet_buffers", memory.packet_buffers(), 1u,
                          kMaxPacketBuffers)) {
    config->packet_buffers = memory.packet_buffers();
  }
}

void read_process(const config::v1::PorticodConfig& file, GatewayConfig* config,
                  FieldFaults* faults) {
  if (file.has_state_directory()) {
    config->state_directory = file.state_directory();
    if (!file.state_directory().empty() && !is_absolute(file.state_directory())) {
      faults->add("state_directory", "must be an absolute path, or empty");
    }
  }
  switch (file.log_level()) {
    case config::v1::LOG_LEVEL_DEBUG:
      config->log_level = "debug";
      break;
    case config::v1::LOG_LEVEL_WARNING:
      config->log_level = "warning";
      break;
    case config::v1::LOG_LEVEL_ERROR:
      config->log_level = "error";
      break;
    default:
      break;
  }
}

}  // namespace portico
