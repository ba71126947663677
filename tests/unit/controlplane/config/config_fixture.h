#pragma once

// A good file, and short words for what becomes of a changed one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "controlplane/config/config.h"

namespace portico {

// The two-armed gateway, which other tests change in one place.
inline constexpr absl::string_view kGood = R"(ports:
  - name: uplink0
    device: "net_af_packet0,iface=up0"
    roles: [uplink]
    addresses: ["10.20.0.1/24", "2001:db8:20::1/64"]
  - name: downlink0
    device: 0000:03:00.0
    roles: [downlink]
    addresses: ["10.12.22.1/24", "2001:db8:12:22::1/64"]
)";

inline std::string errors_of(absl::string_view text) {
  const absl::StatusOr<GatewayConfig> config = parse_config(text, "porticod.yaml");
  EXPECT_TRUE(config.ok() || absl::IsInvalidArgument(config.status())) << config.status();
  return std::string(config.status().message());
}

// kGood with a line put into its first port, or with more at its end.
inline std::string with_port_line(absl::string_view line) {
  return absl::StrReplaceAll(
      kGood, {{"    roles: [uplink]\n", absl::StrCat("    roles: [uplink]\n    ", line, "\n")}});
}
inline std::string with_more(absl::string_view text) {
  return absl::StrCat(kGood, text, "\n");
}

struct Case {
  std::string text;
  absl::string_view error;
};

inline void expect_errors(const std::vector<Case>& cases) {
  for (const Case& c : cases)
    EXPECT_THAT(errors_of(c.text), testing::HasSubstr(std::string(c.error)));
}

}  // namespace portico
