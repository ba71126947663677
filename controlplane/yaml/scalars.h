#pragma once

// One scalar's text -> one C++ value. An error is a clause that can follow a field's name.

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controlplane/yaml/node.h"

namespace portico {

// Whether the text is a decimal integer of any size, as YAML 1.2's core schema writes it, without
// leading zeros: 010 is 8 for some readers and 10 for others.
bool is_decimal(absl::string_view text);

// `T` one of std::int32_t, std::uint32_t, std::int64_t, std::uint64_t.
template <typename T>
absl::StatusOr<T> to_integer(const YamlNode& scalar);

absl::StatusOr<double> to_double(const YamlNode& scalar);
absl::StatusOr<bool> to_bool(const YamlNode& scalar);
absl::StatusOr<std::string> to_bytes(const YamlNode& scalar);
absl::StatusOr<absl::Duration> to_duration(const YamlNode& scalar);

}  // namespace portico
