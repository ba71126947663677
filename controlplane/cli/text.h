#pragma once

// Values as people read them.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace portico::cli {

// The columns that UTF-8 text takes on a terminal; a byte that is no UTF-8 takes one.
std::size_t display_width(absl::string_view text);

// Without what would move a terminal's cursor: names come from whoever pushes to the gateway, and
// each control character becomes "?".
std::string printable(absl::string_view text);

// "0 B", "1023 B", "1.2 MiB".
std::string bytes_to_string(std::uint64_t bytes);

// The two largest units: "250ms", "12s", "1m3s", "23h59m", "2d4h". Below zero is "0s".
std::string duration_to_string(std::chrono::nanoseconds duration);

// "1 connection", "2 connections".
std::string count_to_string(std::uint64_t count, absl::string_view noun);

// Cuts at blanks into lines of at most `width` columns; a longer word gets a line of its own.
std::vector<std::string> wrap(absl::string_view text, std::size_t width);

}  // namespace portico::cli
