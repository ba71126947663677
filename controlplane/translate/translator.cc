#include "controlplane/translate/translator.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "controlplane/translate/endpoints.h"

namespace portico {
namespace {

using Endpoints = std::vector<std::shared_ptr<const v1::Endpoint>>;

// `now`, where those that are as they were before are the same ones. Both are sorted by name.
Endpoints share(const Endpoints& before, std::vector<v1::Endpoint> now) {
  Endpoints shared;
  shared.reserve(now.size());
  auto old = before.begin();
  for (v1::Endpoint& endpoint : now) {
    while (old != before.end() && (*old)->name() < endpoint.name()) ++old;
    const bool is_old = old != before.end() && same(**old, endpoint);
    shared.push_back(is_old ? *old : std::make_shared<const v1::Endpoint>(std::move(endpoint)));
  }
  return shared;
}

}  // namespace

Translator::Translator(TranslateOptions options, DesiredState base)
    : options_(std::move(options)), desired_(std::move(base)) {
  begin_anew();
}

// What was desired and is no more is found where it is rebuilt from nothing.
void Translator::begin_anew() {
  statements_ = {};
  services_.clear();
  slices_.clear();
  nodes_.clear();
  service_count_ = 0;
  sockets_ = {};
  prefixes_ = {};
  externals_ = {};
  addresses_ = {};
  desired_.services().for_each([this](const ObjectKey& key, const ServiceState&) {
    to_rebuild_.insert(key);
    return true;
  });
  desired_.routes().for_each([this](const std::string& prefix, const v1::Route&) {
    to_settle_.insert(prefix);
    return true;
  });
}

Reports Translator::apply(const ObjectUpdate& update) {
  if (update.reset) begin_anew();
  Reports reports;
  take(update.services, &reports);
  take(update.endpoint_slices, &reports);
  if (options_.node_routes) take(update.nodes, &reports);
  for (const ObjectKey& key : std::exchange(to_rebuild_, {})) rebuild(key, &reports);
  settle_routes(&reports);
  return reports;
}

const kubernetes::ObjectMeta* Translator::find(const std::string& object) const {
  const std::pair<std::string, ObjectKey> parts = absl::StrSplit(object, absl::MaxSplits(' ', 1));
  const auto& [kind, key] = parts;
  if (kind == "EndpointSlice") {
    const auto slice = slices_.find(key);
    return slice == slices_.end() ? nullptr : &slice->second->message.metadata();
  }
  if (kind == "Node") {
    const auto node = nodes_.find(key);
    return node == nodes_.end() ? nullptr : &node->second.object->message.metadata();
  }
  const auto service = services_.find(key);
  const bool is_there = service != services_.end() && service->second.object != nullptr;
  return is_there ? &service->second.object->message.metadata() : nullptr;
}

void Translator::take(const KindUpdate<kubernetes::EndpointSlice>& update, Reports* out) {
  for (const ObjectKey& key : update.deleted) {
    take_out_slice(key);
    statements_.erase(absl::StrCat("EndpointSlice ", key));
  }
  for (const SlicePtr& object : update.set) {
    take_out_slice(key_of(object->message.metadata()));
    take_in_slice(object, out);
  }
}

void Translator::take_out_slice(const ObjectKey& key) {
  const auto slice = slices_.find(key);
  if (slice == slices_.end()) return;
  const SlicePtr object = std::move(slice->second);
  slices_.erase(slice);
  if (why_not_used(object->message).has_value()) return;
  const auto service = services_.find(service_of(object->message));
  if (service == services_.end()) return;
  std::vector<SlicePtr>& of_service = service->second.slices;
  const auto filed = std::find(of_service.begin(), of_service.end(), object);
  if (filed == of_service.end()) return;
  of_service.erase(filed);
  to_rebuild_.insert(service->first);
}

void Translator::take_in_slice(const SlicePtr& object, Reports* out) {
  const kubernetes::EndpointSlice& slice = object->message;
  const std::string name = object_name("EndpointSlice", slice.metadata());
  slices_.emplace(key_of(slice.metadata()), object);
  Reports reports;
  Reporter reporter(object->place, name, &reports);
  if (const auto why = why_not_used(slice)) {
    reporter.pass_over("", *why);
  } else if (check_slice(slice, &reporter); reporter.ok()) {
    const std::string owner = service_of(slice);
    ServiceEntry& service = services_[owner];
    service.slices.push_back(object);
    to_rebuild_.insert(owner);
    // Slices may come before their Service and outlive it.
    if (!service.admitted) {
      reporter.pass_over("", absl::StrCat("is of Service ", owner, ", which is not served"));
    }
  }
  statements_.set(name, Cause::kItself, std::move(reports), out);
}

// No fault: what a slice has for ports that the Service has not is of no use, and does no harm.
void Translator::compare_ports(const ServiceEntry& entry, Reports* out) {
  const v1::Service& service = entry.translated->service;
  for (const SlicePtr& slice : entry.slices) {
    const std::string name = object_name("EndpointSlice", slice->message.metadata());
    Reports reports;
    Reporter reporter(slice->place, name, &reports);
    for (int i = 0; i < slice->message.ports_size(); ++i) {
      const kubernetes::EndpointPort& port = slice->message.ports(i);
      const auto is_it = [&](const v1::ServicePort& one) { return one.name() == port.name(); };
      if (!port.has_name() || port.port() == 0) continue;
      if (std::any_of(service.ports().begin(), service.ports().end(), is_it)) continue;
      reporter.warning(absl::StrCat("ports[", i, "].name"),
                       absl::StrCat("\"", port.name(), "\" is the name of no port of Service ",
                                    service.name(), ": nothing is sent there"));
    }
    statements_.set(name, Cause::kOthers, std::move(reports), out);
  }
}

void Translator::rebuild(const ObjectKey& key, Reports* out) {
  const auto found = services_.find(key);
  if (found == services_.end() || !found->second.admitted) {
    desired_.erase_service(key);
    if (found == services_.end()) return;
    const bool is_empty = found->second.object == nullptr && found->second.slices.empty();
    if (is_empty) services_.erase(found);
    return;
  }
  const ServiceEntry& entry = found->second;
  std::vector<const kubernetes::EndpointSlice*> slices;
  for (const SlicePtr& slice : entry.slices) slices.push_back(&slice->message);
  static const ServiceState kNone;
  const auto held = desired_.services().find(key);
  const ServiceState& before = held == nullptr ? kNone : *held;
  auto state = std::make_shared<ServiceState>();
  state->service = without_addresses_of_nodes(entry, out);
  compare_ports(entry, out);
  if (held != nullptr && same(*before.service, *state->service)) state->service = before.service;
  state->endpoints =
      share(before.endpoints, translate_endpoints(*entry.translated, slices, options_.standpoint));
  if (state->service == before.service && state->endpoints == before.endpoints) return;
  desired_.set(std::move(state));
}

}  // namespace portico
