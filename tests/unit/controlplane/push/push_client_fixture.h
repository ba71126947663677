#pragma once

// A PushClient and its gateway.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controlplane/push/push_client.h"
#include "gtest/gtest.h"
#include "tests/support/desired_maps.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/controlplane/push/fake_gateway.h"

namespace portico {

// Services of these names, each on a port of its own.
inline DesiredState services(const std::vector<std::string>& names, std::uint32_t port = 80) {
  DesiredMaps maps;
  for (const std::string& name : names) {
    v1::Service& service = maps.services[name];
    service.set_name(name);
    service.add_ports()->set_port(port);
  }
  return state_of(maps);
}

class PushClientTest : public testing::Test {
 protected:
  void SetUp() override {
    target_ = absl::StrCat("unix:", (folder_ / "gateway.sock").string());
    gateway_.start(target_);
    make_client({target_, "test", "test/1", {}});
  }

  void make_client(const PushOptions& options) {
    client_ = std::make_unique<PushClient>(options);
    client_->start();
  }
  void push(std::uint64_t number, DesiredState state) {
    client_->push({number, std::move(state), std::chrono::steady_clock::now()});
  }
  // Whether it was acknowledged.
  bool pushed(std::uint64_t number, DesiredState state) {
    push(number, std::move(state));
    return client_->wait_for(number);
  }

  TemporaryFolder folder_;
  std::string target_;
  FakeGateway gateway_;
  std::unique_ptr<PushClient> client_;
};

}  // namespace portico
