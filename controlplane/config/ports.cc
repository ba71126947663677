// ports: the gateway's NICs.

#include <algorithm>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controlplane/config/addresses.h"
#include "controlplane/config/sections.h"

namespace portico {
namespace {

constexpr int kMaxPorts = 32;  // RTE_MAX_ETHPORTS
constexpr std::size_t kMaxName = 32;
constexpr std::uint32_t kMinMtu = 576;     // RFC 791: every host takes a packet of this size
constexpr std::uint32_t kMinMtuV6 = 1280;  // RFC 8200 section 5
constexpr std::uint32_t kMaxMtu = 9600;
constexpr std::uint32_t kMinQueueDepth = 64;
constexpr std::uint32_t kMaxQueueDepth = 32768;

// The path of each value that may stand in the file only once.
using FirstUses = absl::flat_hash_map<std::string, std::string>;

void check_unique(FirstUses* uses, const std::string& value, const std::string& field,
                  FieldFaults* faults) {
  const auto [first, is_new] = uses->emplace(value, field);
  if (!is_new) faults->add(field, absl::StrCat(value, " is in ", first->second, " already"));
}

bool is_name(absl::string_view text) {
  const auto is_good = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= kMaxName && std::all_of(text.begin(), text.end(), is_good);
}

// What EAL knows the device by: all before its arguments.
std::string device_name(absl::string_view device) {
  return std::string(device.substr(0, device.find(',')));
}

bool is_pci_address(const std::string& name) {
  static const std::regex pattern("([0-9a-fA-F]{4}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\\.[0-7]");
  return std::regex_match(name, pattern);
}

// Every virtual network device's name begins with net_. A name such as "eth1" is what people write
// who expect a kernel interface to be taken. Returns what tells devices apart; empty if at fault.
std::string read_device(const std::string& device, const std::string& field, FieldFaults* faults) {
  const auto is_graphic = [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); };
  const std::string name = device_name(device);
  const bool is_pci = is_pci_address(name);
  if (device.empty()) {
    faults->add(field, "is required");
  } else if (!std::all_of(device.begin(), device.end(), is_graphic)) {
    faults->add(field, "must not contain spaces or control characters");
  } else if (!is_pci && !absl::StartsWith(name, "net_")) {
    faults->add(field, absl::StrCat("must be a PCI address (0000:03:00.0) or a virtual device "
                                    "(net_af_packet0,iface=eth1), not \"",
                                    device, "\""));
  } else {
    const bool has_domain = !is_pci || std::count(name.begin(), name.end(), ':') == 2;
    return absl::AsciiStrToLower(has_domain ? name : "0000:" + name);
  }
  return "";
}

// Watches over devices that are several ports: one for each VLAN, at most one of them untagged.
class DeviceBook {
 public:
  explicit DeviceBook(FieldFaults* faults) : faults_(*faults) {}

  void add(const std::string& name, const PortConfig& port, const std::string& path) {
    if (name.empty()) return;
    for (const Entry& other : entries_) {
      if (other.name == name && !agree(other, port, path)) return;
    }
    entries_.push_back(Entry{name, port, path});
  }

 private:
  struct Entry {
    std::string name;
    PortConfig port;
    std::string path;
  };

  bool agree(const Entry& other, const PortConfig& port, const std::string& path) {
    if (port.device != other.port.device) {
      faults_.add(path + ".device", absl::StrCat("is the device of ", other.path,
                                                 ": write it as there, ", other.port.device));
    } else if (port.vlan == other.port.vlan) {
      faults_.add(path + (port.vlan ? ".vlan" : ".device"),
                  port.vlan ? absl::StrCat("is the VLAN of ", other.path, " on the same device")
                            : absl::StrCat(port.device, " is in ", other.path,
                                           ".device already: only with different VLANs can it be "
                                           "two ports"));
    } else if (port.mac && other.port.mac && *port.mac != *other.port.mac) {
      faults_.add(path + ".mac",
                  absl::StrCat("the device is that of ", other.path, ", which gives it another"));
    } else {
      return true;
    }
    return false;
  }

  FieldFaults& faults_;
  std::vector<Entry> entries_;
};

void read_roles(const config::v1::Port& port, const std::string& path, PortConfig* result,
                FieldFaults* faults) {
  if (port.roles().empty()) faults->add(path + ".roles", "needs uplink, downlink or both");
  for (int i = 0; i < port.roles_size(); ++i) {
    if (port.roles(i) == config::v1::PORT_ROLE_UNSPECIFIED) continue;  // reading has refused it
    bool& role = port.roles(i) == config::v1::PORT_ROLE_UPLINK ? result->uplink : result->downlink;
    if (role) faults->add(indexed(path + ".roles", i), "is in the list already");
    role = true;
  }
}

void read_frame_settings(const config::v1::Port& port, const std::string& path, PortConfig* result,
                         FieldFaults* faults) {
  const bool has_v6 =
      std::any_of(result->addresses.begin(), result->addresses.end(),
                  [](const InterfaceAddress& address) { return !address.address.is_v4(); });
  if (port.has_mtu() && faults->check_range(path + ".mtu", port.mtu(), kMinMtu, kMaxMtu)) {
    result->mtu = port.mtu();
    if (has_v6 && port.mtu() < kMinMtuV6) {
      faults->add(path + ".mtu", "must be at least 1280, as the port has an IPv6 address");
    }
  }
  if (port.has_vlan() && faults->check_range(path + ".vlan", port.vlan(), 1u, 4094u)) {
    result->vlan = static_cast<std::uint16_t>(port.vlan());
  }
  if (port.has_queue_depth() && faults->check_range(path + ".queue_depth", port.queue_depth(),
                                                    kMinQueueDepth, kMaxQueueDepth)) {
    result->queue_depth = static_cast<std::uint16_t>(port.queue_depth());
  }
  if (!port.has_mac()) return;
  const absl::StatusOr<MacAddress> mac = MacAddress::parse(port.mac());
  if (!mac.ok()) {
    faults->add(path + ".mac", mac.status().message());
  } else if (mac->is_multicast() || *mac == MacAddress{}) {
    faults->add(path + ".mac", absl::StrCat(port.mac(), " is no unicast address"));
  } else {
    result->mac = *mac;
  }
}

// Keeps watch over the addresses of all ports.
class AddressBook {
 public:
  explicit AddressBook(FieldFaults* faults) : faults_(*faults) {}

  void add(const InterfaceAddress& address, int port, const std::string& field) {
    for (const Entry& other : entries_) {
      // Each link has the same link-local subnet, and may have the same address (RFC 4291, 2.5.6).
      const bool is_local = address.address.is_link_local() && port != other.port;
      if (is_local) continue;
      if (other.address.address == address.address) {
        faults_.add(field, absl::StrCat("is the address of ", other.field, " as well"));
        break;
      }
      if (port != other.port && overlap(address.subnet(), other.address.subnet())) {
        faults_.add(field,
                    absl::StrCat("its network ", address.subnet().to_string(), " overlaps that of ",
                                 other.field, ", ", other.address.subnet().to_string()));
        break;
      }
    }
    entries_.push_back(Entry{address, port, field});
  }

 private:
  struct Entry {
    InterfaceAddress address;
    int port;
    std::string field;
  };

  FieldFaults& faults_;
  std::vector<Entry> entries_;
};

void read_addresses(const config::v1::Port& port, int index, AddressBook* book, PortConfig* result,
                    FieldFaults* faults) {
  const std::string path = absl::StrCat("ports[", index, "].addresses");
  if (port.addresses().empty()) faults->add(path, "needs at least one address");
  for (int i = 0; i < port.addresses_size(); ++i) {
    const std::string field = indexed(path, i);
    const auto address = read_interface_address(port.addresses(i), field, faults);
    if (!address.has_value()) continue;
    book->add(*address, index, field);
    result->addresses.push_back(*address);
  }
}

// Not when a port's roles are at fault already: they may be the ones that are missed.
void check_roles_of_all(const config::v1::PorticodConfig& file, FieldFaults* faults) {
  if (file.ports().empty()) return faults->add("ports", "needs at least one port");
  bool seen[config::v1::PortRole_ARRAYSIZE] = {};
  for (const config::v1::Port& port : file.ports()) {
    if (port.roles().empty()) return;
    for (const int role : port.roles()) seen[role] = true;
  }
  if (seen[config::v1::PORT_ROLE_UNSPECIFIED]) return;
  if (!seen[config::v1::PORT_ROLE_UPLINK]) faults->add("ports", "no port has the role uplink");
  if (!seen[config::v1::PORT_ROLE_DOWNLINK]) faults->add("ports", "no port has the role downlink");
}

}  // namespace

void read_ports(const config::v1::PorticodConfig& file, GatewayConfig* config,
                FieldFaults* faults) {
  FirstUses names;
  DeviceBook devices(faults);
  AddressBook book(faults);
  for (int i = 0; i < file.ports_size(); ++i) {
    const config::v1::Port& port = file.ports(i);
    const std::string path = indexed("ports", i);
    PortConfig result;
    result.name = port.name();
    result.device = port.device();
    if (!is_name(port.name())) {
      faults->add(path + ".name", "must be 1 to 32 letters, digits, '.', '_' or '-'");
    } else {
      check_unique(&names, port.name(), path + ".name", faults);
    }
    const std::string device = read_device(port.device(), path + ".device", faults);
    read_roles(port, path, &result, faults);
    read_addresses(port, i, &book, &result, faults);
    read_frame_settings(port, path, &result, faults);
    devices.add(device, result, path);
    config->ports.push_back(std::move(result));
  }
  if (file.ports_size() > kMaxPorts) {
    faults->add("ports", absl::StrCat("has more than ", kMaxPorts, " ports"));
  }
  check_roles_of_all(file, faults);
}

}  // namespace portico
