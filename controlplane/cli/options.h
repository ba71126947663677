#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controlplane/cli/parse.h"
#include "controlplane/tls/channel_tls.h"
#include "proto/portico/v1/gateway.pb.h"

namespace portico::cli {

enum class OutputFormat { kTable, kWide, kJson };

// What one command line says, checked. Each command reads what concerns it.
struct Options {
  GatewayAddress gateway;
  ChannelTls tls;  // for a gateway at HOST:PORT
  OutputFormat output = OutputFormat::kTable;
  absl::Duration timeout = absl::Seconds(10);
  std::vector<std::string> arguments;

  std::string name_space;        // get services, get endpoints
  v1::ConnectionFilter filter;   // get connections, delete connections
  std::uint32_t limit = 0;       // get connections
  bool all = false;              // get drops, delete connections
  bool client_only = false;      // version
  bool help = false;             // any
  bool version = false;          // any
  v1::ExplainRequest explained;  // explain

  bool has_filter() const { return filter.ByteSizeLong() != 0; }
};

}  // namespace portico::cli
