#pragma once

// Kubernetes' protobuf encoding by hand: https://protobuf.dev/programming-guides/encoding,
// k8s.io/apimachinery/pkg/{runtime,apis/meta/v1}/generated.proto and pkg/util/framer.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace portico::wire {

inline std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
  return out + static_cast<char>(value);
}
inline std::string field(unsigned number, const std::string& payload) {
  return varint(number << 3 | 2) + varint(payload.size()) + payload;
}
inline std::string number(unsigned field_number, std::uint64_t value) {
  return varint(field_number << 3) + varint(value);
}

inline std::string envelope(const std::string& api_version, const std::string& kind,
                            const std::string& raw) {
  return std::string("k8s\0", 4) + field(1, field(1, api_version) + field(2, kind)) +
         field(2, raw) + field(3, "") + field(4, "");
}
inline std::string frame(const std::string& contents) {
  std::string out;
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(contents.size() >> shift & 0xff);
  return out + contents;
}
inline std::string event(const std::string& type, const std::string& object) {
  return frame(field(1, type) + field(2, field(1, object)));
}
inline std::string metadata(const std::string& name, const std::string& version) {
  return field(1, name) + field(3, "shop") + field(6, version);
}
// A list whose metadata and items are given; `continuation` may be empty.
inline std::string list(const std::string& api_version, const std::string& kind,
                        const std::string& version, const std::string& continuation,
                        const std::vector<std::string>& items) {
  std::string raw = field(1, field(2, version) + field(3, continuation));
  for (const std::string& item : items) raw += field(2, item);
  return envelope(api_version, kind, raw);
}

}  // namespace portico::wire
