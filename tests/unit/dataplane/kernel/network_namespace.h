#pragma once

// Tests of this folder run in a network namespace of their own, which they enter before the first
// of them and which ends with the process.

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "dataplane/kernel/tap.h"

namespace portico {

inline IpAddress address(const std::string& text) {
  return *IpAddress::parse(text);
}
inline IpPrefix prefix(const std::string& text) {
  return *IpPrefix::parse(text);
}

// Runs a command of a shell; the test fails when it does.
inline void run(const std::string& command) {
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

// What it prints.
inline std::string output_of(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  std::string output;
  char buffer[4096];
  while (std::size_t length = fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, length);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return output;
}

// pt0, as the uplink of other tests.
inline Tap::Options uplink_options() {
  return {"pt0",
          {{0x02, 0, 0, 0, 0x20, 0x01}},
          1400,
          {{address("10.20.0.1"), 24}, {address("2001:db8:20::1"), 64}}};
}

}  // namespace portico
