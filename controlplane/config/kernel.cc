// ports[].kernel and kernel: what Portico shares with the Linux kernel.

#include <algorithm>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "controlplane/config/sections.h"

namespace portico {
namespace {

constexpr std::size_t kMaxInterfaceName = 15;  // IFNAMSIZ - 1
constexpr std::uint32_t kMinRate = 100;
constexpr std::uint32_t kMaxRate = 10'000'000;

bool is_interface_name(absl::string_view text) {
  const auto is_good = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= kMaxInterfaceName && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), is_good);
}

KernelInterfaceConfig read_interface(const config::v1::KernelInterface& kernel,
                                     const std::string& path, FieldFaults* faults) {
  KernelInterfaceConfig result;
  result.name = kernel.interface();
  if (!is_interface_name(kernel.interface())) {
    faults->add(path + ".interface", "must be 1 to 15 letters, digits, '.', '_' or '-'");
  }
  if (kernel.has_set_addresses()) result.addresses = kernel.set_addresses();
  if (kernel.has_packets_per_second() &&
      faults->check_range(path + ".packets_per_second", kernel.packets_per_second(), kMinRate,
                          kMaxRate)) {
    result.packets_per_second = kernel.packets_per_second();
  }
  return result;
}

// `capacity`: for routes.
void read_mirror(const config::v1::KernelMirror& mirror, bool has_interfaces,
                 std::uint32_t capacity, KernelMirrorConfig* config, FieldFaults* faults) {
  config->routes = mirror.mirror_routes();
  config->neighbors = mirror.mirror_neighbors();
  if (mirror.has_table()) {
    config->table = mirror.table();
    if (mirror.table() == 0) faults->add("kernel.table", "must not be 0");
  }
  config->max_routes = capacity - capacity / 4;
  if (mirror.has_max_routes() &&
      faults->check_range("kernel.max_routes", mirror.max_routes(), 1u, capacity)) {
    config->max_routes = mirror.max_routes();
  }
  if ((config->routes || config->neighbors) && !has_interfaces) {
    faults->add(config->routes ? "kernel.mirror_routes" : "kernel.mirror_neighbors",
                "needs a port with a kernel interface");
  }
}

}  // namespace

void read_kernel(const config::v1::PorticodConfig& file, GatewayConfig* config,
                 FieldFaults* faults) {
  absl::flat_hash_map<std::string, std::string> names;
  for (int i = 0; i < file.ports_size(); ++i) {
    if (!file.ports(i).has_kernel()) continue;
    const std::string path = indexed("ports", i) + ".kernel";
    KernelInterfaceConfig kernel = read_interface(file.ports(i).kernel(), path, faults);
    const auto [first, is_new] = names.emplace(kernel.name, path + ".interface");
    if (!is_new && !kernel.name.empty()) {
      faults->add(path + ".interface",
                  absl::StrCat(kernel.name, " is in ", first->second, " already"));
    }
    config->ports[static_cast<std::size_t>(i)].kernel = std::move(kernel);
  }
  read_mirror(file.kernel(), !names.empty(), config->capacity.routes, &config->kernel_mirror,
              faults);
}

}  // namespace portico
