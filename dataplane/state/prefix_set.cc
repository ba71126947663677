#include "dataplane/state/prefix_set.h"

namespace portico {
namespace {

template <typename Address>
Address last_of(const IpPrefix& prefix) {
  std::array<std::uint8_t, Address::kSize> bytes;
  prefix.address().as<Address>().copy_to(bytes.data());
  for (unsigned bit = prefix.length(); bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | 0x80 >> bit % 8);
  }
  return Address::from_bytes(bytes.data());
}

}  // namespace

template <typename Address>
PrefixSet<Address>::PrefixSet(const std::vector<IpPrefix>& prefixes) {
  for (const IpPrefix& prefix : prefixes) {
    if (prefix.family() != Address::kFamily) continue;
    ranges_.push_back({prefix.address().as<Address>(), last_of<Address>(prefix)});
  }
  std::sort(ranges_.begin(), ranges_.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  std::size_t kept = 0;
  for (const Range& range : ranges_) {
    if (kept > 0 && range.first <= ranges_[kept - 1].last) {
      ranges_[kept - 1].last = std::max(ranges_[kept - 1].last, range.last);
    } else {
      ranges_[kept++] = range;
    }
  }
  ranges_.resize(kept);
}

template class PrefixSet<Ipv4Address>;
template class PrefixSet<Ipv6Address>;

}  // namespace portico
