#pragma once

// The credentials of one cluster, kept fresh.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controlplane/http/http_client.h"
#include "controlplane/kubeconfig/access_config.h"
#include "controlplane/kubeconfig/exec_runner.h"

namespace portico {

// What a request needs.
struct Access {
  std::string server;     // "https://10.0.0.1:6443/prefix", without a slash at the end
  HttpSettings settings;  // for HttpClient::configure(), which passes over what has not changed
  HttpHeaders headers;    // authorization and impersonation: secret
};

// # Theory of operation
//
// Time is an argument; nothing happens but in the two calls. Ask for access() before each request:
//
//   const absl::StatusOr<const Access*> access = credentials.access(absl::Now());
//   if (!access.ok()) ...          // say why, try again later
//   else if (*access == nullptr)   // an exec plugin was asked; `wake` is called when it has
//   answered else client.configure((*access)->settings), client.start(request with
//   (*access)->headers, ...)
//
// and tell on_unauthorized() when the answer was 401.
//
// Files (token, CA, certificate, key) are read again when kRereadAfter has passed, a minute less
// ten seconds as in client-go. When they can't be read, or are no certificates, or the key has been
// replaced and the certificate not yet, what was read before stays in use, with a warning in the
// log. New certificates change the settings, and so end the connections that were made with the old
// ones; a new token is that of the next request, for an API server asks at a request's beginning
// alone.
//
// An exec plugin runs in a thread of its own (exec_runner.h), once for all that wait for it. Its
// answer is used until it expires or is not accepted. Its failure is the answer to everybody who
// asks within kFailureLasts; who comes later, after a backoff, has it run again.
class Credentials {
 public:
  static constexpr absl::Duration kRereadAfter = absl::Seconds(50);
  // Less than anybody's backoff, more than those who wait take to ask one after the other.
  static constexpr absl::Duration kFailureLasts = absl::Milliseconds(500);

  // `wake` is called from another thread, if there is an exec plugin.
  Credentials(AccessConfig config, std::function<void()> wake);

  // Valid until the next call; null: not yet. Errors name the file or plugin and its place in the
  // kubeconfig.
  absl::StatusOr<const Access*> access(absl::Time now);

  // The server has answered 401 to a request that was sent at `sent_at`. What has been obtained
  // before is not used again: a token file is read anew, a plugin asked again.
  void on_unauthorized(absl::Time sent_at);

 private:
  absl::Status read_files(absl::Time now);
  absl::Status read_token(absl::Time now);
  absl::Status read_settings();
  absl::StatusOr<const Access*> access_by_plugin(absl::Time now);
  absl::Status use(const ExecAnswer& answer, absl::Time now);
  void set_authorization(const std::string& value);
  void tell(const absl::Status& trouble);

  const AccessConfig config_;
  Access access_;
  HttpSettings file_settings_;  // without what a plugin has answered
  bool has_settings_ = false;
  bool has_token_ = false;
  absl::Time read_at_ = absl::InfinitePast();
  absl::Time token_read_at_ = absl::InfinitePast();
  std::string last_trouble_;  // as told last; empty while all is well

  absl::Status failure_;  // of the plugin's last run
  absl::Time failed_at_ = absl::InfinitePast();
  std::optional<ExecAnswer> answer_;
  absl::Time answered_at_ = absl::InfinitePast();
  ExecRunner runner_;  // last: it calls `wake`
};

}  // namespace portico
