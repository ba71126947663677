#pragma once

// Keeps one gateway at the desired state.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "controlplane/push/channel.h"
#include "controlplane/push/desired_state.h"
#include "controlplane/push/left_out.h"
#include "controlplane/push/push_stream.h"
#include "proto/portico/v1/push.pb.h"

namespace portico {

// A desired state on its way to the gateways.
struct Revision {
  std::uint64_t number = 0;
  DesiredState state;
  std::chrono::steady_clock::time_point changed_at;  // when the first of its causes was noticed
  // When what it tells of happened, where its source knows: for measuring how long that took.
  std::vector<absl::Time> triggers{};
};

// Told of what becomes of one gateway, by the thread of its client.
class PushObserver {
 public:
  virtual ~PushObserver() = default;

  virtual void on_connected() = 0;
  virtual void on_disconnected() = 0;
  // With the causes of all revisions that it stands for. `resync`: everything was sent, so that the
  // causes tell nothing of how long it took.
  virtual void on_acknowledged(const Revision& revision, bool resync) = 0;
  // Nothing had to be sent of it: the gateway has all that it takes of it, and of what it stands
  // for. So it has it as one that was acknowledged, but its causes tell nothing of how long it
  // took.
  virtual void on_nothing_to_send(const Revision& revision) = 0;
  virtual void on_refused(const Revision& revision, const v1::Refusal& refusal) = 0;
  // So many objects the gateway is done without now, because it refuses them.
  virtual void on_left_out(std::size_t objects) = 0;
};

struct PushOptions {
  std::string target;      // is_unix_target() says how it is written
  std::string source;      // Open.source
  std::string user_agent;  // Open.user_agent
  Keepalive keepalive{};
  ChannelTls tls{};
  // What the gateway refuses because of others (an address that another source has) may be good
  // later: this long after something was left out, all that is left out is tried again.
  std::chrono::milliseconds try_again{60'000};
  PushObserver* observer = nullptr;  // must outlive the client
};

// # Theory of operation
//
// One thread a gateway, so that one that is away delays no other. It connects, opens a stream,
// sends everything behind a Reset, and from the first acknowledgement on only differences:
//
//   acknowledged_   what the gateway is known to have; nothing at the beginning of a stream,
//                   because a gateway that was restarted may have less than it had, or more
//   wanted_         the newest revision there is; older ones that were never sent are never missed,
//                   and its causes are theirs too
//
// States share memory (desired_state.h), so that the difference between any two of them costs what
// differs, however many revisions lie between.
//
// One Sync is under way at a time. After a Refusal what the gateway has stays as it is, so that
// what is sent next is again the difference to acknowledged_ (or everything, when nothing was ever
// acknowledged in this stream). It is the same revision at once, without the objects that the
// Refusal names (left_out.h); each is tried again when it has changed, in the next stream, and
// PushOptions.try_again after it was left out at the latest, however much changes meanwhile. A
// Refusal that names nothing to leave out is told, and the revision is not sent again in this
// stream.
//
// When the stream ends, for whatever reason, the thread waits a little (RetryDelay) and begins
// anew.
class PushClient {
 public:
  explicit PushClient(PushOptions options);
  ~PushClient() { stop(); }

  void start();
  // Ends the stream; what the gateway has stays. Takes half a second at most, but with a gateway
  // that hangs while much is being sent to it, until the keepalive has found that.
  void stop();

  // From any thread.
  void push(Revision revision);
  // Waits until revision `number`, or a later one, was answered: true when it was acknowledged,
  // with all objects. False when one was refused, or stop() or release() was called.
  bool wait_for(std::uint64_t number);
  // Makes every wait_for() return.
  void release();

  const std::string& target() const { return options_.target; }

 private:
  using Lock = std::unique_lock<std::mutex>;
  enum class Sent { kYes, kNothingToSend, kStreamOver };

  void run();
  // Speaks until the stream is over or the client is stopped. Returns why it is over.
  grpc::Status converse();
  bool open(PushStream* stream, Lock* lock);
  void keep_up(PushStream* stream, Lock* lock);
  // Waits for the next response; nothing when the stream is over or the client is stopped.
  std::optional<v1::PushResponse> next_response(PushStream* stream, Lock* lock);
  // Waits for something to send: a revision, or the time to try again what is left out.
  bool wait_for_work(PushStream* stream, Lock* lock);
  // Until the gateway has it, as far as it takes it. False when the stream is over.
  bool bring(PushStream* stream, const Revision& revision, Lock* lock);
  Sent send(PushStream* stream, std::uint64_t number, const DesiredState& state);
  bool send_objects(PushStream* stream, const DesiredState& state);
  // Whether it is settled: acknowledged, or refused for good.
  bool settle(const Revision& revision, const DesiredState& state,
              const v1::PushResponse& response);
  void tell_acknowledged(const Revision& revision, const v1::Acknowledgement& acknowledgement);
  void tell_refused(const v1::Refusal& refusal);
  void tell_left_out(const v1::Refusal& refusal);
  void tell_taken();
  void tell_lost(const grpc::Status& status);
  void sleep(std::chrono::milliseconds time);

  const PushOptions options_;
  RetryDelay retry_delay_;
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable condition_;
  // Guarded by mutex_:
  std::optional<Revision> wanted_;
  PushStream* stream_ = nullptr;  // the one that is open
  bool stopping_ = false;
  bool released_ = false;
  bool ended_ = false;      // run() has returned
  std::uint64_t sent_ = 0;  // the revision last sent in this stream
  std::uint64_t answered_ = 0;
  bool accepted_ = false;  // how answered_ was answered

  // Of the thread alone:
  std::optional<DesiredState> acknowledged_;
  LeftOut left_out_;
  int rounds_ = 0;        // of the revision that is under way: how often more was left out
  bool refused_ = false;  // for good
  std::chrono::steady_clock::time_point try_again_at_{};
  std::map<std::string, std::string> told_;  // of what is left out: why, by object
  std::size_t changes_sent_ = 0;             // of the revision last sent
  bool resync_ = false;                      // it was sent as a whole
  bool connected_ = false;
  std::string last_trouble_;                           // as told last; empty while all is well
  std::chrono::steady_clock::time_point last_told_{};  // an acknowledgement
};

}  // namespace portico
