// The routes to Nodes' Pod networks.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controlplane/translate/node.h"
#include "controlplane/translate/translator.h"

namespace portico {

void Translator::take(const KindUpdate<kubernetes::Node>& update, Reports* out) {
  for (const ObjectKey& key : update.deleted) {
    take_out_node(key);
    statements_.erase(absl::StrCat("Node ", key));
  }
  for (const auto& object : update.set) {
    take_out_node(key_of(object->message.metadata()));
    take_in_node(object, out);
  }
}

void Translator::take_out_node(const ObjectKey& key) {
  const auto found = nodes_.find(key);
  if (found == nodes_.end()) return;
  for (const v1::Route& route : found->second.routes) {
    prefixes_.remove(route.prefix(), &found->second);
    to_settle_.insert(route.prefix());
  }
  to_tell_.erase(&found->second);
  nodes_.erase(found);
}

void Translator::take_in_node(const ObjectPtr<kubernetes::Node>& object, Reports* out) {
  const kubernetes::Node& node = object->message;
  const std::string name = object_name("Node", node.metadata());
  Reports reports;
  Reporter reporter(object->place, name, &reports);
  NodeEntry& entry = nodes_[key_of(node.metadata())];
  entry.object = object;
  entry.seniority = Seniority::of(node.metadata());
  entry.routes = translate_node(node, &reporter);
  for (const v1::Route& route : entry.routes) {
    prefixes_.add(route.prefix(), &entry);
    to_settle_.insert(route.prefix());
  }
  to_tell_.insert(&entry);
  statements_.set(name, Cause::kItself, std::move(reports), out);
}

const Translator::NodeEntry* Translator::holder_of(const std::string& prefix) const {
  const auto claimants = prefixes_.of(prefix);
  const auto oldest = std::min_element(
      claimants.begin(), claimants.end(),
      [](const NodeEntry* a, const NodeEntry* b) { return a->seniority < b->seniority; });
  return oldest == claimants.end() ? nullptr : *oldest;
}

void Translator::settle_routes(Reports* out) {
  for (const std::string& prefix : std::exchange(to_settle_, {})) {
    for (NodeEntry* claimant : prefixes_.of(prefix)) to_tell_.insert(claimant);
    const NodeEntry* holder = holder_of(prefix);
    if (holder == nullptr) {
      desired_.erase_route(prefix);
      continue;
    }
    const auto route = std::find_if(holder->routes.begin(), holder->routes.end(),
                                    [&](const v1::Route& one) { return one.prefix() == prefix; });
    const auto before = desired_.routes().find(prefix);
    if (before != nullptr && same(*before, *route)) continue;
    desired_.set(std::make_shared<const v1::Route>(*route));
  }
  for (const NodeEntry* entry : std::exchange(to_tell_, {})) {
    const std::string name = object_name("Node", entry->object->message.metadata());
    Reports reports;
    Reporter reporter(entry->object->place, name, &reports);
    for (const v1::Route& route : entry->routes) {
      const NodeEntry* holder = holder_of(route.prefix());
      if (holder == entry) continue;
      reporter.fault("spec.podCIDRs",
                     absl::StrCat(route.prefix(), " belongs to ",
                                  holder_text("Node", *holder->object), " already"));
    }
    statements_.set(name, Cause::kOthers, std::move(reports), out);
  }
}

}  // namespace portico
