#pragma once

#include <string>

#include "controlplane/tls/channel_tls.h"

namespace portico::cli {

// Where the output goes and what the environment asks for. main.cc reads it once; tests set it.
struct Environment {
  std::string gateway;   // PORTICO_GATEWAY; may be empty
  ChannelTls tls;        // PORTICO_GATEWAY_CA, _CERTIFICATE, _KEY and _NAME; likewise
  bool color = false;    // ANSI escapes are welcome: a terminal, no NO_COLOR
  bool unicode = false;  // more than ASCII is welcome: a terminal whose locale is UTF-8
  unsigned width = 0;    // columns of the terminal; 0: lines may be of any length

  // Of this process, for standard output. NO_COLOR (https://no-color.org) makes colour unwelcome,
  // CLICOLOR_FORCE (https://bixense.com/clicolors) takes a pipe for a terminal.
  static Environment of_process();
};

}  // namespace portico::cli
