#pragma once

// Theory of operation. StageCycles is a worker's observer of the pipeline. One burst in kPeriod is
// sampled: a clock that counts cycles is read when its turn comes and after each stage, and what
// lies between two reads is the stage's, which begins and ends there:
//
//   begin()   receive   received()   parse   (kParse)   ...   (kNextHop)   settle   settled() end()
//
// Both families of a burst, and packets that fragments have made whole, go through the same stages;
// they add up. All other bursts cost a comparison a stage, in the same code, so that what is
// sampled is what runs. What reading the clock costs is known from the start, and left out.
//
// Written by the worker; read() is for any thread.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/state/counter.h"
#include "include/portico/data_plane.h"

namespace portico {

enum class Stage;  // stage/pipeline.h

class StageCycles {
 public:
  using Clock = std::uint64_t (*)() noexcept;

  // A prime: traffic that repeats itself after so many bursts is sampled everywhere.
  static constexpr std::uint32_t kPeriod = 251;
  // A burst that takes so many cycles was interrupted: the core did something else.
  static constexpr std::uint64_t kInterrupted = 1u << 20;

  explicit StageCycles(Clock clock = time_stamp);

  // Packets may be received from here on; when there are none, nothing follows.
  void begin() noexcept {
    if (sampled()) last_ = clock_();
  }
  void received(std::size_t packets) noexcept {
    if (!sampled()) return;
    packets_ = packets;
    took(0);
  }
  void operator()(Stage stage) noexcept {
    if (sampled()) took(1 + static_cast<std::size_t>(stage));
  }
  void settled() noexcept {
    if (sampled()) took(taken_.size() - 1);
  }
  void end() noexcept {
    if (sampled()) {
      count();
    } else {
      --left_;
    }
  }

  // Without `worker`.
  WorkerCycles read() const;

 private:
  static std::uint64_t time_stamp() noexcept;
  bool sampled() const noexcept { return left_ == 1; }
  void took(std::size_t part) noexcept;
  void count() noexcept;

  const Clock clock_;
  const std::uint64_t cost_;      // of a read
  std::uint32_t left_ = kPeriod;  // bursts to the next that is sampled, which is included
  std::size_t packets_ = 0;
  std::uint64_t last_ = 0;
  std::vector<std::uint64_t> taken_;  // by the burst so far: receive, the stages, settle

  Counter bursts_;
  Counter packets_sampled_;
  std::vector<Counter> cycles_;  // likewise
};

}  // namespace portico
