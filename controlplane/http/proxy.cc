#include "controlplane/http/proxy.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "include/portico/ip_address.h"

namespace portico {
namespace {

std::string either(const EnvironmentVariable& variable, absl::string_view name) {
  for (const std::string& spelling : {std::string(name), absl::AsciiStrToLower(name)}) {
    if (const auto value = variable(spelling); value && !value->empty()) return *value;
  }
  return "";
}

absl::string_view without_brackets(absl::string_view host) {
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  return host;
}

// "host", "host:port", "[address]", "[address]:port" or a bare IPv6 address.
std::pair<absl::string_view, absl::string_view> split_port(absl::string_view text) {
  const std::size_t colon = text.rfind(':');
  const bool bare_ipv6 = !absl::StartsWith(text, "[") && text.find(':') != colon;
  if (colon == absl::string_view::npos || bare_ipv6 || absl::EndsWith(text, "]")) {
    return {without_brackets(text), ""};
  }
  return {without_brackets(text.substr(0, colon)), text.substr(colon + 1)};
}

bool matches_domain(absl::string_view host, absl::string_view domain) {
  if (absl::StartsWith(domain, "*.")) domain.remove_prefix(1);
  if (absl::StartsWith(domain, ".")) return absl::EndsWith(host, domain);
  return host == domain || absl::EndsWith(host, absl::StrCat(".", domain));
}

// Bits beyond the length count for nothing, as in Go's net.ParseCIDR().
bool contains(absl::string_view network, absl::string_view length, const IpAddress& address) {
  const absl::StatusOr<IpAddress> first = IpAddress::parse(network);
  unsigned bits = 0;
  return first.ok() && absl::SimpleAtoi(length, &bits) && bits <= first->bits() &&
         IpPrefix::of(*first, bits).contains(address);
}

bool is_excepted(const HttpUrl& server, absl::string_view entry) {
  if (entry == "*") return true;
  const absl::string_view host = without_brackets(server.host);
  const absl::StatusOr<IpAddress> address = IpAddress::parse(host);
  if (const std::size_t slash = entry.find('/'); slash != absl::string_view::npos) {
    return address.ok() && contains(entry.substr(0, slash), entry.substr(slash + 1), *address);
  }
  const auto [name, port] = split_port(entry);
  if (name.empty() || (!port.empty() && port != server.port)) return false;
  const absl::StatusOr<IpAddress> named = IpAddress::parse(name);
  if (named.ok()) return address.ok() && *named == *address;
  return matches_domain(host, name);
}

bool is_here(const HttpUrl& server) {
  const absl::StatusOr<IpAddress> address = IpAddress::parse(without_brackets(server.host));
  return server.host == "localhost" || (address.ok() && address->is_loopback());
}

}  // namespace

absl::StatusOr<HttpUrl> parse_proxy(absl::string_view text) {
  absl::StatusOr<HttpUrl> url = parse_url(text);
  if (url.ok() && url->target != "/") {
    return absl::InvalidArgumentError("has a path");
  }
  return url;
}

std::string proxy_from_environment(const HttpUrl& server, const EnvironmentVariable& variable) {
  std::string proxy = either(variable, server.scheme == "https" ? "HTTPS_PROXY" : "HTTP_PROXY");
  if (proxy.empty() || is_here(server)) return "";
  const std::string exceptions = absl::AsciiStrToLower(either(variable, "NO_PROXY"));
  for (const absl::string_view entry : absl::StrSplit(exceptions, ',')) {
    if (is_excepted(server, absl::StripAsciiWhitespace(entry))) return "";
  }
  return absl::StrContains(proxy, "://") ? proxy : absl::StrCat("http://", proxy);
}

}  // namespace portico
