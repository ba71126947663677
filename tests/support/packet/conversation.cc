#include "tests/support/packet/conversation.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/support/packet/conversation_words.h"

namespace portico {

bool Conversation::wants(const std::string& text, Family family, Protocol protocol) {
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const Words words = words_of(std::string(line.data(), line.size()));
    if (words.empty() || (words[0] != "families" && words[0] != "protocols")) continue;
    const absl::string_view this_run =
        words[0] == "families" ? to_string(family) : to_string(protocol);
    const bool is_named = std::any_of(words.begin() + 1, words.end(), [&](const auto& word) {
      return absl::EqualsIgnoreCase(word, this_run);
    });
    if (!is_named) return false;
  }
  return true;
}

Conversation::Conversation(std::string file, const std::string& text, Family family,
                           Protocol protocol)
    : file_(std::move(file)), family_(family), protocol_(protocol) {
  settings_.config.capacity = {1024, 256, 256, 64, 16, 64};
  int line_number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++line_number;
    const std::string copy(line.data(), line.size());
    Words words = words_of(copy);
    if (!words.empty()) lines_.push_back({line_number, copy, std::move(words)});
  }
}

void Conversation::fail(const std::string& what) const {
  ADD_FAILURE_AT(file_.c_str(), line_->number) << line_->text << "\n" << what;
}

void Conversation::run() {
  for (const Line& line : lines_) {
    line_ = &line;
    try {
      if (world_ == nullptr) read_setting(line.words);
      if (world_ != nullptr) step(line.words);
    } catch (const std::exception& error) {
      return fail(error.what());
    }
    if (testing::Test::HasFailure()) return;
  }
  finish_step();
}

// Settings come first; the first line that is none builds the world.
void Conversation::read_setting(const Words& words) {
  const std::string& name = words[0];
  GatewayConfig& config = settings_.config;
  if (name == "families" || name == "protocols") return;
  if (name == "workers") {
    settings_.workers = static_cast<std::uint16_t>(number(words.at(1)));
  } else if (name == "capacity") {
    config.capacity.connections = number(words.at(1));
  } else if (name == "new-per-second") {
    config.connections.new_per_second = number(words.at(1));
  } else if (name == "new-per-second-and-source") {
    config.connections.new_per_second_and_source = number(words.at(1));
  } else if (name == "source-prefixes") {
    config.connections.source_prefix_v4 = number(words.at(1));
    config.connections.source_prefix_v6 = number(words.at(2));
  } else if (name == "midstream-pickup") {
    config.connections.midstream_pickup = true;
  } else if (name == "reset-on-expiry") {
    config.connections.reset_on_expiry = true;
  } else if (name == "endpoint-gone") {
    config.connections.when_endpoint_gone =
        words.at(1) == "reset" ? EndpointGone::kReset : EndpointGone::kDrop;
  } else if (name == "one-armed") {
    settings_.one_armed = true;
  } else if (name == "neighbors") {
    settings_.neighbors_answer = words.at(1) != "manual";
  } else if (name == "snat-ports") {
    config.snat.first_port = static_cast<std::uint16_t>(number(words.at(1)));
    config.snat.last_port = static_cast<std::uint16_t>(number(words.at(2)));
  } else if (name == "snat-other-family-only") {
    config.snat.addresses = {
        *IpAddress::parse(family_ == Family::kIpv4 ? "2001:db8:12::1" : "10.12.22.1")};
  } else if (name == "snat-addresses") {
    for (std::size_t i = 1; i < words.size(); ++i) {
      config.snat.addresses.push_back(World::address(family_, words[i]));
    }
  } else if (name == "cluster") {
    for (std::size_t i = 1; i < words.size(); ++i) {
      config.snat.cluster_cidrs.push_back(read_prefix(words[i]));
    }
  } else if (name == "masquerade-all") {
    config.snat.masquerade_all = true;
  } else if (name == "node-ports") {
    config.node_ports.addresses.push_back(World::address(family_, words.at(1)));
    if (words.size() < 4) return;
    config.node_ports.first_port = static_cast<std::uint16_t>(number(words[2]));
    config.node_ports.last_port = static_cast<std::uint16_t>(number(words.at(3)));
  } else if (name == "mtu") {
    config.ports.resize(1);
    config.ports[0].mtu = number(words.at(1));
  } else if (name == "vlan") {
    settings_.uplink_vlan = static_cast<std::uint16_t>(number(words.at(1)));
  } else if (name == "kernel-interface") {
    settings_.kernel_interfaces[words.at(1)] = words.size() > 2 ? number(words[2]) : 1000;
  } else if (name == "fragments") {
    config.fragments.capacity = number(words.at(1));
  } else if (name == "uplink-mtu") {
    settings_.uplink_mtu = number(words.at(1));
  } else if (name == "reject") {
    config.connections.reject = words.at(1) != "off";
  } else if (name == "on-a-stick") {
    if (words.at(1) != "none") {
      settings_.uplink_vlan = static_cast<std::uint16_t>(number(words[1]));
    }
    settings_.stick_vlan =
        words.at(2) == "none" ? std::uint16_t{0} : static_cast<std::uint16_t>(number(words[2]));
  } else if (name == "uplink-without-addresses") {
    settings_.uplink_addresses = false;
  } else {
    world_ = std::make_unique<World>(family_, settings_);
    take_stock();
  }
}

void Conversation::step(const Words& words) {
  const std::string& verb = words[0];
  if (verb == "<" || verb == "drop" || verb == "refuse" || verb == "kernel") {
    for (unsigned i = 0; i < times(words) && !testing::Test::HasFailure(); ++i) {
      if (verb == "<") expect_sent(words);
      if (verb == "drop") expect_reason(words.at(1), new_drops_);
      if (verb == "refuse") expect_reason(words.at(1), new_refusals_);
      if (verb == "kernel") expect_at_kernel(words);
    }
    return;
  }
  finish_step();
  if (verb == ">" || verb == "+") return arrive(words);
  if (verb == "wait") return wait(words.at(1));
  if (verb == "service") return set_service(words);
  if (verb == "delete") return remove_service(words.at(2));
  if (verb == "route") return set_route(words);
  if (verb == "connection") return expect_connection(words, true);
  if (verb == "no") return expect_connection({words.begin() + 1, words.end()}, false);
  if (verb == "explain") return expect_explanation(words);
  if (verb == "kernel-down") return world_->kernel().set_up(false);
  if (verb == "pieces") return world_->io().set_pieces(number(words.at(1)));
  if (verb == "room") return world_->io().set_room(world_->port(words.at(1)), number(words.at(2)));
  fail("is no statement");
}

void Conversation::finish_step() {
  for (const MemoryIo::Sent& sent : sent_) {
    fail("before this, " + world_->port_name(sent.port) +
         " sent what nobody expected: " + read_frame(sent.frame).spec.to_string());
  }
  for (const auto& [reason, count] : new_drops_) {
    if (count > 0) fail(absl::StrCat("before this, ", count, " dropped unexpectedly: ", reason));
  }
  for (const auto& [reason, count] : new_refusals_) {
    if (count > 0) fail(absl::StrCat("before this, ", count, " refused unexpectedly: ", reason));
  }
  for (const MemoryKernel::Frame& given : at_kernel_) {
    fail("before this, the kernel got what nobody expected, through " +
         world_->port_name(given.port) + ": " + read_frame(given.frame).spec.to_string());
  }
  sent_.clear();
  new_drops_.clear();
  new_refusals_.clear();
  at_kernel_.clear();
}

void Conversation::take_stock() {
  for (const DropCount& drop : world_->gateway().drops()) {
    const std::string reason = text(to_string(drop.reason));
    new_drops_[reason] += drop.packets - std::exchange(drops_[reason], drop.packets);
    new_refusals_[reason] += drop.refused - std::exchange(refusals_[reason], drop.refused);
  }
  for (MemoryKernel::Frame& given : world_->take_given_to_kernel()) {
    at_kernel_.push_back(std::move(given));
  }
  check_balance();
}

void Conversation::check_balance() const {
  for (const WorkerCounters& counters : world_->gateway().worker_counters()) {
    if (!counters.balance()) {
      fail(absl::StrCat("worker ", counters.worker.value, " received ", counters.received,
                        " packets, which do not balance with what became of them"));
    }
  }
  std::size_t waiting = 0;
  for (const NeighborInfo& neighbor : world_->gateway().neighbors()) {
    waiting += neighbor.queued_packets;
  }
  std::uint64_t fragments = 0;
  for (const WorkerCounters& counters : world_->gateway().worker_counters()) {
    fragments += counters.fragments_waiting;
  }
  if (world_->io().fragments_held() != fragments) {
    fail(absl::StrCat(world_->io().fragments_held(), " fragments are held, and ", fragments,
                      " of them wait"));
  }
  if (world_->io().held() != waiting) {
    fail(absl::StrCat(world_->io().held(), " frames are neither sent nor freed, and ", waiting,
                      " of them wait for a neighbor"));
  }
}

void Conversation::wait(const std::string& how_long) {
  world_->pass(duration(how_long));
  sent_ = world_->settle();
  take_stock();
}

void Conversation::expect_reason(const std::string& reason, Counts& counts) {
  const auto at = counts.find(reason);
  if (at == counts.end()) return fail("there is no such reason");
  if (at->second == 0) return fail("no packet was dropped or refused for this reason");
  --at->second;
}

// connection client:1234 STATE / no connection client:1234 / connection none
void Conversation::expect_connection(const Words& words, bool wanted) {
  ConnectionFilter filter;
  if (words.at(1) != "none") {
    IpAddress address;
    std::uint16_t port = 0;
    read_socket(words[1], address, port);
    filter.client = IpPrefix::of(address, address.bits());
    filter.client_port = L4Port::from_host(port);
  } else {
    wanted = false;
  }
  std::vector<std::string> states;
  static_cast<void>(world_->gateway().visit_connections(filter, [&](const ConnectionInfo& info) {
    states.push_back(info.state);
    return true;
  }));
  if (!wanted) {
    if (!states.empty()) fail("there is one: " + absl::StrJoin(states, ", "));
  } else if (states.size() != 1) {
    fail(absl::StrCat("there are ", states.size()));
  } else if (words.size() > 2 && states[0] != words[2]) {
    fail("its state is " + states[0]);
  }
}

}  // namespace portico
