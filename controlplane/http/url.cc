#include "controlplane/http/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace portico {
namespace {

using Handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string part(const Handle& url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) return "";
  std::string copy = text;
  curl_free(text);
  return copy;
}

std::string default_port(absl::string_view scheme) {
  if (scheme == "http") return "80";
  return scheme == "https" ? "443" : "1080";
}

bool is_known(absl::string_view scheme) {
  return scheme == "http" || scheme == "https" || scheme == "socks5" || scheme == "socks5h";
}

}  // namespace

std::string HttpUrl::origin() const {
  return absl::StrCat(scheme, "://", host, ":", port);
}

absl::StatusOr<HttpUrl> parse_url(absl::string_view text) {
  if (!std::all_of(text.begin(), text.end(),
                   [](unsigned char c) { return absl::ascii_isgraph(c); })) {
    return absl::InvalidArgumentError("has a character that must be written as %XX");
  }
  const Handle handle(curl_url(), &curl_url_cleanup);
  const CURLUcode code = curl_url_set(handle.get(), CURLUPART_URL, std::string(text).c_str(),
                                      CURLU_NON_SUPPORT_SCHEME);
  if (code == CURLUE_BAD_SCHEME) return absl::InvalidArgumentError("must begin with https://");
  if (code != CURLUE_OK) {
    return absl::InvalidArgumentError(absl::StrCat("is none: ", curl_url_strerror(code)));
  }
  HttpUrl url;
  url.scheme = absl::AsciiStrToLower(part(handle, CURLUPART_SCHEME));
  if (!is_known(url.scheme)) {
    return absl::InvalidArgumentError(
        absl::StrCat("has the unknown scheme \"", url.scheme.substr(0, 20), "\""));
  }
  url.host = absl::AsciiStrToLower(part(handle, CURLUPART_HOST));
  if (url.host.empty()) return absl::InvalidArgumentError("has no host");
  url.port = part(handle, CURLUPART_PORT);
  if (url.port.empty()) url.port = default_port(url.scheme);
  url.target = part(handle, CURLUPART_PATH);
  if (const std::string query = part(handle, CURLUPART_QUERY); !query.empty()) {
    absl::StrAppend(&url.target, "?", query);
  }
  url.user = part(handle, CURLUPART_USER, CURLU_URLDECODE);
  url.password = part(handle, CURLUPART_PASSWORD, CURLU_URLDECODE);
  return url;
}

}  // namespace portico
