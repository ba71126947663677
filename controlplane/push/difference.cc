#include "controlplane/push/difference.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/arena.h"

namespace portico {
namespace {

using Endpoints = std::vector<std::shared_ptr<const v1::Endpoint>>;

void set(const v1::Service& service, v1::Change* change) {
  *change->mutable_set()->mutable_service() = service;
}

void set(const v1::Endpoint& endpoint, v1::Change* change) {
  *change->mutable_set()->mutable_endpoint() = endpoint;
}

void set(const v1::Route& route, v1::Change* change) {
  *change->mutable_set()->mutable_route() = route;
}

void remove(const v1::Service& service, v1::Change* change) {
  change->mutable_delete_()->set_service(service.name());
}

void remove(const v1::Endpoint& endpoint, v1::Change* change) {
  v1::EndpointKey& key = *change->mutable_delete_()->mutable_endpoint();
  key.set_service(endpoint.service());
  key.set_name(endpoint.name());
}

void remove(const v1::Route& route, v1::Change* change) {
  change->mutable_delete_()->set_route(route.prefix());
}

// Gathers changes in a request until it is large enough. The request lies in an arena, so that its
// many small parts are made and freed at once.
class Packer {
 public:
  explicit Packer(Emit emit) : emit_(emit) { begin(); }

  // One of an object that is or is not there, before and after.
  template <typename Message>
  bool compare(const Message* before, const Message* after) {
    if (before != nullptr && after != nullptr && same(*before, *after)) return true;
    v1::Change* change = request_->mutable_changes()->add_changes();
    if (after == nullptr) {
      remove(*before, change);
    } else {
      set(*after, change);
    }
    bytes_ += change->ByteSizeLong();
    return bytes_ < kChangesBytes || flush();
  }

  // Hands on what is there.
  bool flush() {
    if (!request_->has_changes()) return true;
    const bool is_taken = emit_(*request_);
    begin();
    return is_taken;
  }

 private:
  void begin() {
    arena_.Reset();
    request_ = google::protobuf::Arena::CreateMessage<v1::PushRequest>(&arena_);
    bytes_ = 0;
  }

  const Emit emit_;
  google::protobuf::Arena arena_;
  v1::PushRequest* request_;
  std::size_t bytes_;
};

// Both are sorted by name: one walk through the two of them.
bool compare(const Endpoints& before, const Endpoints& after, Packer* packer) {
  std::size_t i = 0, j = 0;
  while (i < before.size() || j < after.size()) {
    const int order = j == after.size()    ? -1
                      : i == before.size() ? 1
                                           : before[i]->name().compare(after[j]->name());
    const v1::Endpoint* left = order <= 0 ? before[i++].get() : nullptr;
    const v1::Endpoint* right = order >= 0 ? after[j++].get() : nullptr;
    if (!packer->compare(left, right)) return false;
  }
  return true;
}

bool compare(const v1::Route* before, const v1::Route* after, Packer* packer) {
  return packer->compare(before, after);
}

bool compare(const ServiceState* before, const ServiceState* after, Packer* packer) {
  static const ServiceState kNone;
  const ServiceState& left = before == nullptr ? kNone : *before;
  const ServiceState& right = after == nullptr ? kNone : *after;
  return packer->compare(left.service.get(), right.service.get()) &&
         compare(left.endpoints, right.endpoints, packer);
}

}  // namespace

bool everything(const DesiredState& state, Emit emit) {
  v1::PushRequest request;
  request.mutable_reset();
  return emit(request) && difference({}, state, emit);
}

bool difference(const DesiredState& before, const DesiredState& after, Emit emit) {
  Packer packer(emit);
  const auto visit = [&packer](const auto* left, const auto* right) {
    return compare(left, right, &packer);
  };
  return SharedMap<ServiceState>::compare(before.services(), after.services(), visit) &&
         SharedMap<v1::Route>::compare(before.routes(), after.routes(), visit) && packer.flush();
}

}  // namespace portico
