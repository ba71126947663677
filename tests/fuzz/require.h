#pragma once

#include <cstdio>
#include <cstdlib>

// Ends a fuzz target when `condition` does not hold. Unlike assert() it is there in every build.
#define PORTICO_FUZZ_REQUIRE(condition)                                                   \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)
