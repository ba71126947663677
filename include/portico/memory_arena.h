#pragma once

#include <malloc.h>

namespace portico {

// For programs of which one thread allocates hundreds of megabytes: called before the first thread
// is made. glibc gives each thread an arena of its own, which grows by a system call for every few
// pages: at 250,000 endpoints that is half a second of each program's start. With one arena for all
// it grows by large steps. And what is freed is kept for the next time: giving memory back to the
// kernel interrupts every thread of the process, the workers too.
inline void use_one_arena() {
  constexpr int kMebibyte = 1 << 20;
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TOP_PAD, 16 * kMebibyte);
  mallopt(M_MMAP_THRESHOLD, 32 * kMebibyte);
  mallopt(M_TRIM_THRESHOLD, 64 * kMebibyte);
}

}  // namespace portico
