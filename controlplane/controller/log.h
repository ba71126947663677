#pragma once

// The log of portico-controller, on standard error.

#include <memory>
#include <string>

#include "spdlog/formatter.h"

namespace portico {

enum class LogFormat {
  kText,  // 2026-01-31T12:00:00.000 info revision 7: ...
  kJson,  // {"time":"2026-01-31T12:00:00.000Z","level":"info","message":"revision 7: ..."}
};

// `level` as spdlog names it.
void start_log(const std::string& level, LogFormat format);

// One JSON object (RFC 8259) a line, whatever the message holds.
std::unique_ptr<spdlog::formatter> json_formatter();

}  // namespace portico
