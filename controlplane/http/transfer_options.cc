// How a request and the settings become libcurl's options.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controlplane/http/proxy.h"
#include "controlplane/http/transfer.h"
#include "controlplane/http/url.h"

namespace portico {
namespace {

constexpr long kBufferBytes = 64 << 10;

bool has_line_break(absl::string_view text) {
  return text.find_first_of(absl::string_view("\r\n\0", 3)) != absl::string_view::npos;
}

bool is_token(absl::string_view text) {  // RFC 9110 section 5.6.2
  constexpr absl::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           absl::StrContains(kMarks, c);
  });
}

// As a URL and libcurl's CONNECT_TO have it: an IPv6 address in brackets.
std::string bracketed(const std::string& name) {
  return absl::StrContains(name, ':') ? absl::StrCat("[", name, "]") : name;
}

long seconds_of(std::chrono::milliseconds time) {
  return std::max(1L, static_cast<long>(time.count() / 1000));
}

}  // namespace

template <typename T>
void Transfer::set(CURLoption option, T value) {
  // In parentheses: not the macro, which wants an option that is constant.
  const CURLcode code = (curl_easy_setopt)(easy_.get(), option, value);
  if (set_result_ == CURLE_OK) set_result_ = code;
}

void Transfer::set_blob(CURLoption option, const std::string& data) {
  curl_blob blob{const_cast<char*>(data.data()), data.size(), CURL_BLOB_COPY};
  set(option, &blob);
}

void Transfer::append(List* list, const std::string& line) {
  curl_slist* const longer = curl_slist_append(list->get(), line.c_str());
  if (longer == nullptr) set_result_ = CURLE_OUT_OF_MEMORY;
  if (longer == nullptr || longer == list->get()) return;
  static_cast<void>(list->release());
  list->reset(longer);
}

absl::Status Transfer::prepare(const HttpSettings& settings) {
  set(CURLOPT_ERRORBUFFER, error_);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // giving up does not wait for a name's resolution
  if (const absl::Status status = set_url(settings); !status.ok()) return status;
  if (const absl::Status status = set_proxy(settings); !status.ok()) return status;
  set_body();
  set_tls(settings);
  set_limits(settings);
  set_callbacks();
  if (set_result_ == CURLE_OK) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(origin_, ": libcurl: ", curl_easy_strerror(set_result_)));
}

absl::Status Transfer::set_url(const HttpSettings& settings) {
  const absl::StatusOr<HttpUrl> url = parse_url(request_.url);
  if (!url.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("the URL ", url.status().message()));
  }
  origin_ = url->origin();
  const bool tls = url->scheme == "https";
  if (!tls && url->scheme != "http") {
    return absl::InvalidArgumentError(absl::StrCat(origin_, ": the URL is not of HTTP"));
  }
  // Rather one more stream than one more connection, where TLS will tell whether there may be one.
  // In clear text nothing does: requests would wait for the end of those before them.
  if (tls) set(CURLOPT_PIPEWAIT, 1L);
  // libcurl takes the name to ask for from the URL. So the URL gets that name, and the connection
  // goes elsewhere.
  const bool renamed = tls && !settings.server_name.empty();
  const std::string name = renamed ? bracketed(settings.server_name) : url->host;
  set(CURLOPT_URL, absl::StrCat(url->scheme, "://", name, ":", url->port, url->target).c_str());
  if (target_ == Target::kServer) set(CURLOPT_REQUEST_TARGET, "*");
  if (renamed) {
    append(&connect_to_, absl::StrCat("::", url->host, ":", url->port));
    set(CURLOPT_CONNECT_TO, connect_to_.get());
  }
  const bool usual = url->port == (tls ? "443" : "80");
  return set_headers(usual ? url->host : absl::StrCat(url->host, ":", url->port));
}

absl::Status Transfer::set_headers(const std::string& host) {
  append(&header_list_, absl::StrCat("Host: ", host));
  append(&header_list_, "Expect:");
  for (const auto& [name, value] : request_.headers) {
    if (!is_token(name) || has_line_break(value)) {
      return absl::InvalidArgumentError(absl::StrCat(origin_, ": the request's header \"",
                                                     is_token(name) ? name : "?",
                                                     "\" has characters that no header may have"));
    }
    // With a semicolon libcurl sends a header without a value; "name:" would send none.
    append(&header_list_,
           value.empty() ? absl::StrCat(name, ";") : absl::StrCat(name, ": ", value));
  }
  set(CURLOPT_HTTPHEADER, header_list_.get());
  return absl::OkStatus();
}

void Transfer::set_body() {
  if (!request_.body.empty()) {
    set(CURLOPT_POSTFIELDS, request_.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  }
  if (request_.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else {
    set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
}

void Transfer::set_tls(const HttpSettings& settings) {
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, settings.insecure ? 0L : 1L);
  set(CURLOPT_SSL_VERIFYHOST, settings.insecure ? 0L : 2L);
  set(CURLOPT_PROXY_SSL_VERIFYPEER, settings.insecure ? 0L : 1L);
  set(CURLOPT_PROXY_SSL_VERIFYHOST, settings.insecure ? 0L : 2L);
  if (!settings.ca.empty()) {
    set_blob(CURLOPT_CAINFO_BLOB, settings.ca);
    set_blob(CURLOPT_PROXY_CAINFO_BLOB, settings.ca);
    // The folder of the system's would be trusted beside it.
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    set(CURLOPT_PROXY_CAPATH, static_cast<const char*>(nullptr));
  }
  if (!settings.certificate.empty()) {
    set_blob(CURLOPT_SSLCERT_BLOB, settings.certificate);
    set_blob(CURLOPT_SSLKEY_BLOB, settings.key);
  }
}

absl::Status Transfer::set_proxy(const HttpSettings& settings) {
  set(CURLOPT_NOPROXY, "");
  if (settings.proxy.empty()) {
    set(CURLOPT_PROXY, "");  // not the environment's
    return absl::OkStatus();
  }
  const absl::StatusOr<HttpUrl> proxy = parse_proxy(settings.proxy);
  if (!proxy.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("the proxy's URL ", proxy.status().message()));
  }
  // libcurl's socks5 resolves names itself, Go's never does.
  const std::string scheme = proxy->scheme == "socks5" ? "socks5h" : proxy->scheme;
  set(CURLOPT_PROXY, absl::StrCat(scheme, "://", proxy->host, ":", proxy->port).c_str());
  // Apart from the URL, which libcurl may quote in an error.
  if (!proxy->user.empty()) set(CURLOPT_PROXYUSERNAME, proxy->user.c_str());
  if (!proxy->password.empty()) set(CURLOPT_PROXYPASSWORD, proxy->password.c_str());
  return absl::OkStatus();
}

void Transfer::set_limits(const HttpSettings& settings) {
  user_timeout_ = settings.ping_after + settings.ping_timeout;
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout.count()));
  set(CURLOPT_BUFFERSIZE, kBufferBytes);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_TCP_KEEPIDLE, seconds_of(settings.ping_after));
  set(CURLOPT_TCP_KEEPINTVL, seconds_of(settings.ping_timeout / 3));
  if (settings.compression) set(CURLOPT_ACCEPT_ENCODING, "gzip");
}

void Transfer::set_callbacks() {
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_SOCKOPTFUNCTION, &Transfer::on_socket);
  set(CURLOPT_SOCKOPTDATA, this);
}

// tcp(7): with keepalives, a peer that has acknowledged nothing for that long is gone.
int Transfer::on_socket(void* self, curl_socket_t socket, curlsocktype) {
  const auto timeout = static_cast<unsigned>(static_cast<Transfer*>(self)->user_timeout_.count());
  ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
  return CURL_SOCKOPT_OK;
}

}  // namespace portico
