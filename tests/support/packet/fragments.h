#pragma once

// Fragments as the conversations speak of them: cut and put together by code of the tests' own,
// byte by byte, which shares nothing with the packet path.

#include <cstdint>
#include <string>
#include <vector>

namespace portico {

// What a fragment holds of its packet: bytes [begin, end) behind the IP header.
struct FragmentRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool last = false;
};

// "2/3": the second of three about equal ones of `payload` bytes. "0..1480": those bytes; "1480..":
// from there on, the last one.
FragmentRange fragment_range(const std::string& text, std::size_t payload);

// Bytes behind the IP header of a frame that build_frame() has made.
std::size_t ip_payload(const std::string& frame);

// The fragment of `frame` that has these bytes. IPv6: options stay in front of the fragment header.
std::string cut_frame(const std::string& frame, const FragmentRange& range, std::uint32_t id);

// Puts fragments together, in whatever order they are; their link header is that of the first one.
// They must be fragments of one packet without holes or overlaps, and alike in all else.
struct JoinedFrame {
  std::string frame;
  std::string error;        // what is wrong with them; empty: nothing
  std::size_t largest = 0;  // bytes of the largest, from the IP header on
};
JoinedFrame join_frames(std::vector<std::string> fragments);

// Whether a frame is a fragment.
bool is_fragment(const std::string& frame);

}  // namespace portico
