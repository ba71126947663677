#pragma once

namespace portico::cli {

// What porticoctl ends with; part of its interface for scripts (docs/porticoctl.md).
enum class ExitCode : int {
  kSuccess = 0,
  kRequestFailed = 1,       // the gateway answered with an error, or the output can't be written
  kUsage = 2,               // the command line is wrong; nothing was asked
  kGatewayUnreachable = 3,  // no gateway answered
};

}  // namespace portico::cli
