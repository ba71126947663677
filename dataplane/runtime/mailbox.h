#pragma once

#include <atomic>
#include <mutex>

namespace portico {

// How the control plane asks a worker: the worker runs the caller's function between two bursts,
// where it owns everything that is the worker's. One request at a time; callers queue at a mutex.
// A worker that does not run (yet, any more, or in a test) is asked directly.
class Mailbox {
 public:
  // Runs `function()` in the worker and returns when it has run. The function does a bounded amount
  // of work: the worker forwards nothing meanwhile.
  template <typename Function>
  void call(Function&& function) {
    const std::lock_guard<std::mutex> one_at_a_time(callers_);
    Request request{&invoke<std::remove_reference_t<Function>>, &function};
    Request* const posted = &request;
    slot_.store(posted);
    while (slot_.load() == posted) {
      if (!running_.load()) return take_and_run();
      slot_.wait(posted);
    }
  }

  // The worker: begins and ends to serve; serves between bursts.
  void open() noexcept { running_.store(true); }
  void close() noexcept {
    running_.store(false);
    take_and_run();
  }
  void serve() noexcept {
    if (slot_.load(std::memory_order_relaxed) != nullptr) take_and_run();
  }

 private:
  struct Request {
    void (*run)(void* function);
    void* function;
  };
  template <typename Function>
  static void invoke(void* function) {
    (*static_cast<Function*>(function))();
  }

  // Whoever takes the request out of the slot runs it; the slot is emptied afterwards, so that the
  // caller does not leave with the request still in use.
  void take_and_run() noexcept {
    const std::lock_guard<std::mutex> once(runner_);
    Request* const request = slot_.load();
    if (request == nullptr) return;
    request->run(request->function);
    slot_.store(nullptr);
    slot_.notify_all();
  }

  std::mutex callers_;
  std::mutex runner_;
  std::atomic<bool> running_{false};
  std::atomic<Request*> slot_{nullptr};
};

}  // namespace portico
