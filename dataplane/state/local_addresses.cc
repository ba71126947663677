#include "dataplane/state/local_addresses.h"

namespace portico {
namespace {

constexpr std::uint64_t kOwn = 1, kSnat = 2, kService = 4, kRetired = 8, kNodePort = 16;
constexpr unsigned kPortShift = 16, kFirstShift = 32, kLastShift = 48;

std::uint64_t pack(const LocalAddress& roles) {
  return (roles.own ? kOwn : 0) | (roles.snat ? kSnat : 0) | (roles.service ? kService : 0) |
         (roles.retired ? kRetired : 0) | (roles.node_port ? kNodePort : 0) |
         std::uint64_t{roles.port.value} << kPortShift | std::uint64_t{roles.first} << kFirstShift |
         std::uint64_t{roles.last} << kLastShift;
}

LocalAddress unpack(std::uint64_t word) noexcept {
  return {.own = (word & kOwn) != 0,
          .snat = (word & kSnat) != 0,
          .service = (word & kService) != 0,
          .retired = (word & kRetired) != 0,
          .node_port = (word & kNodePort) != 0,
          .port = {static_cast<std::uint16_t>(word >> kPortShift)},
          .first = static_cast<std::uint16_t>(word >> kFirstShift),
          .last = static_cast<std::uint16_t>(word >> kLastShift)};
}

}  // namespace

template <typename Address>
LocalAddress LocalAddresses<Address>::look_up(const Address& address) const noexcept {
  return unpack(table_.find(address).value_or(0));
}

template <typename Address>
bool LocalAddresses<Address>::add_own(const Address& address, PortId port) {
  return add(address, [port](Record& record) {
    record.roles.own = true;
    record.roles.port = port;
  });
}

template <typename Address>
bool LocalAddresses<Address>::add_snat(const Address& address) {
  return add(address, [](Record& record) { record.roles.snat = true; });
}

template <typename Address>
bool LocalAddresses<Address>::add_node_port(const Address& address, std::uint16_t first,
                                            std::uint16_t last) {
  return add(address, [=](Record& record) {
    record.roles.node_port = true;
    record.roles.first = first;
    record.roles.last = last;
  });
}

template <typename Address>
bool LocalAddresses<Address>::add_service(const Address& address) {
  return add(address, [](Record& record) {
    ++record.services;
    record.roles.service = true;
    record.roles.retired = false;
  });
}

template <typename Address>
void LocalAddresses<Address>::remove_service(const Address& address) {
  const auto at = records_.find(address);
  if (at == records_.end() || at->second.services == 0) return;
  Record& record = at->second;
  if (--record.services > 0) return;
  record.roles.service = false;
  record.roles.retired = true;
  if (!record.roles.own && !record.roles.snat && !record.roles.node_port) {
    record.retired_as = next_retirement_++;
    retired_.emplace(record.retired_as, address);
  }
  table_.set(address, pack(record.roles));  // an existing key: it can't fail
}

template <typename Address>
template <typename Change>
bool LocalAddresses<Address>::add(const Address& address, Change&& change) {
  const auto known = records_.find(address);
  Record record = known == records_.end() ? Record{} : known->second;
  change(record);
  if (known == records_.end() && size() == capacity() && !make_room()) return false;
  if (known == records_.end()) filter_.add(address);
  if (!table_.set(address, pack(record.roles))) {
    if (known == records_.end()) filter_.erase(address);
    return false;
  }
  keep_from_giving_way(record);
  records_[address] = record;
  return true;
}

template <typename Address>
bool LocalAddresses<Address>::make_room() {
  if (retired_.empty()) return false;
  const auto first = retired_.begin();
  table_.erase(first->second);
  filter_.erase(first->second);
  records_.erase(first->second);
  retired_.erase(first);
  return true;
}

template <typename Address>
void LocalAddresses<Address>::keep_from_giving_way(Record& record) {
  if (record.retired_as == 0) return;
  retired_.erase(record.retired_as);
  record.retired_as = 0;
}

template class LocalAddresses<Ipv4Address>;
template class LocalAddresses<Ipv6Address>;

}  // namespace portico
