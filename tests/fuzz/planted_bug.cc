// Has a bug that only a mutation finds; the test of fuzz_main.cc expects it to be found.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 3 && data[0] == 'a' && data[1] == 'b' && data[2] == 0xff) std::abort();
  return 0;
}
