#include "controlplane/status/status_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "include/portico/ip_address.h"
#include "microhttpd.h"

namespace portico {
namespace {

constexpr unsigned kMaxConnections = 32;
constexpr unsigned kTimeoutSeconds = 10;

struct Listen {
  sockaddr_storage address{};
  bool is_v4 = true;
};

absl::StatusOr<Listen> parse_listen(const std::string& text) {
  const absl::Status malformed =
      absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no address and port"));
  const std::size_t colon = text.rfind(':');
  std::uint32_t port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(text.substr(colon + 1), &port) ||
      port > 65535) {
    return malformed;
  }
  std::string host = text.substr(0, colon);
  const bool bracketed = absl::StartsWith(host, "[") && absl::EndsWith(host, "]");
  if (bracketed) host = host.substr(1, host.size() - 2);
  const absl::StatusOr<IpAddress> address = IpAddress::parse(host);
  if (!address.ok() || address->is_v4() == bracketed) return malformed;
  Listen listen;
  listen.is_v4 = address->is_v4();
  if (listen.is_v4) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    std::memcpy(&to.sin_addr, address->data(), address->size());
    std::memcpy(&listen.address, &to, sizeof to);
  } else {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(static_cast<std::uint16_t>(port));
    std::memcpy(&to.sin6_addr, address->data(), address->size());
    std::memcpy(&listen.address, &to, sizeof to);
  }
  return listen;
}

MHD_Result on_request(void* server, MHD_Connection* connection, const char* path,
                      const char* method, const char*, const char*, std::size_t*, void**) {
  const StatusPage page = static_cast<const StatusServer*>(server)->answer(method, path);
  MHD_Response* response = MHD_create_response_from_buffer(
      page.text.size(), const_cast<char*>(page.text.data()), MHD_RESPMEM_MUST_COPY);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, page.content_type.c_str());
  const MHD_Result queued =
      MHD_queue_response(connection, static_cast<unsigned>(page.status), response);
  MHD_destroy_response(response);
  return queued;
}

}  // namespace

absl::StatusOr<std::unique_ptr<StatusServer>> StatusServer::start(const std::string& address,
                                                                  Pages pages) {
  const absl::StatusOr<Listen> listen = parse_listen(address);
  if (!listen.ok()) return listen.status();
  std::unique_ptr<StatusServer> server(new StatusServer(std::move(pages)));
  const unsigned family = listen->is_v4 ? 0u : static_cast<unsigned>(MHD_USE_IPv6);
  errno = 0;
  server->daemon_ = MHD_start_daemon(
      MHD_USE_INTERNAL_POLLING_THREAD | family, 0, nullptr, nullptr, on_request, server.get(),
      MHD_OPTION_SOCK_ADDR, reinterpret_cast<const sockaddr*>(&listen->address),
      MHD_OPTION_CONNECTION_LIMIT, kMaxConnections, MHD_OPTION_CONNECTION_TIMEOUT, kTimeoutSeconds,
      MHD_OPTION_END);
  if (server->daemon_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("can't listen on ", address, ": ", std::strerror(errno)));
  }
  return server;
}

StatusServer::~StatusServer() {
  if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
}

std::uint16_t StatusServer::port() const {
  const MHD_DaemonInfo* info = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT);
  return info == nullptr ? std::uint16_t{0} : info->port;
}

StatusPage StatusServer::answer(const std::string& method, const std::string& path) const {
  if (method != "GET" && method != "HEAD") return {405, "text/plain", "GET and HEAD only\n"};
  const auto page = pages_.find(path);
  if (page != pages_.end()) return page->second();
  std::string all = "there are:\n";
  for (const auto& [known, make] : pages_) absl::StrAppend(&all, known, "\n");
  return {404, "text/plain", all};
}

}  // namespace portico
