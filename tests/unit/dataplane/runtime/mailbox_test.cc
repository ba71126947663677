#include "dataplane/runtime/mailbox.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace portico {
namespace {

TEST(Mailbox, RunsAtOnceWhenTheWorkerDoesNot) {
  Mailbox mailbox;
  bool ran = false;
  mailbox.call([&] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(Mailbox, RunsInTheWorkersThread) {
  Mailbox mailbox;
  std::atomic<bool> stop{false};
  std::atomic<bool> started{false};
  std::thread worker([&] {
    mailbox.open();
    started = true;
    while (!stop) mailbox.serve();
    mailbox.close();
  });
  while (!started) std::this_thread::yield();
  std::thread::id ran_in;
  mailbox.call([&] { ran_in = std::this_thread::get_id(); });
  EXPECT_EQ(ran_in, worker.get_id());
  stop = true;
  worker.join();
}

// Callers from several threads while the worker comes to its end: each call runs exactly once.
TEST(Mailbox, LosesNoCallWhenTheWorkerEnds) {
  for (int round = 0; round < 200; ++round) {
    Mailbox mailbox;
    std::atomic<int> ran{0};
    std::atomic<bool> stop{false};
    std::thread worker([&] {
      mailbox.open();
      while (!stop) mailbox.serve();
      mailbox.close();
    });
    std::vector<std::thread> callers;
    for (int i = 0; i < 3; ++i) {
      callers.emplace_back([&] {
        for (int j = 0; j < 5; ++j) mailbox.call([&] { ++ran; });
      });
    }
    stop = true;
    worker.join();
    for (std::thread& caller : callers) caller.join();
    EXPECT_EQ(ran, 15);
  }
}

}  // namespace
}  // namespace portico
