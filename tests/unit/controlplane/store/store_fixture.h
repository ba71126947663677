#pragma once

// Good objects to start from, and a store with short words for what tests do with it.

#include <string>
#include <utility>
#include <vector>

#include "controlplane/store/store.h"
#include "gtest/gtest.h"

namespace portico::store {

inline Service web() {
  Service service;
  service.name = "default/web";
  service.addresses = {{"10.100.3.59"}};
  service.ports = {{"http", Protocol::kTcp, 80}};
  return service;
}

inline Endpoint pod(const std::string& name, const std::string& address,
                    const std::string& service = "default/web") {
  Endpoint endpoint;
  endpoint.name = name;
  endpoint.service = service;
  endpoint.address = address;
  endpoint.ports = {{"http", 8080}};
  return endpoint;
}

// Node ports alone, or beside the address of web().
inline ServiceAddress node_ports() {
  ServiceAddress address;
  address.kind = FrontendKind::kNodePort;
  return address;
}

inline Service web_with_node_port(std::uint32_t node_port = 30080) {
  Service service = web();
  service.addresses.push_back(node_ports());
  service.ports[0].node_port = node_port;
  return service;
}

class StoreTest : public ::testing::Test {
 protected:
  static IpAddress address(const char* text) { return IpAddress::parse(text).value(); }

  template <typename... Objects>
  Plan plan(const std::string& source, Objects... objects) {
    Pending pending;
    (pending.set(std::move(objects)), ...);
    return store.plan(source, pending);
  }

  Plan commit(const std::string& source, const Pending& pending) {
    Plan plan = store.plan(source, pending);
    EXPECT_EQ(plan.violations.count(), 0u) << text(plan);
    if (plan.violations.empty()) store.commit(plan);
    return plan;
  }

  template <typename... Objects>
  Plan commit_set(const std::string& source, Objects... objects) {
    Pending pending;
    (pending.set(std::move(objects)), ...);
    return commit(source, pending);
  }

  // "service default/web|ports[0].port|must be ..." one a line.
  static std::string text(const Plan& plan) {
    std::string text;
    for (const Violation& violation : plan.violations.kept()) {
      text += violation.object.to_string() + "|" + violation.field + "|" + violation.message + "\n";
    }
    return text;
  }

  // The objects and fields at fault, without the sentences.
  static std::vector<std::string> faults(const Plan& plan) {
    std::vector<std::string> faults;
    for (const Violation& violation : plan.violations.kept()) {
      faults.push_back(violation.object.to_string() + "|" + violation.field);
    }
    return faults;
  }

  static GatewayFacts facts() {
    GatewayFacts facts;
    facts.addresses = {address("10.20.0.1"), address("2001:db8:20::1")};
    facts.node_ports.addresses = {address("10.20.0.1"), address("2001:db8:20::1")};
    facts.next_hops = {address("10.20.0.254")};
    return facts;
  }

  Store store{facts()};
};

}  // namespace portico::store
