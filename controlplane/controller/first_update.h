#pragma once

#include <condition_variable>
#include <mutex>
#include <vector>

#include "controlplane/kubernetes/object_source.h"

namespace portico {

// Hands on a source's first update, or the faults that come in its place, and nothing after that.
class FirstUpdate : public ObjectListener {
 public:
  // `listener` must outlive this.
  explicit FirstUpdate(ObjectListener* listener) : listener_(*listener) {}

  void on_update(const ObjectUpdate& update) override {
    hand_on([&] { listener_.on_update(update); });
  }
  void on_faults(const std::vector<ObjectFault>& faults) override {
    hand_on([&] { listener_.on_faults(faults); });
  }

  // Until something was handed on, or release() was called.
  void wait() {
    std::unique_lock lock(mutex_);
    condition_.wait(lock, [this] { return over_; });
  }
  void release() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    condition_.notify_all();
  }

 private:
  template <typename Call>
  void hand_on(const Call& call) {
    const std::lock_guard lock(mutex_);
    if (over_) return;
    call();
    over_ = true;
    condition_.notify_all();
  }

  ObjectListener& listener_;
  std::mutex mutex_;
  std::condition_variable condition_;
  bool over_ = false;  // guarded by mutex_
};

}  // namespace portico
