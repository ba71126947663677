// Any bytes as what an API server answers in protobuf: see api_response.h.

#include "tests/fuzz/api_response.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  portico::check_api_response(portico::Encoding::kProtobuf, data, size);
  return 0;
}
