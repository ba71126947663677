#include "controlplane/push/left_out.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace portico {
namespace {

using EndpointPtr = std::shared_ptr<const v1::Endpoint>;

// Null when it is not there.
EndpointPtr find_endpoint(const DesiredState& state, const std::string& service,
                          const std::string& name) {
  const auto found = state.services().find(service);
  if (found == nullptr) return nullptr;
  const std::vector<EndpointPtr>& all = found->endpoints;
  const auto at = std::lower_bound(
      all.begin(), all.end(), name,
      [](const EndpointPtr& one, const std::string& wanted) { return one->name() < wanted; });
  return at == all.end() || (*at)->name() != name ? nullptr : *at;
}

// "default/web/uid-1": a Service's name has one slash, and an endpoint's may have some.
std::pair<std::string, std::string> split(const std::string& key) {
  const std::size_t first = key.find('/');
  const std::size_t second = first == std::string::npos ? first : key.find('/', first + 1);
  if (second == std::string::npos) return {};
  return {key.substr(0, second), key.substr(second + 1)};
}

template <typename Message>
bool is_still(const std::shared_ptr<const Message>& now,
              const std::shared_ptr<const Message>& then) {
  return now != nullptr && same(*now, *then);
}

}  // namespace

bool LeftOut::add(const v1::Refusal& refusal, const DesiredState& state) {
  LeftOut more = *this;
  for (const v1::Violation& violation : refusal.violations()) {
    if (!more.add(violation.object(), state)) return false;
  }
  if (more.size() == size()) return false;
  *this = std::move(more);
  return true;
}

bool LeftOut::add(const std::string& object, const DesiredState& state) {
  absl::string_view rest = object;
  if (absl::ConsumePrefix(&rest, "service ")) {
    const auto service = state.services().find(std::string(rest));
    if (service != nullptr) services_[std::string(rest)] = service->service;
    return service != nullptr;
  }
  if (absl::ConsumePrefix(&rest, "endpoint ")) {
    const EndpointKey key = split(std::string(rest));
    const EndpointPtr endpoint = find_endpoint(state, key.first, key.second);
    if (endpoint != nullptr) endpoints_[key] = endpoint;
    return endpoint != nullptr;
  }
  if (!absl::ConsumePrefix(&rest, "route ")) return false;
  const auto route = state.routes().find(std::string(rest));
  if (route != nullptr) routes_[std::string(rest)] = route;
  return route != nullptr;
}

DesiredState LeftOut::apply(DesiredState state) {
  std::erase_if(endpoints_, [&](const auto& entry) {
    const auto& [key, refused] = entry;
    return !is_still(find_endpoint(state, key.first, key.second), refused);
  });
  for (const auto& [key, refused] : endpoints_) {
    auto rest = std::make_shared<ServiceState>(*state.services().find(key.first));
    std::erase_if(rest->endpoints,
                  [&name = key.second](const EndpointPtr& one) { return one->name() == name; });
    state.set(std::move(rest));
  }
  std::erase_if(services_, [&](const auto& entry) {
    const auto now = state.services().find(entry.first);
    return now == nullptr || !is_still(now->service, entry.second);
  });
  for (const auto& [name, refused] : services_) state.erase_service(name);
  std::erase_if(routes_, [&](const auto& entry) {
    return !is_still(state.routes().find(entry.first), entry.second);
  });
  for (const auto& [prefix, refused] : routes_) state.erase_route(prefix);
  return state;
}

bool LeftOut::contains(const std::string& object) const {
  absl::string_view rest = object;
  if (absl::ConsumePrefix(&rest, "service ")) return services_.contains(std::string(rest));
  if (absl::ConsumePrefix(&rest, "route ")) return routes_.contains(std::string(rest));
  return absl::ConsumePrefix(&rest, "endpoint ") && endpoints_.contains(split(std::string(rest)));
}

}  // namespace portico
