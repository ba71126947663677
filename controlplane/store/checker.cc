#include "controlplane/store/checker.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "include/portico/quote.h"

namespace portico::store {
namespace {

constexpr std::size_t kMaxLabel = 63;  // RFC 1035 section 2.3.4
constexpr std::uint32_t kMaxPort = 65535;

// RFC 4291 section 2.5.5.2: never on the wire.
bool is_v4_mapped(const IpAddress& address) {
  static constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return !address.is_v4() && std::equal(std::begin(kMapped), std::end(kMapped), address.data());
}

}  // namespace

void Checker::port_number(std::string field, std::uint32_t port) {
  if (port == 0 || port > kMaxPort) {
    fault(std::move(field), absl::StrCat("must be 1 to 65535, is ", port));
  }
}

std::optional<IpAddress> Checker::unicast(const std::string& field, const std::string& text) {
  const absl::StatusOr<IpAddress> address = IpAddress::parse(text);
  const auto refuse = [&](absl::string_view why) {
    fault(field, absl::StrCat(quote(text), " ", why));
    return std::nullopt;
  };
  if (!address.ok()) return refuse("is no IP address");
  if (address->is_unspecified()) return refuse("is the unspecified address");
  if (address->is_loopback()) return refuse("is a loopback address");
  if (address->is_multicast()) return refuse("is a multicast address");
  if (address->is_broadcast()) return refuse("is the broadcast address");
  if (address->is_link_local()) return refuse("is a link-local address");
  if (is_v4_mapped(*address)) return refuse("is an IPv4-mapped address; write it as IPv4");
  if (facts_.addresses.contains(*address)) return refuse("is an address of the gateway itself");
  return *address;
}

bool is_dns_label(absl::string_view text) {
  const auto good = [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-';
  };
  return !text.empty() && text.size() <= kMaxLabel && std::all_of(text.begin(), text.end(), good) &&
         text.front() != '-' && text.back() != '-';
}

bool is_service_name(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('/', 1));
  return is_dns_label(parts.first) && is_dns_label(parts.second);
}

std::string element(absl::string_view list, std::size_t index, absl::string_view field) {
  return absl::StrCat(list, "[", index, "]", field.empty() ? "" : ".", field);
}

}  // namespace portico::store
