#include "tests/support/packet/fragments.h"

#include <algorithm>
#include <stdexcept>

#include "tests/support/packet/frame.h"

namespace portico {
namespace {

std::size_t read16(const std::string& bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes.at(at)) * 256u +
         static_cast<std::uint8_t>(bytes.at(at + 1));
}
void put16(std::string& bytes, std::size_t at, std::size_t value) {
  bytes.at(at) = static_cast<char>(value / 256);
  bytes.at(at + 1) = static_cast<char>(value);
}

// Where the parts of a frame are.
struct Parts {
  std::size_t ip = 14;
  bool v4 = true;
  std::size_t next_at = 0;   // IPv6: the field that names what is behind the repeated headers
  std::size_t header = 0;    // end of the headers that each fragment has, fragment header aside
  std::size_t fragment = 0;  // IPv6: of the fragment header; 0: there is none
  std::size_t payload = 0;
  std::size_t end = 0;
  std::size_t offset = 0;
  bool more = false;
  std::size_t id = 0;
};

Parts parts_of(const std::string& frame) {
  Parts parts;
  if (frame.substr(12, 2) == std::string("\x81\x00", 2)) parts.ip = 18;
  parts.v4 = static_cast<std::uint8_t>(frame.at(parts.ip)) >> 4 == 4;
  if (parts.v4) {
    parts.header = parts.payload = parts.ip + (frame[parts.ip] & 15) * 4u;
    parts.end = parts.ip + read16(frame, parts.ip + 2);
    parts.offset = read16(frame, parts.ip + 6) % 0x2000 * 8;
    parts.more = (read16(frame, parts.ip + 6) & 0x2000) != 0;
    parts.id = read16(frame, parts.ip + 4);
    return parts;
  }
  parts.end = parts.ip + 40 + read16(frame, parts.ip + 4);
  parts.next_at = parts.ip + 6;
  parts.header = parts.ip + 40;
  while (frame.at(parts.next_at) == 0 || frame[parts.next_at] == 60 || frame[parts.next_at] == 43) {
    const std::size_t at = parts.header;
    parts.next_at = at;
    parts.header = at + (static_cast<std::uint8_t>(frame.at(at + 1)) + 1u) * 8;
  }
  parts.payload = parts.header;
  if (frame.at(parts.next_at) == 44) {
    parts.fragment = parts.header;
    parts.payload += 8;
    parts.offset = read16(frame, parts.fragment + 2) & 0xfff8;
    parts.more = (read16(frame, parts.fragment + 2) & 1) != 0;
    parts.id = read16(frame, parts.fragment + 4) * 65536 + read16(frame, parts.fragment + 6);
  }
  return parts;
}

void right_checksum(std::string& frame, std::size_t ip) {
  put16(frame, ip + 10, 0);
  put16(frame, ip + 10, plain_checksum(frame.substr(ip, (frame[ip] & 15) * 4u)));
}

}  // namespace

FragmentRange fragment_range(const std::string& text, std::size_t payload) {
  if (const std::size_t dots = text.find(".."); dots != std::string::npos) {
    const std::string end = text.substr(dots + 2);
    return {std::stoul(text.substr(0, dots)), end.empty() ? payload : std::stoul(end), end.empty()};
  }
  const std::size_t slash = text.find('/');
  const std::size_t index = std::stoul(text), count = std::stoul(text.substr(slash + 1));
  const std::size_t step = (payload / count + 7) / 8 * 8;
  if (index < 1 || index > count) throw std::invalid_argument("there is no such fragment");
  return {(index - 1) * step, index == count ? payload : index * step, index == count};
}

std::size_t ip_payload(const std::string& frame) {
  const Parts parts = parts_of(frame);
  return parts.end - parts.payload;
}

std::string cut_frame(const std::string& frame, const FragmentRange& range, std::uint32_t id) {
  const Parts parts = parts_of(frame);
  std::string headers = frame.substr(0, parts.header);
  const std::string bytes = frame.substr(parts.payload + range.begin, range.end - range.begin);
  if (parts.v4) {
    put16(headers, parts.ip + 2, parts.header - parts.ip + bytes.size());
    put16(headers, parts.ip + 4, id);
    const std::size_t dont_fragment = read16(headers, parts.ip + 6) & 0x4000;
    put16(headers, parts.ip + 6, dont_fragment + (range.last ? 0 : 0x2000) + range.begin / 8);
    right_checksum(headers, parts.ip);
    return headers + bytes;
  }
  std::string extension(8, '\0');
  extension[0] = headers[parts.next_at];
  headers[parts.next_at] = 44;
  put16(extension, 2, range.begin / 8 * 8 + (range.last ? 0 : 1));
  put16(extension, 4, id >> 16);
  put16(extension, 6, id & 0xffff);
  put16(headers, parts.ip + 4, headers.size() - parts.ip - 40 + 8 + bytes.size());
  return headers + extension + bytes;
}

bool is_fragment(const std::string& frame) {
  const std::string type =
      frame.substr(frame.substr(12, 2) == std::string("\x81\x00", 2) ? 16 : 12, 2);
  if (type != std::string("\x08\x00", 2) && type != "\x86\xdd") return false;
  const Parts parts = parts_of(frame);
  return parts.offset != 0 || parts.more;
}

JoinedFrame join_frames(std::vector<std::string> fragments) {
  JoinedFrame joined;
  std::sort(fragments.begin(), fragments.end(), [](const std::string& a, const std::string& b) {
    return parts_of(a).offset < parts_of(b).offset;
  });
  const Parts first = parts_of(fragments.at(0));
  joined.frame = fragments[0].substr(0, first.header);
  std::size_t offset = 0;
  for (std::size_t i = 0; i < fragments.size(); ++i) {
    const Parts parts = parts_of(fragments[i]);
    const std::string bytes = fragments[i].substr(parts.payload, parts.end - parts.payload);
    joined.largest = std::max(joined.largest, parts.end - parts.ip);
    const bool last = i + 1 == fragments.size();
    if (parts.offset != offset) joined.error = "has a hole or overlapping fragments";
    if (parts.more == last) joined.error = "has fragments missing, or behind the last one";
    if (!last && bytes.size() % 8 != 0) joined.error = "has a fragment of odd length";
    if (parts.id != first.id) joined.error = "has fragments of several packets";
    if (fragments[i].substr(0, 14) != fragments[0].substr(0, 14)) {
      joined.error = "has fragments with several link headers";
    }
    if (parts.v4 && plain_checksum(fragments[i].substr(parts.ip, parts.header - parts.ip)) != 0) {
      joined.error = "has a fragment with a wrong IPv4 header checksum";
    }
    joined.frame += bytes;
    offset += bytes.size();
  }
  if (first.v4) {
    put16(joined.frame, first.ip + 2, joined.frame.size() - first.ip);
    put16(joined.frame, first.ip + 6, read16(joined.frame, first.ip + 6) & 0x4000);
    right_checksum(joined.frame, first.ip);
  } else {
    if (first.fragment != 0) joined.frame[first.next_at] = fragments[0][first.fragment];
    put16(joined.frame, first.ip + 4, joined.frame.size() - first.ip - 40);
  }
  return joined;
}

}  // namespace portico
