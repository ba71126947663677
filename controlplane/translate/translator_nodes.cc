// What follows from the Nodes: the routes to their Pod networks, and that their own addresses are
// no Service's.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controlplane/translate/addresses.h"
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
  for (const std::string& address : found->second.addresses) {
    addresses_.remove(address, &found->second);
  }
  touch(found->second.addresses);
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
  entry.addresses = internal_ips(node);
  for (const std::string& address : entry.addresses) addresses_.add(address, &entry);
  touch(entry.addresses);
  to_tell_.insert(&entry);
  statements_.set(name, Cause::kItself, std::move(reports), out);
}

const Translator::NodeEntry* Translator::oldest(absl::Span<NodeEntry* const> nodes) {
  const auto found = std::min_element(
      nodes.begin(), nodes.end(),
      [](const NodeEntry* a, const NodeEntry* b) { return a->seniority < b->seniority; });
  return found == nodes.end() ? nullptr : *found;
}

const Translator::NodeEntry* Translator::holder_of(const std::string& prefix) const {
  return oldest(prefixes_.of(prefix));
}

void Translator::touch(const std::set<std::string>& addresses) {
  for (const std::string& address : addresses) {
    for (const ServiceEntry* service : externals_.of(address)) {
      to_rebuild_.insert(service->seniority.key);
    }
  }
}

std::shared_ptr<const v1::Service> Translator::without_addresses_of_nodes(const ServiceEntry& entry,
                                                                          Reports* out) {
  const v1::Service& whole = entry.translated->service;
  const std::string name = object_name("Service", entry.object->message.metadata());
  Reports reports;
  Reporter reporter(entry.object->place, name, &reports);
  std::set<std::string> left_out;
  for (const v1::ServiceAddress& address : whole.addresses()) {
    const NodeEntry* node =
        is_external(address) ? oldest(addresses_.of(address.address())) : nullptr;
    if (node == nullptr) continue;
    left_out.insert(address.address());
    const bool is_given = address.kind() == v1::ServiceAddress::KIND_EXTERNAL_IP;
    reporter.warning(is_given ? "spec.externalIPs" : "status.loadBalancer.ingress",
                     absl::StrCat(address.address(), " is left out: it is the InternalIP of ",
                                  holder_text("Node", *node->object),
                                  ", which would be cut off if the gateway answered for it"));
  }
  statements_.set(name, Cause::kNodes, std::move(reports), out);
  if (left_out.empty()) return {entry.translated, &whole};
  auto rest = std::make_shared<v1::Service>(whole);
  auto& addresses = *rest->mutable_addresses();
  addresses.erase(std::remove_if(addresses.begin(), addresses.end(),
                                 [&](const v1::ServiceAddress& address) {
                                   return left_out.contains(address.address());
                                 }),
                  addresses.end());
  return rest;
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
