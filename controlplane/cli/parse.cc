#include "controlplane/cli/parse.h"

#include <sys/un.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "include/portico/quote.h"

namespace portico::cli {
namespace {

constexpr std::uint32_t kMaximumPort = 65535;

constexpr std::pair<absl::string_view, std::uint32_t> kTcpFlags[] = {
    {"FIN", 1},  {"SYN", 2},  {"RST", 4},  {"PSH", 8},
    {"ACK", 16}, {"URG", 32}, {"ECE", 64}, {"CWR", 128},
};

constexpr std::pair<absl::string_view, std::uint32_t> kSctpChunks[] = {
    {"DATA", 0},
    {"INIT", 1},
    {"INIT-ACK", 2},
    {"SACK", 3},
    {"HEARTBEAT", 4},
    {"HEARTBEAT-ACK", 5},
    {"ABORT", 6},
    {"SHUTDOWN", 7},
    {"SHUTDOWN-ACK", 8},
    {"ERROR", 9},
    {"COOKIE-ECHO", 10},
    {"COOKIE-ACK", 11},
    {"SHUTDOWN-COMPLETE", 14},
};

absl::Status wrong(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(quote(text), " ", why));
}

absl::StatusOr<GatewayAddress> unix_gateway(absl::string_view text, absl::string_view path) {
  if (path.empty()) return wrong(text, "names no socket: write unix:PATH");
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return wrong(text, absl::StrCat("is too long for a UNIX socket: its path may have ",
                                    sizeof(sockaddr_un::sun_path) - 1, " bytes"));
  }
  return GatewayAddress{absl::StrCat("unix:", path), std::string(path)};
}

}  // namespace

absl::StatusOr<GatewayAddress> parse_gateway(absl::string_view text) {
  absl::string_view path = text;
  if (absl::ConsumePrefix(&path, "unix:")) {
    if (absl::StartsWith(path, "//")) path.remove_prefix(2);
    return unix_gateway(text, path);
  }
  if (absl::StartsWith(text, "/")) return unix_gateway(text, text);

  constexpr absl::string_view kForms = "is no gateway: write unix:PATH, HOST:PORT or [IPV6]:PORT";
  const std::size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return wrong(text, kForms);
  const absl::string_view host = text.substr(0, colon);
  const bool bracketed = absl::StartsWith(host, "[") && absl::EndsWith(host, "]");
  if (!bracketed && host.find_first_of(":/[]") != absl::string_view::npos) {
    return wrong(text, kForms);
  }
  if (!parse_number(text.substr(colon + 1), kMaximumPort).ok()) {
    return wrong(text, "has no port from 1 to 65535 after its last colon");
  }
  return GatewayAddress{std::string(text), ""};
}

absl::StatusOr<Socket> parse_socket(absl::string_view text) {
  absl::string_view host = text;
  absl::string_view port;
  bool has_port = false;
  if (absl::StartsWith(text, "[")) {
    const std::size_t end = text.find(']');
    if (end == absl::string_view::npos) return wrong(text, "has a [ without its ]");
    host = text.substr(1, end - 1);
    absl::string_view rest = text.substr(end + 1);
    has_port = absl::ConsumePrefix(&rest, ":");
    if (!has_port && !rest.empty()) return wrong(text, "is no address: write [IPV6]:PORT");
    port = rest;
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    const std::size_t colon = text.find(':');
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
  }
  const absl::StatusOr<IpAddress> address = IpAddress::parse(host);
  if (!address.ok()) {
    return wrong(text, "is no address: write 10.20.0.10:40000 or [2001:db8::1]:40000");
  }
  if (!has_port) return Socket{*address, 0};
  const absl::StatusOr<std::uint32_t> number = parse_number(port, kMaximumPort);
  if (!number.ok()) return wrong(text, "has no port from 1 to 65535 after its last colon");
  return Socket{*address, static_cast<std::uint16_t>(*number)};
}

absl::StatusOr<std::uint32_t> parse_number(absl::string_view text, std::uint32_t maximum) {
  std::uint32_t number = 0;
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  if (!digits || !absl::SimpleAtoi(text, &number) || number == 0 || number > maximum) {
    return wrong(text, absl::StrCat("is no number from 1 to ", maximum));
  }
  return number;
}

absl::StatusOr<std::uint32_t> parse_tcp_flags(absl::string_view text) {
  std::uint32_t flags = 0;
  for (const absl::string_view name : absl::StrSplit(text, ',')) {
    std::uint32_t bit = 0;
    for (const auto& [known, value] : kTcpFlags) {
      if (absl::EqualsIgnoreCase(known, name)) bit = value;
    }
    if (bit == 0) {
      return wrong(name, "is no TCP flag: write some of FIN,SYN,RST,PSH,ACK,URG,ECE,CWR");
    }
    flags |= bit;
  }
  return flags;
}

std::string tcp_flags_to_string(std::uint32_t flags) {
  std::vector<absl::string_view> names;
  for (const auto& [name, bit] : kTcpFlags) {
    if ((flags & bit) != 0) names.push_back(name);
  }
  return absl::StrJoin(names, ",");
}

absl::StatusOr<std::uint32_t> parse_sctp_chunk(absl::string_view text) {
  for (const auto& [name, type] : kSctpChunks) {
    if (absl::EqualsIgnoreCase(name, text)) return type;
  }
  return wrong(
      text, absl::StrCat("is no SCTP chunk: write one of ",
                         absl::StrJoin(kSctpChunks, ",", [](std::string* list, const auto& known) {
                           absl::StrAppend(list, known.first);
                         })));
}

std::string sctp_chunk_to_string(std::uint32_t type) {
  for (const auto& [name, known] : kSctpChunks) {
    if (known == type) return std::string(name);
  }
  return absl::StrCat("chunk ", type);
}

absl::StatusOr<absl::Duration> parse_timeout(absl::string_view text) {
  absl::Duration timeout;
  if (!absl::ParseDuration(text, &timeout) || timeout < absl::ZeroDuration()) {
    return wrong(text, "is no duration: write 10s, 1m30s or 500ms; 0 waits for ever");
  }
  return timeout == absl::ZeroDuration() ? absl::InfiniteDuration() : timeout;
}

}  // namespace portico::cli
