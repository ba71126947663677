#pragma once

// A TCP connection that dies without a word: forwards to another port until it is told to go deaf.

#include <atomic>
#include <thread>

namespace portico {

class DeafProxy {
 public:
  // Listens on a port of 127.0.0.1 of the system's choice.
  explicit DeafProxy(int target_port);
  ~DeafProxy();

  int port() const { return port_; }
  // Nothing is forwarded any more on the connections there are, and they stay open. New ones work.
  void go_deaf() { deaf_before_ = connections_.load(); }
  // How many connections there were so far.
  int connections() const { return connections_; }

 private:
  void run();

  int target_port_;
  int port_ = 0;
  int listener_;
  int stop_event_;
  std::atomic<int> connections_{0};
  std::atomic<int> deaf_before_{0};  // connections below this number are deaf
  std::thread thread_;
};

}  // namespace portico
