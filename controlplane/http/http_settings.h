#pragma once

// How to reach one server: trust, identity, proxy, time limits.

#include <chrono>
#include <string>

#include "absl/status/status.h"

namespace portico {

struct HttpSettings {
  // PEM, one or several certificates; each is an anchor of trust, whoever signed it. Empty: the
  // system's (/etc/ssl/certs).
  std::string ca;
  // PEM: the client's certificate, then intermediate ones if any, and its key without passphrase.
  // Both or none.
  std::string certificate;
  std::string key;
  // The name asked for (SNI) and looked for in the server's certificate, in place of the URL's
  // host. May be an address. The connection and the Host header go by the URL all the same.
  std::string server_name;
  // The server's certificate is not verified. Not with `ca`.
  bool insecure = false;
  // "http://[user:password@]host[:port]", or https, socks5 or socks5h; names are resolved by the
  // proxy. Empty: none, whatever the environment says (proxy.h reads that). `ca` and `insecure`
  // hold for an https proxy too, as in client-go.
  std::string proxy;
  bool compression = true;  // gzip is offered to the server, and undone

  std::chrono::milliseconds connect_timeout{20'000};  // resolution, proxy and TLS with it
  // A connection on which nothing was heard for `ping_after` is asked for a sign of life; without
  // one within `ping_timeout` it is dead.
  std::chrono::milliseconds ping_after{30'000};
  std::chrono::milliseconds ping_timeout{15'000};

  friend bool operator==(const HttpSettings&, const HttpSettings&) = default;
};

// Whether the settings can be used at all: the PEM texts can be read, the key is the
// certificate's, the proxy is an URL. InvalidArgument says what is wrong ("certificate: ...") and
// quotes none of it.
absl::Status check(const HttpSettings& settings);

}  // namespace portico
