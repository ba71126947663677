#pragma once

// Which proxy leads to a server.

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "controlplane/http/url.h"

namespace portico {

// A variable of the environment, or nothing.
using EnvironmentVariable = std::function<std::optional<std::string>(const std::string& name)>;

// The parts of HttpSettings::proxy. InvalidArgument as parse_url() gives it.
absl::StatusOr<HttpUrl> parse_proxy(absl::string_view text);

// HTTPS_PROXY (or HTTP_PROXY for http) unless NO_PROXY names the server, each in lower case too,
// by the rules of Go's golang.org/x/net/http/httpproxy, which client-go follows: NO_PROXY lists,
// separated by commas, "*", addresses, prefixes (10.0.0.0/8), domains ("example.com" means its
// subdomains too, ".example.com" them alone), each but prefixes with ":port" if one alone is meant.
// localhost and loopback addresses never have a proxy. Empty: none.
std::string proxy_from_environment(const HttpUrl& server, const EnvironmentVariable& variable);

}  // namespace portico
