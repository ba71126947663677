#include "dataplane/state/source_limits.h"

#include <algorithm>

namespace portico {

SourceLimits::SourceLimits(std::uint32_t per_second, unsigned prefix_v4, unsigned prefix_v6,
                           std::uint64_t seed)
    : hash_(seed) {
  if (per_second == 0) return;
  interval_ = Duration(std::chrono::seconds(1)) / per_second;
  depth_ = interval_ * per_second;
  for (unsigned bit = 0; bit < 128; ++bit) {
    const auto one = static_cast<std::uint8_t>(0x80u >> bit % 8);
    if (bit < prefix_v4) masks_[0][bit / 8] |= one;
    if (bit < prefix_v6) masks_[1][bit / 8] |= one;
  }
  lines_ = std::make_unique<Line[]>(kLines);
}

bool SourceLimits::take(Line& line, std::uint64_t hash, Instant now) const noexcept {
  Bucket* bucket = line.buckets.data();
  for (Bucket& candidate : line.buckets) {
    if (candidate.source == hash) {
      bucket = &candidate;
      break;
    }
    if (candidate.due < bucket->due) bucket = &candidate;
  }
  if (bucket->source != hash) *bucket = {hash, now - depth_};
  bucket->due = std::max(bucket->due, now - depth_);
  if (bucket->due + interval_ > now) return false;
  bucket->due += interval_;
  return true;
}

}  // namespace portico
