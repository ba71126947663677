#include "controlplane/http/curl_status.h"

#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace portico {
namespace {

using absl::StatusCode;

struct Meaning {
  CURLcode code;
  StatusCode status;
  absl::string_view what;
};

// What isn't here is Internal.
constexpr Meaning kMeanings[] = {
    {CURLE_COULDNT_RESOLVE_HOST, StatusCode::kUnavailable, "cannot resolve the name"},
    {CURLE_COULDNT_RESOLVE_PROXY, StatusCode::kUnavailable, "cannot resolve the proxy's name"},
    {CURLE_COULDNT_CONNECT, StatusCode::kUnavailable, "cannot connect"},
    {CURLE_PROXY, StatusCode::kUnavailable, "cannot connect by way of the proxy"},
    {CURLE_SSL_CONNECT_ERROR, StatusCode::kUnavailable, "no TLS connection"},
    {CURLE_PEER_FAILED_VERIFICATION, StatusCode::kFailedPrecondition,
     "the server's certificate was not accepted"},
    {CURLE_SSL_CERTPROBLEM, StatusCode::kInvalidArgument, "the client certificate can't be used"},
    {CURLE_SSL_CACERT_BADFILE, StatusCode::kInvalidArgument, "the CA can't be used"},
    {CURLE_URL_MALFORMAT, StatusCode::kInvalidArgument, "the URL can't be used"},
    {CURLE_SEND_ERROR, StatusCode::kUnavailable, "the connection was lost"},
    {CURLE_RECV_ERROR, StatusCode::kUnavailable, "the connection was lost"},
    {CURLE_GOT_NOTHING, StatusCode::kUnavailable, "the server closed the connection"},
    {CURLE_HTTP2, StatusCode::kUnavailable, "the connection was lost"},
    {CURLE_HTTP2_STREAM, StatusCode::kUnavailable, "the server gave the request up"},
    {CURLE_UNSUPPORTED_PROTOCOL, StatusCode::kUnavailable, "no HTTP server"},
    {CURLE_WEIRD_SERVER_REPLY, StatusCode::kUnavailable, "no HTTP server"},
    {CURLE_PARTIAL_FILE, StatusCode::kDataLoss, "the response ended early"},
    {CURLE_BAD_CONTENT_ENCODING, StatusCode::kDataLoss, "the response can't be decompressed"},
    {CURLE_OPERATION_TIMEDOUT, StatusCode::kDeadlineExceeded, "no connection in time"},
};

Meaning meaning_of(CURLcode code) {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.code == code) return meaning;
  }
  return {code, StatusCode::kInternal, curl_easy_strerror(code)};
}

// A TLS alert about our certificate arrives as a failure to receive (TLS 1.3), or to connect.
bool blames_our_certificate(absl::string_view detail) {
  return absl::StrContains(detail, " alert ") &&
         (absl::StrContains(detail, "certificate") || absl::StrContains(detail, "unknown ca"));
}

// Without control characters; quotes stay what they are.
std::string printable(absl::string_view text) {
  return absl::StrReplaceAll(absl::Utf8SafeCHexEscape(text), {{"\\'", "'"}, {"\\\"", "\""}});
}

}  // namespace

absl::Status curl_status(CURLcode code, absl::string_view origin, absl::string_view detail,
                         long os_error) {
  Meaning meaning = meaning_of(code);
  if (meaning.status == StatusCode::kUnavailable && blames_our_certificate(detail)) {
    meaning.status = StatusCode::kFailedPrecondition;
    meaning.what = "the server did not accept the client certificate";
  }
  std::string text = absl::StrCat(origin, ": ", meaning.what);
  if (!detail.empty()) absl::StrAppend(&text, ": ", printable(detail));
  if (code == CURLE_COULDNT_CONNECT && os_error != 0) {
    absl::StrAppend(&text, " (", std::strerror(static_cast<int>(os_error)), ")");
  }
  return absl::Status(meaning.status, text);
}

}  // namespace portico
