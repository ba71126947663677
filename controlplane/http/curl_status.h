#pragma once

#include <curl/curl.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace portico {

// What a failed transfer is, as HttpHandler::on_end() says it. `origin` is "https://host:port",
// `detail` libcurl's error text, which may hold what a peer has sent, `os_error` an errno or 0.
absl::Status curl_status(CURLcode code, absl::string_view origin, absl::string_view detail,
                         long os_error);

}  // namespace portico
