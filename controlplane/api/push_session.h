#pragma once

// One controller's conversation, without the wire: requests in, responses out.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "controlplane/store/pending.h"
#include "include/portico/tables.h"
#include "proto/portico/v1/push.pb.h"

namespace portico {

class Ledger;
struct AcceptResult;

// What a stream may send without a Sync. Enough for 50,000 Services with 250,000 endpoints, four
// times over.
struct PushLimits {
  std::size_t pending_objects = 1'200'000;
  std::size_t pending_bytes = 256u << 20;  // as encoded
};

class PushSession {
 public:
  PushSession(Ledger& ledger, PushLimits limits);
  ~PushSession();
  PushSession(const PushSession&) = delete;
  PushSession& operator=(const PushSession&) = delete;

  // The response to send now, if there is one. An error ends the conversation:
  //   InvalidArgument     it doesn't begin with Open, the source's name is malformed, or the
  //                       request or a change in it is one that this gateway does not know
  //   ResourceExhausted   the limits
  absl::StatusOr<std::optional<v1::PushResponse>> handle(const v1::PushRequest& request);

  const std::string& source() const { return source_; }  // empty before Open
  // Whether this conversation has changed what the source has, since this was last asked.
  bool take_change() { return std::exchange(has_changed_, false); }

 private:
  absl::StatusOr<std::optional<v1::PushResponse>> open(const v1::Open& open);
  absl::Status change(const v1::Changes& changes);
  absl::Status set(const v1::Set& set);
  absl::Status erase(const v1::Delete& erase);
  v1::PushResponse sync(std::uint64_t revision);
  absl::Status check_limits(std::size_t bytes);

  Ledger& ledger_;
  const PushLimits limits_;
  std::string source_;
  store::Pending pending_;
  std::size_t pending_bytes_ = 0;
  bool has_changed_ = false;
};

// Why a Sync was refused, as the API tells it.
v1::Refusal to_refusal(const AcceptResult& result, std::uint64_t revision);

}  // namespace portico
