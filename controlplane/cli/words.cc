#include "controlplane/cli/words.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "controlplane/cli/text.h"

namespace portico::cli {

std::string to_string(v1::Protocol protocol) {
  return std::string(absl::StripPrefix(v1::Protocol_Name(protocol), "PROTOCOL_"));
}

std::string to_string(const std::string& address, std::uint32_t port) {
  if (address.empty()) return "";
  return absl::StrContains(address, ':') ? absl::StrCat("[", address, "]:", port)
                                         : absl::StrCat(address, ":", port);
}

std::string to_string(const v1::Connection::Socket& socket) {
  return to_string(socket.address(), socket.port());
}

std::string enum_word(const std::string& name, absl::string_view prefix) {
  return absl::AsciiStrToLower(absl::StrReplaceAll(absl::StripPrefix(name, prefix), {{"_", "-"}}));
}

std::chrono::nanoseconds to_nanoseconds(const google::protobuf::Duration& duration) {
  return std::chrono::seconds(duration.seconds()) + std::chrono::nanoseconds(duration.nanos());
}

std::string to_string(const google::protobuf::Duration& duration, bool present) {
  return present ? duration_to_string(to_nanoseconds(duration)) : "";
}

AddressOrder::AddressOrder(const std::string& from) {
  const absl::StatusOr<IpAddress> parsed = IpAddress::parse(from);
  malformed = !parsed.ok();
  if (malformed) {
    text = from;
  } else {
    address = *parsed;
  }
}

}  // namespace portico::cli
