#pragma once

#include <string>

namespace portico {

// Paths of PEM files, for gateways over a network; a UNIX socket knows who opens it. Either none of
// the first three is there, or all are.
struct ChannelTls {
  std::string ca;           // who has signed the gateway's certificate
  std::string certificate;  // ours, and its key
  std::string key;
  std::string server_name;  // looked for in the gateway's certificate; empty: the target's host

  bool is_there() const { return !ca.empty(); }
};

}  // namespace portico
