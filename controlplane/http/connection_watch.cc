#include "controlplane/http/connection_watch.h"

#include <algorithm>
#include <utility>

namespace portico {

void ConnectionWatch::configure(std::chrono::milliseconds ping_after,
                                std::chrono::milliseconds ping_timeout) {
  ping_after_ = ping_after;
  ping_timeout_ = ping_timeout;
  connections_.clear();
}

void ConnectionWatch::begin_round() {
  for (auto& [connection, state] : connections_) state.noted = false;
}

void ConnectionWatch::note(Connection connection, const std::string& url, TimePoint last_heard) {
  State& state = connections_[connection];
  state.url = url;
  state.last_heard = std::max(state.last_heard, last_heard);
  state.noted = true;
}

ConnectionWatch::Decisions ConnectionWatch::decide(TimePoint now) {
  Decisions decisions;
  for (auto entry = connections_.begin(); entry != connections_.end();) {
    auto& [connection, state] = *entry;
    const bool lives = !state.noted || state.last_heard > state.asked_at;
    if (state.question != 0 && lives) {
      decisions.needless.push_back(std::exchange(state.question, 0));
    }
    if (state.noted && now >= due(state)) {
      if (state.question == 0) {
        decisions.ask.push_back({connection, state.url});
      } else {
        decisions.dead.push_back({connection, std::chrono::duration_cast<std::chrono::milliseconds>(
                                                  now - state.last_heard)});
      }
    }
    entry = state.noted ? std::next(entry) : connections_.erase(entry);
  }
  return decisions;
}

void ConnectionWatch::asked(Connection connection, Id question, TimePoint now) {
  State& state = connections_[connection];
  state.question = question;
  state.asked_at = now;
}

void ConnectionWatch::answered(Connection connection, Id question, TimePoint now) {
  const auto found = connections_.find(connection);
  if (found == connections_.end() || found->second.question != question) return;
  found->second.last_heard = now;
}

ConnectionWatch::TimePoint ConnectionWatch::due(const State& state) const {
  return state.question != 0 ? state.asked_at + ping_timeout_ : state.last_heard + ping_after_;
}

ConnectionWatch::TimePoint ConnectionWatch::next_due() const {
  TimePoint next = TimePoint::max();
  for (const auto& [connection, state] : connections_) next = std::min(next, due(state));
  return next;
}

}  // namespace portico
