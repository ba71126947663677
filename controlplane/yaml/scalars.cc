#include "controlplane/yaml/scalars.h"

#include <cmath>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace portico {
namespace {

absl::Status refuse(const YamlNode& scalar, absl::string_view wanted) {
  return absl::InvalidArgumentError(absl::StrCat("must be ", wanted, ", not \"", scalar.text, "\"",
                                                 scalar.quoted ? " in quotes" : ""));
}

}  // namespace

bool is_decimal(absl::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  if (text.empty() || (text[0] == '0' && text.size() > 1)) return false;
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

template <typename T>
absl::StatusOr<T> to_integer(const YamlNode& scalar) {
  if (scalar.quoted || !is_decimal(scalar.text)) return refuse(scalar, "a whole number");
  T value = 0;
  if (absl::SimpleAtoi(scalar.text, &value)) return value;
  return refuse(scalar, absl::StrCat("between ", std::numeric_limits<T>::min(), " and ",
                                     std::numeric_limits<T>::max()));
}

template absl::StatusOr<std::int32_t> to_integer<std::int32_t>(const YamlNode&);
template absl::StatusOr<std::uint32_t> to_integer<std::uint32_t>(const YamlNode&);
template absl::StatusOr<std::int64_t> to_integer<std::int64_t>(const YamlNode&);
template absl::StatusOr<std::uint64_t> to_integer<std::uint64_t>(const YamlNode&);

absl::StatusOr<double> to_double(const YamlNode& scalar) {
  double value = 0;
  if (scalar.quoted || !absl::SimpleAtod(scalar.text, &value) || !std::isfinite(value)) {
    return refuse(scalar, "a number");
  }
  return value;
}

absl::StatusOr<bool> to_bool(const YamlNode& scalar) {
  if (!scalar.quoted && scalar.text == "true") return true;
  if (!scalar.quoted && scalar.text == "false") return false;
  return refuse(scalar, "true or false");
}

absl::StatusOr<std::string> to_bytes(const YamlNode& scalar) {
  std::string bytes;
  if (!absl::Base64Unescape(scalar.text, &bytes)) return refuse(scalar, "base64 text");
  return bytes;
}

absl::StatusOr<absl::Duration> to_duration(const YamlNode& scalar) {
  absl::Duration duration;
  if (!absl::ParseDuration(scalar.text, &duration) || duration < absl::ZeroDuration() ||
      duration == absl::InfiniteDuration()) {
    return refuse(scalar, "a duration such as 200us, 30s, 5m or 24h");
  }
  return duration;
}

}  // namespace portico
