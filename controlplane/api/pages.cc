#include "controlplane/api/pages.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace portico {
namespace {

constexpr std::size_t kDefaultSize = 1000;
constexpr std::size_t kMaxSize = 10000;

// FNV-1a: it has to be the same in every process of every version, and to keep apart two requests
// of one client, not to withstand anybody.
std::uint64_t fingerprint(absl::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

std::string head(absl::string_view request) {
  return absl::StrCat("1", absl::Hex(fingerprint(request), absl::kZeroPad16));
}

}  // namespace

std::string page_token(absl::string_view last_key, absl::string_view request) {
  return absl::WebSafeBase64Escape(absl::StrCat(head(request), last_key));
}

absl::StatusOr<PageRequest> parse_page(std::int32_t page_size, absl::string_view page_token,
                                       absl::string_view request) {
  if (page_size < 0) return absl::InvalidArgumentError("page_size: must not be negative");
  PageRequest page;
  page.size =
      page_size == 0 ? kDefaultSize : std::min(static_cast<std::size_t>(page_size), kMaxSize);
  if (page_token.empty()) return page;
  std::string token;
  const std::string expected = head(request);
  if (!absl::WebSafeBase64Unescape(page_token, &token) || !token.starts_with(expected)) {
    return absl::InvalidArgumentError("page_token: is not one that this request has returned");
  }
  page.after_key = token.substr(expected.size());
  return page;
}

}  // namespace portico
