// Any bytes as a frame: it is dropped, or every offset that later stages rely on lies inside it.
// Of a fragment that waits for others, those are what names its packet, and where its data begin.

#include <cstdint>
#include <cstring>
#include <memory>

#include "dataplane/net/parse.h"
#include "dataplane/net/parse_fragment.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace portico;
  if (size < sizeof(MacAddress) + 1) return 0;
  // The first byte says where a segment of the frame ends: stages may touch no byte behind it. The
  // frame's own destination is the port, so that parsing goes on.
  const std::uint8_t segment = *data++;
  --size;
  const std::size_t contiguous = segment == 0 ? size : segment < size ? segment : size;
  const auto memory = std::make_unique<std::uint8_t[]>(contiguous);  // no byte more
  std::memcpy(memory.get(), data, contiguous);
  Packet packet;
  packet.data = memory.get();
  packet.length = static_cast<std::uint32_t>(size);
  packet.contiguous = static_cast<std::uint32_t>(contiguous);
  Link link;
  std::memcpy(link.mac.bytes.data(), data, sizeof(MacAddress));
  parse_frame(packet, link);

  if (packet.verdict.kind() == Verdict::Kind::kDrop) return 0;
  const bool is_fragment = packet.verdict.kind() == Verdict::Kind::kReassemble;
  PORTICO_FUZZ_REQUIRE(packet.undecided() || is_fragment);
  if (!packet.is_ip) return 0;
  PORTICO_FUZZ_REQUIRE(packet.l3_offset >= 14 && packet.l4_offset >= packet.l3_offset + 20);
  PORTICO_FUZZ_REQUIRE(packet.l4_offset <= packet.contiguous);
  PORTICO_FUZZ_REQUIRE(packet.ip_length <= packet.length - packet.l3_offset);
  if (is_fragment) {
    PORTICO_FUZZ_REQUIRE(packet.l4_offset < packet.l3_offset + packet.ip_length);
    fragment_hash(packet);
    return 0;
  }
  PORTICO_FUZZ_REQUIRE(packet.payload_offset >= packet.l4_offset + 8);
  PORTICO_FUZZ_REQUIRE(packet.payload_offset <= packet.contiguous);
  PORTICO_FUZZ_REQUIRE(packet.payload_offset <= packet.l3_offset + packet.ip_length);
  return 0;
}
