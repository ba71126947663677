// Any bytes as what an API server answers in JSON: see api_response.h.

#include "tests/fuzz/api_response.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  portico::check_api_response(portico::Encoding::kJson, data, size);
  return 0;
}
