// What the reflector asks for.

#include "absl/strings/str_cat.h"
#include "controlplane/watch/reflector.h"

namespace portico {

ApiRequest Reflector::make_request() {
  std::string query;
  if (is_watch()) {
    lasts_ = kWatchAtLeast + std::chrono::seconds(static_cast<std::chrono::seconds::rep>(
                                 random_() * static_cast<double>(kWatchAtLeast.count() + 1)));
    query = watch_query(lasts_);
  } else {
    query = list_query();
  }
  const auto add = [&query](absl::string_view name, absl::string_view value) {
    if (value.empty()) return;
    absl::StrAppend(&query, query.empty() ? "" : "&", name, "=", percent_encoded(value));
  };
  add("labelSelector", resource_.label_selector);
  add("fieldSelector", resource_.field_selector);
  return {absl::StrCat(resource_.path, query.empty() ? "" : "?", query),
          accept_header(json_only_, is_watch())};
}

// A page after the first names no version (the token does), and neither does a list of the newest.
// A version without a limit is answered from the server's cache, as "not older than"; with a limit
// it would mean "exactly", which may be gone.
std::string Reflector::list_query() const {
  if (!continuation_.empty()) {
    return absl::StrCat("limit=", kPageSize, "&continue=", percent_encoded(continuation_));
  }
  const std::string limit = unpaged_ ? "" : absl::StrCat("limit=", kPageSize);
  if (version_lost_) return limit;
  if (version_.empty()) return absl::StrCat(limit, limit.empty() ? "" : "&", "resourceVersion=0");
  return absl::StrCat("resourceVersion=", percent_encoded(version_));
}

std::string Reflector::watch_query(std::chrono::seconds lasts) const {
  std::string query = "watch=1&allowWatchBookmarks=true";
  if (phase_ == Phase::kStream) {
    query += "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
  }
  if (!version_.empty() && !version_lost_) {
    absl::StrAppend(&query, "&resourceVersion=", percent_encoded(version_));
  }
  absl::StrAppend(&query, "&timeoutSeconds=", lasts.count());
  return query;
}

}  // namespace portico
