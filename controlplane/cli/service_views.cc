// Services and their endpoints as tables.

#include <functional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controlplane/cli/text.h"
#include "controlplane/cli/views.h"
#include "controlplane/cli/words.h"

namespace portico::cli {
namespace {

using Address = v1::ServiceAddress;

std::string number(std::uint64_t value) {
  return absl::StrCat(value);
}

// Unspecified values mean what objects.proto says that they mean.
Address::Kind kind_of(const Address& address) {
  return address.kind() == Address::KIND_UNSPECIFIED ? Address::KIND_CLUSTER_IP : address.kind();
}

std::string kind(const Address& address) {
  return enum_word(Address::Kind_Name(kind_of(address)), "KIND_");
}

std::string addresses(const v1::Service& service, bool cluster_ips) {
  std::vector<std::string> texts;
  for (const Address& address : service.addresses()) {
    const bool is_cluster_ip = kind_of(address) == Address::KIND_CLUSTER_IP;
    if (is_cluster_ip == cluster_ips && !address.address().empty()) {
      texts.push_back(address.address());
    }
  }
  return absl::StrJoin(texts, ",");
}

std::string service_ports(const v1::Service& service) {
  return absl::StrJoin(service.ports(), ",", [](std::string* out, const v1::ServicePort& port) {
    const std::string node_port = port.node_port() == 0 ? "" : absl::StrCat(":", port.node_port());
    absl::StrAppend(out, port.port(), node_port, "/", to_string(port.protocol()));
  });
}

std::string selection(const v1::Service& service) {
  if (service.selection() == v1::SELECTION_UNSPECIFIED) return "random";
  const std::string word = enum_word(v1::Selection_Name(service.selection()), "SELECTION_");
  const bool has_size =
      service.selection() == v1::SELECTION_MAGLEV && service.maglev_table_size() != 0;
  return has_size ? absl::StrCat(word, ":", service.maglev_table_size()) : word;
}

// What is said of each address, each word once; `with_kinds`, where they differ,, "KIND=WORD,...".
std::string of_addresses(const v1::Service& service, bool with_kinds,
                         const std::function<std::string(const Address&)>& word_of) {
  std::vector<std::string> words;
  std::vector<std::string> named;
  const auto add = [](std::vector<std::string>& list, std::string text) {
    if (!absl::c_linear_search(list, text)) list.push_back(std::move(text));
  };
  for (const Address& address : service.addresses()) {
    const std::string word = word_of(address);
    add(words, word);
    if (!word.empty()) add(named, absl::StrCat(kind(address), "=", word));
  }
  return with_kinds && words.size() > 1 ? absl::StrJoin(named, ",") : absl::StrJoin(words, ",");
}

std::string source_addresses(const v1::Service& service, bool wide) {
  const auto word_of = [&](const Address& address) {
    const v1::SourceAddress value = address.source_address() == v1::SOURCE_ADDRESS_UNSPECIFIED
                                        ? service.source_address()
                                        : address.source_address();
    if (value == v1::SOURCE_ADDRESS_UNSPECIFIED) return std::string("masquerade");
    return enum_word(v1::SourceAddress_Name(value), "SOURCE_ADDRESS_");
  };
  return of_addresses(service, wide, word_of);
}

std::string policies(const v1::Service& service) {
  return of_addresses(service, true, [](const Address& address) {
    return std::string(address.traffic_policy() == v1::TRAFFIC_POLICY_LOCAL ? "local" : "cluster");
  });
}

std::string source_ranges(const v1::Service& service) {
  return of_addresses(service, true, [](const Address& address) {
    return absl::StrJoin(address.source_ranges(), "+");
  });
}

std::string number_or_none(std::uint32_t value) {
  return value == 0 ? "" : absl::StrCat(value);
}

std::string state(v1::Endpoint::State state) {
  return state == v1::Endpoint::STATE_DRAINING ? "draining" : "active";
}

bool is_active(const v1::EndpointView& endpoint) {
  return endpoint.state() != v1::Endpoint::STATE_DRAINING;
}

template <typename T>
std::vector<T> joined(std::vector<T> first, const std::vector<T>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

Table services_table(const std::vector<v1::ServiceView>& services, bool wide) {
  std::vector<Table::Column> columns = {
      "NAME",           "CLUSTER-IP",          "EXTERNAL-IP",
      "PORT(S)",        {"ENDPOINTS", kRight}, {"CONNECTIONS", kRight},
      {"OPEN", kRight}, "SELECTION",           "CLIENT-ADDRESS",
      "SOURCE"};
  if (wide) {
    columns = joined(columns, {"POLICY", "AFFINITY", "SOURCE-RANGES", {"HEALTH-PORT", kRight}});
  }
  Table table(columns);
  for (const v1::ServiceView& view : services) {
    std::uint64_t active = 0, made = 0, open = 0;
    for (const v1::EndpointView& endpoint : view.endpoints()) {
      active += is_active(endpoint) ? 1u : 0u;
      made += endpoint.connections();
      open += endpoint.active_connections();
    }
    const v1::Service& service = view.service();
    std::vector<std::string> cells = {service.name(),
                                      addresses(service, true),
                                      addresses(service, false),
                                      service_ports(service),
                                      absl::StrCat(active, "/", view.endpoints_size()),
                                      number(made),
                                      number(open),
                                      selection(service),
                                      source_addresses(service, wide),
                                      view.source()};
    if (wide) {
      cells = joined(cells, {policies(service),
                             to_string(service.client_affinity(), service.has_client_affinity()),
                             source_ranges(service), number_or_none(service.health_check_port())});
    }
    table.add(std::move(cells));
  }
  return table;
}

Table endpoints_table(const std::vector<v1::ServiceView>& services, bool wide) {
  std::vector<Table::Column> columns = {"SERVICE",
                                        "PORT",
                                        "ENDPOINT",
                                        "PROTOCOL",
                                        "STATE",
                                        "NODE",
                                        {"CONNECTIONS", kRight},
                                        {"OPEN", kRight},
                                        {"PACKETS-TO", kRight},
                                        {"PACKETS-FROM", kRight},
                                        {"BYTES-TO", kRight},
                                        {"BYTES-FROM", kRight},
                                        "NAME"};
  if (wide) columns = joined(columns, {"LOCAL", {"WEIGHT", kRight}, {"LIMIT", kRight}});
  Table table(columns);
  for (const v1::ServiceView& view : services) {
    for (const v1::EndpointView& endpoint : view.endpoints()) {
      std::vector<std::string> cells = {view.service().name(),
                                        endpoint.port_name(),
                                        to_string(endpoint.address(), endpoint.port()),
                                        to_string(endpoint.protocol()),
                                        state(endpoint.state()),
                                        endpoint.node(),
                                        number(endpoint.connections()),
                                        number(endpoint.active_connections()),
                                        number(endpoint.packets_to_endpoint()),
                                        number(endpoint.packets_from_endpoint()),
                                        bytes_to_string(endpoint.bytes_to_endpoint()),
                                        bytes_to_string(endpoint.bytes_from_endpoint()),
                                        endpoint.name()};
      if (wide) {
        cells = joined(cells, {state(endpoint.local_state()), number(endpoint.weight()),
                               number_or_none(endpoint.max_connections())});
      }
      table.add(std::move(cells));
    }
  }
  return table;
}

}  // namespace portico::cli
