#include "dataplane/io/receive_steering.h"

#include "dataplane/net/owner_hash.h"

namespace portico {

std::uint64_t wanted_hash(const PortConfig& port, std::uint64_t capabilities) noexcept {
  constexpr std::uint64_t kFlows =
      RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_SCTP;
  constexpr std::uint64_t kSource = RTE_ETH_RSS_L3_SRC_ONLY | RTE_ETH_RSS_L4_SRC_ONLY;
  const std::uint64_t flows = capabilities & kFlows;
  const bool faces_clients_alone = port.uplink && !port.downlink;
  const bool can_leave_out = flows != 0 && (capabilities & kSource) == kSource;
  return faces_clients_alone && can_leave_out ? flows | kSource : flows;
}

std::vector<std::uint8_t> hash_key(std::size_t size) {
  std::vector<std::uint8_t> key(size);
  for (std::size_t i = 0; i < size; ++i) key[i] = kToeplitzKey[i % kToeplitzKeySize];
  return key;
}

int write_redirection_table(std::uint16_t device, std::uint16_t entries, std::uint16_t workers) {
  constexpr std::size_t kGroup = RTE_ETH_RETA_GROUP_SIZE;
  std::vector<rte_eth_rss_reta_entry64> table((entries + kGroup - 1) / kGroup);
  for (std::uint32_t entry = 0; entry < entries; ++entry) {
    rte_eth_rss_reta_entry64& group = table[entry / kGroup];
    const std::size_t at = entry % kGroup;
    group.mask |= std::uint64_t{1} << at;
    group.reta[at] = owner_of(entry, workers).value;
  }
  return rte_eth_dev_rss_reta_update(device, table.data(), entries);
}

}  // namespace portico
