#include "dataplane/state/rcu.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace portico {
namespace {

constexpr WorkerId kFirst{0};
constexpr WorkerId kSecond{1};

TEST(Rcu, WaitsForNobodyWhenAllAreOffline) {
  Rcu rcu(2);
  rcu.synchronize();
  rcu.online(kFirst);
  rcu.offline(kFirst);
  rcu.synchronize();
}

TEST(Rcu, WaitsUntilEachOnlineWorkerWasQuiescent) {
  Rcu rcu(2);
  rcu.online(kFirst);
  rcu.online(kSecond);
  std::atomic<bool> returned = false;
  std::thread writer([&] {
    rcu.synchronize();
    returned = true;
  });
  // The first worker's quiescent states alone are not enough, however many.
  for (int i = 0; i < 1000; ++i) {
    rcu.quiescent(kFirst);
    std::this_thread::yield();
    ASSERT_FALSE(returned);
  }
  while (!returned) {
    rcu.quiescent(kFirst);
    rcu.quiescent(kSecond);
    std::this_thread::yield();
  }
  writer.join();
}

TEST(Rcu, GoingOfflineEndsTheWait) {
  Rcu rcu(1);
  rcu.online(kFirst);
  std::thread writer([&] { rcu.synchronize(); });
  rcu.offline(kFirst);
  writer.join();
}

// A reader that follows the rules never sees an object after it was destroyed.
TEST(Rcu, ProtectsWhatReadersHold) {
  struct Object {
    std::atomic<bool> alive = true;
  };
  Rcu rcu(1);
  std::atomic<Object*> published = new Object;
  std::atomic<bool> stop = false;
  std::uint64_t dead = 0;
  std::thread reader([&] {
    rcu.online(kFirst);
    while (!stop) {
      const Object* const object = published.load(std::memory_order_acquire);
      for (int i = 0; i < 100; ++i) dead += object->alive ? 0U : 1U;
      rcu.quiescent(kFirst);
    }
    rcu.offline(kFirst);
  });
  for (int i = 0; i < 200; ++i) {
    Object* const old = published.exchange(new Object, std::memory_order_acq_rel);
    rcu.synchronize();
    old->alive = false;
    delete old;
  }
  stop = true;
  reader.join();
  delete published.load();
  EXPECT_EQ(dead, 0);
}

}  // namespace
}  // namespace portico
