// Which Services are served: each by itself, then among those that want the same.

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controlplane/translate/addresses.h"
#include "controlplane/translate/translator.h"

namespace portico {
void Translator::take(const KindUpdate<kubernetes::Service>& update, Reports* out) {
  for (const ObjectKey& key : update.deleted) {
    take_out(key);
    statements_.erase(absl::StrCat("Service ", key));
  }
  for (const auto& object : update.set) {
    take_out(key_of(object->message.metadata()));
    take_in(object, out);
  }
  admit(out);
}

// Its slices stay where they are, for it may come back.
void Translator::take_out(const ObjectKey& key) {
  const auto found = services_.find(key);
  if (found == services_.end() || found->second.object == nullptr) return;
  ServiceEntry& entry = found->second;
  to_admit_.erase(&entry);
  if (entry.translated != nullptr) {
    for (const auto& [socket, field] : sockets_of(entry.translated->service)) {
      sockets_.remove(socket, &entry);
      for (ServiceEntry* other : sockets_.of(socket)) to_admit_.insert(other);
    }
    for (const std::string& address : external_addresses(entry.translated->service)) {
      externals_.remove(address, &entry);
    }
  }
  --service_count_;
  entry.object = nullptr;
  entry.translated = nullptr;
  entry.admitted = false;
  to_rebuild_.insert(key);
}

void Translator::take_in(const ObjectPtr<kubernetes::Service>& object, Reports* out) {
  const kubernetes::Service& service = object->message;
  const std::string name = object_name("Service", service.metadata());
  const ObjectKey key = key_of(service.metadata());
  ServiceEntry& entry = services_[key];
  entry.object = object;
  entry.seniority = Seniority::of(service.metadata());
  ++service_count_;
  to_rebuild_.insert(key);
  Reports reports;
  Reporter reporter(object->place, name, &reports);
  if (const auto why = why_not_served(service)) {
    reporter.pass_over("", *why);
  } else if (std::optional<TranslatedService> translated = translate_service(service, &reporter)) {
    entry.translated = std::make_shared<const TranslatedService>(*std::move(translated));
    for (const auto& [socket, field] : sockets_of(entry.translated->service)) {
      sockets_.add(socket, &entry);
    }
    for (const std::string& address : external_addresses(entry.translated->service)) {
      externals_.add(address, &entry);
    }
    to_admit_.insert(&entry);
    entry.is_fresh = true;
  }
  // One that wants nothing lacks nothing.
  if (entry.translated == nullptr) statements_.set(name, Cause::kOthers, {}, out);
  statements_.set(name, Cause::kItself, std::move(reports), out);
}

void Translator::admit(Reports* out) {
  while (!to_admit_.empty()) {
    ServiceEntry& entry = **to_admit_.begin();
    to_admit_.erase(to_admit_.begin());
    const kubernetes::ObjectMeta& metadata = entry.object->message.metadata();
    const std::string name = object_name("Service", metadata);
    Reports reports;
    Reporter reporter(entry.object->place, name, &reports);
    const bool was_admitted = entry.admitted;
    entry.admitted = may_be_admitted(entry, &reporter);
    statements_.set(name, Cause::kOthers, std::move(reports), out);
    const bool is_fresh = std::exchange(entry.is_fresh, false);
    if (entry.admitted == was_admitted && !is_fresh) continue;
    to_rebuild_.insert(key_of(metadata));
    for (const auto& [socket, field] : sockets_of(entry.translated->service)) {
      for (ServiceEntry* other : sockets_.of(socket)) {
        if (entry.seniority < other->seniority) to_admit_.insert(other);
      }
    }
  }
}

bool Translator::may_be_admitted(const ServiceEntry& entry, Reporter* reporter) const {
  for (const auto& [socket, field] : sockets_of(entry.translated->service)) {
    for (const ServiceEntry* other : sockets_.of(socket)) {
      if (!other->admitted || !(other->seniority < entry.seniority)) continue;
      const auto& [address, port, protocol] = socket;
      reporter->fault(
          field, absl::StrCat(port, " on ", address.empty() ? "every node" : address,
                              " belongs to ", holder_text("Service", *other->object), " already"));
    }
  }
  return reporter->ok();
}

std::vector<std::string> Translator::external_addresses(const v1::Service& service) {
  std::vector<std::string> addresses;
  for (const v1::ServiceAddress& address : service.addresses()) {
    if (is_external(address)) addresses.push_back(address.address());
  }
  return addresses;
}

Translator::SocketFields Translator::sockets_of(const v1::Service& service) {
  SocketFields sockets;
  for (const v1::ServiceAddress& address : service.addresses()) {
    const bool is_node_port = address.kind() == v1::ServiceAddress::KIND_NODE_PORT;
    for (int i = 0; i < service.ports_size(); ++i) {
      const v1::ServicePort& port = service.ports(i);
      if (is_node_port && port.node_port() == 0) continue;
      sockets.emplace_back(
          Socket(address.address(), is_node_port ? port.node_port() : port.port(), port.protocol()),
          absl::StrCat("spec.ports[", i, is_node_port ? "].nodePort" : "].port"));
    }
  }
  if (service.health_check_port() != 0) {
    sockets.emplace_back(Socket("", service.health_check_port(), v1::PROTOCOL_TCP),
                         "spec.healthCheckNodePort");
  }
  return sockets;
}

}  // namespace portico
