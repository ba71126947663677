#include "controlplane/translate/translate.h"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controlplane/translate/endpoints.h"
#include "controlplane/translate/node.h"
#include "controlplane/translate/reporter.h"
#include "controlplane/translate/service.h"

namespace portico {
namespace {

class Translator {
 public:
  explicit Translator(Translation* translation) : out_(*translation) {}

  void add_services(const ObjectSet& objects);
  void add_endpoints(const ObjectSet& objects);
  void add_routes(const ObjectSet& objects);

 private:
  // Whoever was there first, with the place.
  using Holder = std::string;

  Reporter reporter(const ObjectPlace& place, absl::string_view kind,
                    const kubernetes::ObjectMeta& metadata) {
    return Reporter(place, object_name(kind, metadata), &out_.faults, &out_.warnings);
  }
  static Holder holder(const Reporter& reporter) {
    const std::string at = reporter.place().at("");
    return at.empty() ? reporter.object() : absl::StrCat(reporter.object(), " at ", at);
  }
  void claim_sockets(const v1::Service& service, Reporter* reporter);

  Translation& out_;
  std::map<std::tuple<std::string, std::uint32_t, v1::Protocol>, Holder> sockets_;
  std::map<std::string, Holder> prefixes_;
};

void Translator::add_services(const ObjectSet& objects) {
  for (const auto& object : objects.services) {
    if (!is_served(object->message)) continue;
    Reporter reports = reporter(object->place, "Service", object->message.metadata());
    std::optional<v1::Service> service = translate_service(object->message, &reports);
    if (!service.has_value()) continue;
    claim_sockets(*service, &reports);
    const std::string name = service->name();
    if (reports.ok()) out_.desired.services[name] = *std::move(service);
  }
}

// An address, port and protocol leads to one Service only.
void Translator::claim_sockets(const v1::Service& service, Reporter* reporter) {
  for (const v1::ServiceAddress& address : service.addresses()) {
    for (int i = 0; i < service.ports_size(); ++i) {
      const v1::ServicePort& port = service.ports(i);
      const auto [socket, is_new] = sockets_.emplace(
          std::tuple(address.address(), port.port(), port.protocol()), holder(*reporter));
      if (is_new) continue;
      reporter->fault(absl::StrCat("spec.ports[", i, "].port"),
                      absl::StrCat(port.port(), " on ", address.address(), " belongs to ",
                                   socket->second, " already"));
    }
  }
}

void Translator::add_endpoints(const ObjectSet& objects) {
  std::map<std::string, std::vector<const kubernetes::EndpointSlice*>> slices;
  for (const auto& object : objects.endpoint_slices) {
    const std::string service = service_of(object->message);
    if (service.empty()) continue;
    Reporter reports = reporter(object->place, "EndpointSlice", object->message.metadata());
    check_slice(object->message, &reports);
    if (reports.ok()) slices[service].push_back(&object->message);
  }
  for (const auto& [name, service_slices] : slices) {
    // Slices may come before their Service and outlive it.
    const auto service = out_.desired.services.find(name);
    if (service == out_.desired.services.end()) continue;
    for (v1::Endpoint& endpoint : translate_endpoints(service->second, service_slices)) {
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
  Translator translator(&translation);
  translator.add_services(objects);
  translator.add_endpoints(objects);
  if (options.node_routes) translator.add_routes(objects);
  return translation;
}

}  // namespace portico
