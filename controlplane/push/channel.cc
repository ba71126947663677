#include "controlplane/push/channel.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "controlplane/tls/credentials.h"
#include "grpcpp/create_channel.h"
#include "include/portico/ip_address.h"

namespace portico {

std::chrono::milliseconds RetryDelay::next() {
  const std::chrono::milliseconds wait = next_;
  next_ = std::min(next_ * 2, longest_);
  return wait;
}

bool is_unix_target(absl::string_view target) {
  return absl::StartsWith(target, "unix:") || absl::StartsWith(target, "/");
}

bool is_local_target(absl::string_view target) {
  if (is_unix_target(target)) return true;
  absl::string_view host = target.substr(0, target.rfind(':'));
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  const absl::StatusOr<IpAddress> address = IpAddress::parse(host);
  return host == "localhost" || (address.ok() && address->is_loopback());
}

RetryDelay retry_delay_for(absl::string_view target) {
  using std::chrono::milliseconds;
  if (is_unix_target(target)) return RetryDelay(milliseconds(50), milliseconds(1000));
  return RetryDelay(milliseconds(200), milliseconds(5000));
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> connect(const std::string& target,
                                                       const Keepalive& keepalive,
                                                       const ChannelTls& tls) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // This is gRPC's name for how long an attempt to connect may take.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, static_cast<int>(keepalive.attempt.count()));
  // A proxy that is set for downloads is not the way to a gateway.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // On the same machine too: there it finds a gateway that hangs.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(keepalive.time.count()));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(keepalive.timeout.count()));
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  const std::string address =
      absl::StartsWith(target, "/") ? absl::StrCat("unix:", target) : target;
  const auto credentials =
      channel_credentials(is_unix_target(target) ? ChannelTls() : tls, &arguments);
  if (!credentials.ok()) return credentials.status();
  return grpc::CreateCustomChannel(address, *credentials, arguments);
}

}  // namespace portico
