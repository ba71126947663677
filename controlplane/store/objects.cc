#include "controlplane/store/objects.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "include/portico/ip_address.h"

namespace portico::store {

std::string route_key(absl::string_view prefix) {
  const absl::StatusOr<IpPrefix> parsed = IpPrefix::parse(prefix);
  return parsed.ok() ? parsed->to_string() : std::string(prefix);
}

std::string ObjectKey::to_string() const {
  switch (kind) {
    case Kind::kService:
      return absl::StrCat("service ", name);
    case Kind::kEndpoint:
      return absl::StrCat("endpoint ", service, "/", name);
    case Kind::kRoute:
      return absl::StrCat("route ", name);
  }
  return name;
}

ObjectKey key_of(const Service& service) {
  return {ObjectKey::Kind::kService, "", service.name};
}

ObjectKey key_of(const Endpoint& endpoint) {
  return {ObjectKey::Kind::kEndpoint, endpoint.service, endpoint.name};
}

ObjectKey key_of(const Route& route) {
  return {ObjectKey::Kind::kRoute, "", route.prefix};
}

}  // namespace portico::store
