#include "controlplane/api/push_streams.h"

namespace portico {

void PushStreams::leave(Id stream) {
  const Stream gone = streams_[stream];
  streams_.erase(stream);
  if (!gone.has_changed) return;
  for (auto& [id, other] : streams_) {
    if (other.source != gone.source) continue;
    other.has_changed = false;
    other.end();
  }
}

void PushStreams::end_all() {
  for (auto& [id, stream] : streams_) {
    stream.has_changed = false;
    stream.end();
  }
}

}  // namespace portico
