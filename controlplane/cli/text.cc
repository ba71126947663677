#include "controlplane/cli/text.h"

#include <clocale>
#include <cwchar>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace portico::cli {
namespace {

// The C library knows the width of characters, but only in a locale that has them; this thread
// borrows one, whatever the user's is.
class Utf8Locale {
 public:
  Utf8Locale() : before_(uselocale(shared())) {}
  ~Utf8Locale() { uselocale(before_); }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  static locale_t shared() {
    static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;
  }
  locale_t before_;
};

bool is_ascii(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isascii(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

}  // namespace

std::size_t display_width(absl::string_view text) {
  if (is_ascii(text)) return text.size();
  const Utf8Locale utf8;
  std::mbstate_t state{};
  std::size_t columns = 0;
  while (!text.empty()) {
    wchar_t character = 0;
    const std::size_t length = std::mbrtowc(&character, text.data(), text.size(), &state);
    if (length == 0 || length > text.size()) {  // a zero, or no UTF-8
      state = {};
      columns += 1;
      text.remove_prefix(1);
      continue;
    }
    const int width = wcwidth(character);
    columns += width < 0 ? 1 : static_cast<std::size_t>(width);
    text.remove_prefix(length);
  }
  return columns;
}

std::string printable(absl::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = '?';
  }
  return result;
}

std::string bytes_to_string(std::uint64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  constexpr absl::string_view kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  // 1023.95 would be printed as 1024.0.
  while (value >= 1023.95 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return absl::StrFormat("%.1f %s", value, kUnits[unit]);
}

std::string duration_to_string(std::chrono::nanoseconds duration) {
  using std::chrono::duration_cast;
  if (duration.count() <= 0) return "0s";
  const auto ms = duration_cast<std::chrono::milliseconds>(duration).count();
  if (ms < 1000) return absl::StrCat(ms, "ms");
  const auto seconds = duration_cast<std::chrono::seconds>(duration).count();
  struct Unit {
    std::int64_t seconds;
    absl::string_view name;
  };
  constexpr Unit kUnits[] = {{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};
  for (std::size_t i = 0; i < std::size(kUnits); ++i) {
    if (seconds < kUnits[i].seconds) continue;
    std::string result = absl::StrCat(seconds / kUnits[i].seconds, kUnits[i].name);
    if (i + 1 == std::size(kUnits)) return result;
    const auto rest = seconds % kUnits[i].seconds / kUnits[i + 1].seconds;
    if (rest != 0) absl::StrAppend(&result, rest, kUnits[i + 1].name);
    return result;
  }
  return "0s";
}

std::string count_to_string(std::uint64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

std::vector<std::string> wrap(absl::string_view text, std::size_t width) {
  if (display_width(text) <= width) return {std::string(text)};
  std::vector<std::string> lines;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (!lines.empty() && display_width(lines.back()) + 1 + display_width(word) <= width) {
      absl::StrAppend(&lines.back(), " ", word);
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

}  // namespace portico::cli
