#pragma once

// Kubernetes objects for tests, written in protobuf's text format.

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controlplane/kubernetes/object_set.h"
#include "controlplane/translate/service.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace portico {

template <typename Message>
Message parse_text(const std::string& text) {
  Message message;
  if (!google::protobuf::TextFormat::ParseFromString(text, &message)) {
    ADD_FAILURE() << "cannot parse: " << text;
  }
  return message;
}

// An object without a file.
template <typename Message>
ObjectPtr<Message> sourced(Message message, ObjectPlace place = {}) {
  return std::make_shared<const Sourced<Message>>(
      Sourced<Message>{std::move(message), std::move(place)});
}

// default/web, port http 80/TCP, with these ClusterIPs; further fields of its spec in text format.
inline kubernetes::Service web_service(std::initializer_list<std::string> cluster_ips,
                                       const std::string& spec = "") {
  kubernetes::Service service = parse_text<kubernetes::Service>(absl::StrCat(
      "metadata { name: 'web' namespace: 'default' } spec { ports { name: 'http' port: 80 } ", spec,
      " }"));
  for (const std::string& address : cluster_ips) service.mutable_spec()->add_cluster_ips(address);
  return service;
}

// A slice of default/web with port http at 8080; its endpoints in text format.
inline kubernetes::EndpointSlice web_slice(const std::string& name, const std::string& type,
                                           const std::string& endpoints) {
  return parse_text<kubernetes::EndpointSlice>(absl::StrCat(
      "metadata { name: '", name,
      "' namespace: 'default' labels { key: 'kubernetes.io/service-name' value: 'web' }"
      " } address_type: '",
      type, "' ports { name: 'http' port: 8080 } ", endpoints));
}

// "field: message" of each, without the object.
inline std::vector<std::string> texts(const std::vector<ObjectFault>& faults) {
  std::vector<std::string> all;
  for (const ObjectFault& fault : faults)
    all.push_back(absl::StrCat(fault.field, ": ", fault.message));
  return all;
}

// What came of a Service, and what was said.
struct Outcome {
  std::optional<v1::Service> service;
  Weights node_weights, zone_weights;
  std::vector<std::string> faults;
  std::vector<std::string> warnings;
  std::vector<std::string> passed_over;
};

inline Outcome translate_one(const kubernetes::Service& service) {
  const ObjectPlace place;
  Reports reports;
  Reporter reporter(place, "Service default/web", &reports);
  Outcome outcome;
  if (auto translated = translate_service(service, &reporter)) {
    outcome.service = std::move(translated->service);
    outcome.node_weights = std::move(translated->node_weights);
    outcome.zone_weights = std::move(translated->zone_weights);
  }
  outcome.faults = texts(reports.faults);
  outcome.warnings = texts(reports.warnings);
  outcome.passed_over = texts(reports.passed_over);
  return outcome;
}

// default/web with an annotation.
inline kubernetes::Service annotated(const std::string& key, const std::string& value) {
  kubernetes::Service service = web_service({"10.0.0.1"});
  (*service.mutable_metadata()->mutable_annotations())[key] = value;
  return service;
}

}  // namespace portico
