#include "controlplane/push/difference.h"

#include <string>
#include <utility>

namespace portico {
namespace {

using Requests = std::vector<v1::PushRequest>;

v1::PushRequest set(const v1::Service& service) {
  v1::PushRequest request;
  *request.mutable_set()->mutable_service() = service;
  return request;
}

v1::PushRequest set(const v1::Endpoint& endpoint) {
  v1::PushRequest request;
  *request.mutable_set()->mutable_endpoint() = endpoint;
  return request;
}

v1::PushRequest set(const v1::Route& route) {
  v1::PushRequest request;
  *request.mutable_set()->mutable_route() = route;
  return request;
}

v1::PushRequest remove(const v1::Service& service) {
  v1::PushRequest request;
  request.mutable_delete_()->set_service(service.name());
  return request;
}

v1::PushRequest remove(const v1::Endpoint& endpoint) {
  v1::PushRequest request;
  v1::EndpointKey& key = *request.mutable_delete_()->mutable_endpoint();
  key.set_service(endpoint.service());
  key.set_name(endpoint.name());
  return request;
}

v1::PushRequest remove(const v1::Route& route) {
  v1::PushRequest request;
  request.mutable_delete_()->set_route(route.prefix());
  return request;
}

// The messages have no map fields, so equal ones are encoded alike.
template <typename Message>
bool same(const Message& a, const Message& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

// Both are sorted by the same keys: one walk through the two of them.
template <typename Map>
void compare(const Map& before, const Map& after, Requests* requests) {
  auto old_entry = before.begin();
  auto new_entry = after.begin();
  while (old_entry != before.end() || new_entry != after.end()) {
    const bool old_only = new_entry == after.end() ||
                          (old_entry != before.end() && old_entry->first < new_entry->first);
    if (old_only) {
      requests->push_back(remove(old_entry->second));
      ++old_entry;
      continue;
    }
    const bool in_both = old_entry != before.end() && old_entry->first == new_entry->first;
    if (!in_both || !same(old_entry->second, new_entry->second)) {
      requests->push_back(set(new_entry->second));
    }
    if (in_both) ++old_entry;
    ++new_entry;
  }
}

}  // namespace

std::vector<v1::PushRequest> everything(const DesiredState& state) {
  Requests requests(1);
  requests.front().mutable_reset();
  for (v1::PushRequest& request : difference({}, state)) requests.push_back(std::move(request));
  return requests;
}

std::vector<v1::PushRequest> difference(const DesiredState& before, const DesiredState& after) {
  Requests requests;
  compare(before.services, after.services, &requests);
  compare(before.endpoints, after.endpoints, &requests);
  compare(before.routes, after.routes, &requests);
  return requests;
}

}  // namespace portico
