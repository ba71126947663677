#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace portico {

// A URL in its parts. None of them holds control characters or blanks.
struct HttpUrl {
  std::string scheme;  // in lower case
  std::string host;    // in lower case; an IPv6 address stands in brackets
  std::string port;    // a number; the scheme's own if the text has none
  std::string target;  // path and query; at least "/"
  std::string user;    // these two decoded; empty if absent
  std::string password;

  // "https://host:port": what may be told, even if there are a password and a query.
  std::string origin() const;
};

// Of http, https, socks5 and socks5h. InvalidArgument is a clause that follows "the URL" and
// quotes no password: "has no host", "...".
absl::StatusOr<HttpUrl> parse_url(absl::string_view text);

}  // namespace portico
