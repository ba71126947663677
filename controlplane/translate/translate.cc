#include "controlplane/translate/translate.h"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controlplane/translate/endpoints.h"
#include "controlplane/translate/node.h"
#include "controlplane/translate/reporter.h"
#include "controlplane/translate/service.h"

namespace portico {
namespace {

class Translator {
 public:
  Translator(const TranslateOptions& options, Translation* translation)
      : options_(options), out_(*translation) {}

  void add_services(const ObjectSet& objects);
  void add_endpoints(const ObjectSet& objects);
  void add_routes(const ObjectSet& objects);

 private:
  // Whoever was there first, with the place.
  using Holder = std::string;

  Reporter reporter(const ObjectPlace& place, absl::string_view kind,
                    const kubernetes::ObjectMeta& metadata) {
    return Reporter(place, object_name(kind, metadata), &out_.reports);
  }
  static Holder holder(const Reporter& reporter) {
    const std::string at = reporter.place().at("");
    return at.empty() ? reporter.object() : absl::StrCat(reporter.object(), " at ", at);
  }
  void claim_sockets(const v1::Service& service, Reporter* reporter);
  void claim(const std::string& address, std::uint32_t port, v1::Protocol protocol,
             const std::string& field, Reporter* reporter);

  const TranslateOptions& options_;
  Translation& out_;
  std::map<std::string, TranslatedService> services_;
  // The address is empty for all the node-port addresses.
  std::map<std::tuple<std::string, std::uint32_t, v1::Protocol>, Holder> sockets_;
  std::map<std::string, Holder> prefixes_;
};

void Translator::add_services(const ObjectSet& objects) {
  for (const auto& object : objects.services) {
    Reporter reports = reporter(object->place, "Service", object->message.metadata());
    if (const auto why = why_not_served(object->message)) {
      reports.pass_over("", *why);
      continue;
    }
    std::optional<TranslatedService> translated = translate_service(object->message, &reports);
    if (!translated.has_value()) continue;
    claim_sockets(translated->service, &reports);
    if (!reports.ok()) continue;
    const std::string name = translated->service.name();
    out_.desired.services[name] = translated->service;
    services_[name] = *std::move(translated);
  }
}

// An address, port and protocol leads to one Service only.
void Translator::claim_sockets(const v1::Service& service, Reporter* reporter) {
  for (const v1::ServiceAddress& address : service.addresses()) {
    const bool is_node_port = address.kind() == v1::ServiceAddress::KIND_NODE_PORT;
    for (int i = 0; i < service.ports_size(); ++i) {
      const v1::ServicePort& port = service.ports(i);
      if (is_node_port && port.node_port() == 0) continue;
      claim(address.address(), is_node_port ? port.node_port() : port.port(), port.protocol(),
            absl::StrCat("spec.ports[", i, is_node_port ? "].nodePort" : "].port"), reporter);
    }
  }
  if (service.health_check_port() != 0) {
    claim("", service.health_check_port(), v1::PROTOCOL_TCP, "spec.healthCheckNodePort", reporter);
  }
}

void Translator::claim(const std::string& address, std::uint32_t port, v1::Protocol protocol,
                       const std::string& field, Reporter* reporter) {
  const auto [socket, is_new] =
      sockets_.emplace(std::tuple(address, port, protocol), holder(*reporter));
  if (is_new) return;
  reporter->fault(field, absl::StrCat(port, " on ", address.empty() ? "every node" : address,
                                      " belongs to ", socket->second, " already"));
}

void Translator::add_endpoints(const ObjectSet& objects) {
  std::map<std::string, std::vector<const kubernetes::EndpointSlice*>> slices;
  for (const auto& object : objects.endpoint_slices) {
    Reporter reports = reporter(object->place, "EndpointSlice", object->message.metadata());
    if (const auto why = why_not_used(object->message)) {
      reports.pass_over("", *why);
      continue;
    }
    check_slice(object->message, &reports);
    if (!reports.ok()) continue;
    const std::string service = service_of(object->message);
    slices[service].push_back(&object->message);
    // Slices may come before their Service and outlive it.
    if (services_.contains(service)) continue;
    reports.pass_over("", absl::StrCat("is of Service ", service, ", which is not served"));
  }
  for (const auto& [name, service] : services_) {
    const auto own = slices.find(name);
    if (own == slices.end()) continue;
    for (v1::Endpoint& endpoint : translate_endpoints(service, own->second, options_.standpoint)) {
      out_.desired.endpoints.emplace(std::pair(name, endpoint.name()), std::move(endpoint));
    }
  }
}

void Translator::add_routes(const ObjectSet& objects) {
  for (const auto& object : objects.nodes) {
    Reporter reports = reporter(object->place, "Node", object->message.metadata());
    for (v1::Route& route : translate_node(object->message, &reports)) {
      const auto [prefix, is_new] = prefixes_.emplace(route.prefix(), holder(reports));
      if (!is_new) {
        reports.fault("spec.podCIDRs",
                      absl::StrCat(route.prefix(), " belongs to ", prefix->second, " already"));
        continue;
      }
      out_.desired.routes[prefix->first] = std::move(route);
    }
  }
}

}  // namespace

Translation translate(const ObjectSet& objects, const TranslateOptions& options) {
  Translation translation;
  Translator translator(options, &translation);
  translator.add_services(objects);
  translator.add_endpoints(objects);
  if (options.node_routes) translator.add_routes(objects);
  return translation;
}

}  // namespace portico
