// rte_lpm_rcu_qsbr_add() is marked as experimental in DPDK 22.11; later releases keep it unchanged.
#define ALLOW_EXPERIMENTAL_API
#include "dataplane/state/longest_prefix_match.h"

#include <rte_errno.h>
#include <rte_lpm.h>
#include <rte_lpm6.h>
#include <rte_malloc.h>
#include <rte_rcu_qsbr.h>

#include <algorithm>
#include <cassert>
#include <new>
#include <string>

#include "dataplane/state/unique_name.h"

namespace portico {
namespace {

constexpr std::uint32_t kMostGroups = 1 << 21;  // of rte_lpm6; rte_lpm takes more
constexpr unsigned kOnlyThread = 0;

rte_rcu_qsbr* make_readers() {
  auto* const readers = static_cast<rte_rcu_qsbr*>(
      rte_zmalloc("portico_lpm_rcu", rte_rcu_qsbr_get_memsize(1), RTE_CACHE_LINE_SIZE));
  if (readers == nullptr) return nullptr;
  rte_rcu_qsbr_init(readers, 1);
  rte_rcu_qsbr_thread_register(readers, kOnlyThread);
  rte_rcu_qsbr_thread_online(readers, kOnlyThread);
  return readers;
}

rte_lpm6* make_lpm6(std::uint32_t capacity) {
  rte_lpm6_config config{};
  config.max_rules = std::max(capacity, 8U);  // its rules are in an rte_hash: at least a bucket
  config.number_tbl8s = std::min(4 * capacity + 16, kMostGroups);
  return rte_lpm6_create(unique_name("lpm6").c_str(), SOCKET_ID_ANY, &config);
}

}  // namespace

LongestPrefixMatch<Ipv4Address>::LongestPrefixMatch(std::uint32_t capacity) {
  rte_lpm_config config{};
  config.max_rules = std::max(capacity, 1U);
  config.number_tbl8s = std::clamp(2 * capacity, 1U, kMostGroups);
  lpm_ = rte_lpm_create(unique_name("lpm").c_str(), SOCKET_ID_ANY, &config);
  readers_ = make_readers();
  rte_lpm_rcu_config rcu{};
  rcu.v = readers_;
  if (lpm_ == nullptr || readers_ == nullptr || rte_lpm_rcu_qsbr_add(lpm_, &rcu) != 0) {
    destroy();
    throw std::bad_alloc();
  }
}

LongestPrefixMatch<Ipv4Address>::~LongestPrefixMatch() {
  destroy();
}

void LongestPrefixMatch<Ipv4Address>::destroy() {
  if (readers_ != nullptr) rte_rcu_qsbr_thread_offline(readers_, kOnlyThread);
  rte_lpm_free(lpm_);
  rte_free(readers_);
}

bool LongestPrefixMatch<Ipv4Address>::find(const Ipv4Address& address,
                                           std::uint32_t& value) const noexcept {
  return rte_lpm_lookup(lpm_, address.word.host(), &value) == 0;
}

bool LongestPrefixMatch<Ipv4Address>::set(const IpPrefix& prefix, std::uint32_t value) {
  assert(prefix.length() > 0);
  return rte_lpm_add(lpm_, prefix.address().v4().word.host(),
                     static_cast<std::uint8_t>(prefix.length()), value) == 0;
}

void LongestPrefixMatch<Ipv4Address>::erase(const IpPrefix& prefix) {
  rte_lpm_delete(lpm_, prefix.address().v4().word.host(),
                 static_cast<std::uint8_t>(prefix.length()));
}

void LongestPrefixMatch<Ipv4Address>::release() {
  rte_rcu_qsbr_quiescent(readers_, kOnlyThread);
}

LongestPrefixMatch<Ipv6Address>::LongestPrefixMatch(std::uint32_t capacity)
    : current_(make_lpm6(capacity)), beside_(make_lpm6(capacity)) {
  if (current_.load() != nullptr && beside_ != nullptr) return;
  rte_lpm6_free(current_.load());
  rte_lpm6_free(beside_);
  throw std::bad_alloc();
}

LongestPrefixMatch<Ipv6Address>::~LongestPrefixMatch() {
  rte_lpm6_free(current_.load());
  rte_lpm6_free(beside_);
}

bool LongestPrefixMatch<Ipv6Address>::find(const Ipv6Address& address,
                                           std::uint32_t& value) const noexcept {
  return rte_lpm6_lookup(current_.load(std::memory_order_acquire), address.bytes.data(), &value) ==
         0;
}

bool LongestPrefixMatch<Ipv6Address>::apply(rte_lpm6* table, const Change& change) {
  const auto length = static_cast<std::uint8_t>(change.prefix.length());
  const std::uint8_t* const bytes = change.prefix.address().data();
  if (change.value == kErase) return rte_lpm6_delete(table, bytes, length) == 0;
  return rte_lpm6_add(table, bytes, length, change.value) == 0;
}

bool LongestPrefixMatch<Ipv6Address>::set(const IpPrefix& prefix, std::uint32_t value) {
  assert(prefix.length() > 0 && !published_);
  const Change change{prefix, value};
  if (!apply(beside_, change)) return false;
  changes_.push_back(change);
  return true;
}

void LongestPrefixMatch<Ipv6Address>::erase(const IpPrefix& prefix) {
  assert(!published_);
  const Change change{prefix, kErase};
  if (apply(beside_, change)) changes_.push_back(change);
}

void LongestPrefixMatch<Ipv6Address>::publish() {
  if (changes_.empty() || published_) return;
  published_ = true;
  beside_ = current_.exchange(beside_, std::memory_order_acq_rel);
}

// The two tables have seen the same changes in the same order: what one had room for, so has the
// other.
void LongestPrefixMatch<Ipv6Address>::release() {
  if (!published_) return;
  published_ = false;
  for (const Change& change : changes_) {
    [[maybe_unused]] const bool applied = apply(beside_, change);
    assert(applied);
  }
  changes_.clear();
}

}  // namespace portico
