#include "controlplane/push/difference.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace portico {
namespace {

using Endpoints = std::vector<std::shared_ptr<const v1::Endpoint>>;

bool set(const v1::Service& service, Emit emit) {
  v1::PushRequest request;
  *request.mutable_set()->mutable_service() = service;
  return emit(request);
}

bool set(const v1::Endpoint& endpoint, Emit emit) {
  v1::PushRequest request;
  *request.mutable_set()->mutable_endpoint() = endpoint;
  return emit(request);
}

bool set(const v1::Route& route, Emit emit) {
  v1::PushRequest request;
  *request.mutable_set()->mutable_route() = route;
  return emit(request);
}

bool remove(const v1::Service& service, Emit emit) {
  v1::PushRequest request;
  request.mutable_delete_()->set_service(service.name());
  return emit(request);
}

bool remove(const v1::Endpoint& endpoint, Emit emit) {
  v1::PushRequest request;
  v1::EndpointKey& key = *request.mutable_delete_()->mutable_endpoint();
  key.set_service(endpoint.service());
  key.set_name(endpoint.name());
  return emit(request);
}

bool remove(const v1::Route& route, Emit emit) {
  v1::PushRequest request;
  request.mutable_delete_()->set_route(route.prefix());
  return emit(request);
}

// One of an object that is or is not there, before and after.
template <typename Message>
bool compare(const Message* before, const Message* after, Emit emit) {
  if (after == nullptr) return remove(*before, emit);
  if (before != nullptr && same(*before, *after)) return true;
  return set(*after, emit);
}

// Both are sorted by name: one walk through the two of them.
bool compare(const Endpoints& before, const Endpoints& after, Emit emit) {
  std::size_t i = 0, j = 0;
  while (i < before.size() || j < after.size()) {
    const int order = j == after.size()    ? -1
                      : i == before.size() ? 1
                                           : before[i]->name().compare(after[j]->name());
    const v1::Endpoint* left = order <= 0 ? before[i++].get() : nullptr;
    const v1::Endpoint* right = order >= 0 ? after[j++].get() : nullptr;
    if (!compare(left, right, emit)) return false;
  }
  return true;
}

bool compare(const ServiceState* before, const ServiceState* after, Emit emit) {
  static const ServiceState kNone;
  const ServiceState& left = before == nullptr ? kNone : *before;
  const ServiceState& right = after == nullptr ? kNone : *after;
  return compare(left.service.get(), right.service.get(), emit) &&
         compare(left.endpoints, right.endpoints, emit);
}

}  // namespace

bool everything(const DesiredState& state, Emit emit) {
  v1::PushRequest request;
  request.mutable_reset();
  return emit(request) && difference({}, state, emit);
}

bool difference(const DesiredState& before, const DesiredState& after, Emit emit) {
  const auto visit = [emit](const auto* left, const auto* right) {
    return compare(left, right, emit);
  };
  return SharedMap<ServiceState>::compare(before.services(), after.services(), visit) &&
         SharedMap<v1::Route>::compare(before.routes(), after.routes(), visit);
}

}  // namespace portico
