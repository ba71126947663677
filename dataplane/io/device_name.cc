#include "dataplane/io/device_name.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace portico {
namespace {

absl::string_view before_comma(absl::string_view device) {
  return device.substr(0, device.find(','));
}

bool is_hex(absl::string_view text, std::size_t digits) {
  return text.size() == digits && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isxdigit(static_cast<unsigned char>(c));
         });
}

}  // namespace

bool is_pci_address(absl::string_view device) {
  const std::vector<absl::string_view> parts = absl::StrSplit(before_comma(device), ':');
  if (parts.size() < 2 || parts.size() > 3) return false;
  if (parts.size() == 3 && !is_hex(parts[0], 4)) return false;
  const std::vector<absl::string_view> slot = absl::StrSplit(parts.back(), '.');
  return is_hex(parts[parts.size() - 2], 2) && slot.size() == 2 && is_hex(slot[0], 2) &&
         slot[1].size() == 1 && slot[1][0] >= '0' && slot[1][0] <= '7';
}

std::string device_name(absl::string_view device) {
  const absl::string_view name = before_comma(device);
  if (!is_pci_address(device)) return std::string(name);
  const bool has_domain = std::count(name.begin(), name.end(), ':') == 2;
  return absl::AsciiStrToLower(has_domain ? std::string(name) : absl::StrCat("0000:", name));
}

std::optional<std::string> device_argument(absl::string_view device, absl::string_view key) {
  for (absl::string_view argument : absl::StrSplit(device, ',')) {
    if (absl::ConsumePrefix(&argument, key) && absl::ConsumePrefix(&argument, "=")) {
      return std::string(argument);
    }
  }
  return std::nullopt;
}

std::uint32_t af_packet_frame_size(std::uint32_t mtu) {
  constexpr std::uint32_t kLeast = 12'288;
  // TPACKET2_HDRLEN and Ethernet, each rounded up to TPACKET_ALIGNMENT, and a VLAN tag.
  constexpr std::uint32_t kHeaders = 80 + 14 + 4;
  // Eight frames of a multiple of 512 bytes fill whole pages.
  return std::max(kLeast, (mtu + kHeaders + 511) / 512 * 512);
}

std::string device_arguments(absl::string_view device, std::uint16_t workers, std::uint32_t mtu) {
  std::string arguments(device);
  if (!absl::StartsWith(device, "net_af_packet")) return arguments;
  if (workers > 1 && !device_argument(device, "qpairs")) {
    absl::StrAppend(&arguments, ",qpairs=", workers);
  }
  const std::uint32_t frame = af_packet_frame_size(mtu);
  if (!device_argument(device, "framesz") && !device_argument(device, "blocksz")) {
    absl::StrAppend(&arguments, ",blocksz=", 8 * frame, ",framesz=", frame);
  }
  return arguments;
}

}  // namespace portico
