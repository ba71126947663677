#pragma once

// Which connections have to be asked for a sign of life, and which are dead.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace portico {

// # Theory of operation
//
// Pure: time and everything else is told. In each round the client tells which connections are in
// use and when something was last heard on them, then asks for decisions, and does them:
//
//   watch.begin_round();
//   for (each response under way) watch.note(connection, url, last_heard);
//   const ConnectionWatch::Decisions decisions = watch.decide(now);
//
// A connection that was not noted in a round is forgotten. One connection has one question at a
// time, and only as long as nothing is heard on it.
class ConnectionWatch {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Id = std::uint64_t;  // of a transfer that asks; never 0
  using Connection = long;   // any number, different for connections at one time

  struct Question {
    Connection connection;
    std::string url;  // of a request on it
  };
  struct Death {
    Connection connection;
    std::chrono::milliseconds silence;
  };
  struct Decisions {
    std::vector<Question> ask;  // asked() must follow
    std::vector<Id> needless;   // questions whose connection lives, or is not used any more
    std::vector<Death> dead;
  };

  // As HttpSettings has them.
  void configure(std::chrono::milliseconds ping_after, std::chrono::milliseconds ping_timeout);

  void begin_round();
  void note(Connection connection, const std::string& url, TimePoint last_heard);
  Decisions decide(TimePoint now);

  void asked(Connection connection, Id question, TimePoint now);
  // An answer on another connection than the one that was asked says nothing. That it came there
  // means that this one takes no more requests (GOAWAY): its silence will be taken for death.
  void answered(Connection connection, Id question, TimePoint now);

  // When decide() will have something to say, unless something is heard.
  TimePoint next_due() const;

 private:
  struct State {
    std::string url;
    TimePoint last_heard;
    bool noted = false;
    Id question = 0;  // 0: none
    TimePoint asked_at;
  };
  TimePoint due(const State& state) const;

  std::chrono::milliseconds ping_after_{0};
  std::chrono::milliseconds ping_timeout_{0};
  std::map<Connection, State> connections_;
};

}  // namespace portico
