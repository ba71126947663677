#include "dataplane/io/reassembler.h"

#include <rte_errno.h>
#include <rte_hash.h>
#include <rte_ip_frag.h>
#include <rte_jhash.h>
#include <rte_mbuf.h>
#include <rte_random.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "dataplane/io/fragment.h"

namespace portico {
namespace {

// How many datagrams a call of expire() gives up at most.
constexpr int kExpiryBudget = 8;
// rte_ip_frag places an entry in one of two buckets of so many.
constexpr std::uint32_t kBucketEntries = 16;
// In ticks of rte_ip_frag's clock, which runs by one for each datagram: never.
constexpr std::uint64_t kNever = std::uint64_t{1} << 62;
constexpr std::uint32_t kNone = 0xffffffff;

// A datagram that is being put together.
struct Datagram {
  struct Range {
    std::uint32_t begin, end;
  };

  DatagramKey key;
  Instant deadline;
  std::uint64_t serial = 0;                     // rte_ip_frag's time of its beginning
  std::uint32_t before = kNone, after = kNone;  // in order of their beginning
  bool refused = false;  // has been given up; what still comes of it is dropped ...
  DropReason why{};      // ... for this reason
  std::uint8_t count = 0;
  std::uint8_t in_the_middle = 0;  // neither first nor last
  std::uint32_t end = 0;           // of the last fragment; 0: it has not come
  std::uint16_t largest = 0;
  // Of the first fragment: bytes of headers; IPv6: what the IP and the fragment header name next.
  std::uint32_t headers = 0;
  std::uint8_t ip_next = 0, fragment_next = 0;
  std::array<Range, Reassembler::kMaxFragments> ranges;
};

// IPv6, with headers before the fragment header: rte_ip_frag has taken that header out as if it had
// been the first one.
void mend_ipv6(rte_ipv6_hdr& ip, const Datagram& datagram) noexcept {
  const std::uint32_t unfragmentable =
      datagram.headers - std::uint32_t{sizeof(rte_ipv6_fragment_ext)};
  ip.payload_len =
      rte_cpu_to_be_16(static_cast<std::uint16_t>(unfragmentable - sizeof ip + datagram.end));
  auto* const l3 = reinterpret_cast<std::uint8_t*>(&ip);
  ip.proto = datagram.ip_next;
  std::uint32_t field = offsetof(rte_ipv6_hdr, proto);
  for (std::uint32_t at = sizeof ip; at < unfragmentable; at += (l3[at + 1] + 1u) * 8) field = at;
  l3[field] = datagram.fragment_next;
}

}  // namespace

// The datagrams of one family.
class Reassembler::Table {
 public:
  Table(Family family, std::uint32_t capacity, Duration timeout)
      : family_(family), capacity_(capacity), timeout_(timeout), datagrams_(capacity + 1) {}
  ~Table() {
    if (fragments_ != nullptr) rte_ip_frag_table_destroy(fragments_);
    rte_hash_free(notes_);
  }

  bool allocate(const std::string& name, int socket) {
    rte_hash_parameters parameters{};
    parameters.name = name.c_str();
    parameters.entries = std::max<std::uint32_t>(capacity_, 8);
    parameters.key_len = sizeof(DatagramKey);
    parameters.hash_func = rte_jhash;
    parameters.hash_func_init_val = static_cast<std::uint32_t>(rte_rand());
    parameters.socket_id = socket;
    parameters.extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE;
    notes_ = rte_hash_create(&parameters);
    fragments_ = rte_ip_frag_table_create((capacity_ + kBucketEntries - 1) / kBucketEntries,
                                          kBucketEntries, capacity_, kNever, socket);
    datagrams_.resize(parameters.entries + 1);
    return notes_ != nullptr && fragments_ != nullptr;
  }

  Reassembly add(const Packet& packet, rte_mbuf* mbuf, Instant now, rte_mbuf*& whole) noexcept;
  std::uint32_t expire(Instant now) noexcept {
    std::uint32_t dropped = 0;
    for (int i = 0; i < kExpiryBudget && oldest_ != kNone; ++i) {
      if (datagrams_[oldest_].deadline > now) break;
      dropped += drop_oldest();
    }
    return dropped;
  }

 private:
  std::uint32_t find_or_begin(const DatagramKey& key, Instant now) noexcept;
  rte_mbuf* join(std::uint32_t at, const Fragment& fragment, rte_mbuf* mbuf) noexcept;
  rte_mbuf* pass_on(std::uint32_t at, const Fragment& fragment, rte_mbuf* mbuf) noexcept;
  bool finish(const Datagram& datagram, rte_mbuf* mbuf) noexcept;
  void give_up(std::uint32_t at, DropReason why, rte_mbuf* mbuf) noexcept;
  std::uint16_t drop_oldest() noexcept;
  void forget(std::uint32_t at) noexcept;
  void free_dead() noexcept { rte_ip_frag_free_death_row(&dead_, 3); }

  const Family family_;
  const std::uint32_t capacity_;
  const Duration timeout_;
  rte_hash* notes_ = nullptr;  // key -> index of its datagram
  rte_ip_frag_tbl* fragments_ = nullptr;
  rte_ip_frag_death_row dead_{};
  std::vector<Datagram> datagrams_;
  std::uint32_t oldest_ = kNone, newest_ = kNone;
  std::uint32_t waiting_ = 0;  // fragments
  std::uint32_t known_ = 0;    // datagrams
  std::uint64_t serial_ = 0;
};

namespace {

// Why a fragment does not fit to what has come of its datagram.
std::optional<DropReason> misfit(const Datagram& datagram, const Fragment& fragment) noexcept {
  for (std::size_t i = 0; i < datagram.count; ++i) {
    const Datagram::Range& range = datagram.ranges[i];
    if (fragment.begin == range.begin && fragment.end == range.end) {
      return DropReason::fragment_duplicate;
    }
    if (fragment.begin < range.end && range.begin < fragment.end) {
      return DropReason::fragment_overlap;
    }
    if (fragment.last && range.end > fragment.end) return DropReason::fragment_malformed;
  }
  if (datagram.end != 0 && (fragment.last || fragment.end > datagram.end)) {
    return DropReason::fragment_malformed;
  }
  // rte_ip_frag keeps a place each for the first and the last one.
  const bool is_in_the_middle = fragment.begin > 0 && !fragment.last;
  if (is_in_the_middle && datagram.in_the_middle + 2u == Reassembler::kMaxFragments) {
    return DropReason::fragment_too_many;
  }
  return std::nullopt;
}

Reassembly dropped(std::uint16_t count, DropReason why, std::uint16_t evicted) noexcept {
  Reassembly result;
  result.dropped = count;
  result.reason = why;
  result.evicted = evicted;
  return result;
}

}  // namespace

Reassembly Reassembler::Table::add(const Packet& packet, rte_mbuf* mbuf, Instant now,
                                   rte_mbuf*& whole) noexcept {
  const Fragment fragment = read_fragment(packet);
  // Ethernet's padding is not the packet's.
  const std::uint32_t padding = mbuf->pkt_len - packet.l3_offset - packet.ip_length;
  mbuf->l2_len = packet.l3_offset & 0x7f;
  mbuf->l3_len = fragment.headers & 0x1ff;
  if (mbuf->l3_len != fragment.headers || packet.contiguous < packet.l4_offset ||
      rte_pktmbuf_trim(mbuf, static_cast<std::uint16_t>(padding)) != 0) {
    rte_pktmbuf_free(mbuf);
    return dropped(1, DropReason::fragment_malformed, 0);
  }
  std::uint16_t evicted = 0;
  while (waiting_ >= capacity_ || known_ >= capacity_) {
    evicted = static_cast<std::uint16_t>(evicted + drop_oldest());
  }
  const std::uint32_t at = find_or_begin(fragment.key, now);
  if (at == kNone) {
    rte_pktmbuf_free(mbuf);
    return dropped(1, DropReason::fragment_table_full, evicted);
  }
  Datagram& datagram = datagrams_[at];
  const auto why = datagram.refused ? std::optional(datagram.why) : misfit(datagram, fragment);
  if (why) {
    const bool alone = datagram.refused || *why == DropReason::fragment_duplicate;
    const auto count = static_cast<std::uint16_t>(alone ? 1 : datagram.count + 1);
    alone ? rte_pktmbuf_free(mbuf) : give_up(at, *why, mbuf);
    return dropped(count, *why, evicted);
  }
  if (fragment.begin == 0) {
    datagram.headers = fragment.headers;
    datagram.ip_next = packet.l3()[offsetof(rte_ipv6_hdr, proto)];
    datagram.fragment_next = packet.l4()[-std::ptrdiff_t{sizeof(rte_ipv6_fragment_ext)}];
  }
  datagram.largest = std::max(datagram.largest, static_cast<std::uint16_t>(packet.ip_length));
  whole = join(at, fragment, mbuf);
  Reassembly result;
  result.evicted = evicted;
  if (dead_.cnt > 0) {  // rte_ip_frag has no place for it after all
    result.dropped = static_cast<std::uint16_t>(dead_.cnt);
    result.reason = DropReason::fragment_table_full;
    free_dead();
    forget(at);
  } else if (whole != nullptr) {
    const std::uint8_t count = datagram.count;
    const bool good = finish(datagram, whole);
    forget(at);
    if (!good) {
      rte_pktmbuf_free(whole);
      return dropped(count, DropReason::fragment_malformed, evicted);
    }
    result.joined = count;
  }
  return result;
}

std::uint32_t Reassembler::Table::find_or_begin(const DatagramKey& key, Instant now) noexcept {
  const std::int32_t found = rte_hash_lookup(notes_, &key);
  if (found >= 0) return static_cast<std::uint32_t>(found);
  const std::int32_t made = rte_hash_add_key(notes_, &key);
  if (made < 0) return kNone;
  const auto at = static_cast<std::uint32_t>(made);
  Datagram& datagram = datagrams_[at];
  datagram = {};
  datagram.key = key;
  datagram.deadline = now + timeout_;
  datagram.serial = ++serial_;
  datagram.before = newest_;
  (newest_ == kNone ? oldest_ : datagrams_[newest_].after) = at;
  newest_ = at;
  ++known_;
  return at;
}

// Writes down what has come, and gives it to rte_ip_frag. Returns the packet if it is whole.
rte_mbuf* Reassembler::Table::join(std::uint32_t at, const Fragment& fragment,
                                   rte_mbuf* mbuf) noexcept {
  Datagram& datagram = datagrams_[at];
  datagram.ranges[datagram.count++] = {fragment.begin, fragment.end};
  if (fragment.last) datagram.end = fragment.end;
  if (fragment.begin > 0 && !fragment.last) ++datagram.in_the_middle;
  ++waiting_;
  return pass_on(at, fragment, mbuf);
}

// With headers of our own making: the key is `at`.
rte_mbuf* Reassembler::Table::pass_on(std::uint32_t at, const Fragment& fragment,
                                      rte_mbuf* mbuf) noexcept {
  const std::uint32_t size = fragment.end - fragment.begin;
  const std::uint64_t time = datagrams_[at].serial;
  if (family_ == Family::kIpv4) {
    rte_ipv4_hdr ip{};
    ip.src_addr = at;
    ip.total_length = rte_cpu_to_be_16(static_cast<std::uint16_t>(mbuf->l3_len + size));
    ip.fragment_offset = rte_cpu_to_be_16(static_cast<std::uint16_t>(
        fragment.begin / RTE_IPV4_HDR_OFFSET_UNITS | (fragment.last ? 0 : RTE_IPV4_HDR_MF_FLAG)));
    return rte_ipv4_frag_reassemble_packet(fragments_, &dead_, mbuf, time, &ip);
  }
  struct {
    rte_ipv6_hdr ip;
    rte_ipv6_fragment_ext extension;
  } headers{};
  std::memcpy(headers.ip.src_addr, &at, sizeof at);
  headers.ip.payload_len =
      rte_cpu_to_be_16(static_cast<std::uint16_t>(sizeof headers.extension + size));
  headers.extension.frag_data = rte_cpu_to_be_16(
      static_cast<std::uint16_t>(fragment.begin | (fragment.last ? 0 : RTE_IPV6_EHDR_MF_MASK)));
  return rte_ipv6_frag_reassemble_packet(fragments_, &dead_, mbuf, time, &headers.ip,
                                         &headers.extension);
}

// Makes the headers of a whole packet those of a packet that came whole. False when it is longer
// than a packet can be: the first fragment may have more options than the others.
bool Reassembler::Table::finish(const Datagram& datagram, rte_mbuf* mbuf) noexcept {
  mbuf->hash.usr = datagram.largest;
  std::uint8_t* const l3 = rte_pktmbuf_mtod_offset(mbuf, std::uint8_t*, mbuf->l2_len);
  if (family_ == Family::kIpv6) {
    const std::uint32_t payload = datagram.headers + datagram.end -
                                  std::uint32_t{sizeof(rte_ipv6_hdr)} -
                                  std::uint32_t{sizeof(rte_ipv6_fragment_ext)};
    mend_ipv6(*reinterpret_cast<rte_ipv6_hdr*>(l3), datagram);
    return payload <= UINT16_MAX;
  }
  auto& ip = *reinterpret_cast<rte_ipv4_hdr*>(l3);
  ip.hdr_checksum = rte_ipv4_cksum(&ip);
  return datagram.headers + datagram.end <= UINT16_MAX;
}

// Frees what has come of a datagram, and `mbuf`, a fragment of it that came just now. It goes to
// rte_ip_frag as a last fragment that ends before what is there does; which then frees all of it,
// or, if these are just two, joins them.
void Reassembler::Table::give_up(std::uint32_t at, DropReason why, rte_mbuf* mbuf) noexcept {
  Datagram& datagram = datagrams_[at];
  Fragment contradiction;
  contradiction.begin = 8;
  contradiction.end = 16;
  contradiction.last = true;
  rte_mbuf* const joined = pass_on(at, contradiction, mbuf);
  if (joined != nullptr) rte_pktmbuf_free(joined);
  free_dead();
  waiting_ -= datagram.count;
  datagram.count = 0;
  datagram.refused = true;
  datagram.why = why;
}

std::uint16_t Reassembler::Table::drop_oldest() noexcept {
  const Datagram& datagram = datagrams_[oldest_];
  const std::uint8_t count = datagram.count;
  if (count > 0) {
    rte_ip_frag_table_del_expired_entries(fragments_, &dead_, datagram.serial + kNever + 1);
    free_dead();
  }
  forget(oldest_);
  return count;
}

void Reassembler::Table::forget(std::uint32_t at) noexcept {
  Datagram& datagram = datagrams_[at];
  (datagram.before == kNone ? oldest_ : datagrams_[datagram.before].after) = datagram.after;
  (datagram.after == kNone ? newest_ : datagrams_[datagram.after].before) = datagram.before;
  waiting_ -= datagram.count;
  --known_;
  rte_hash_del_key(notes_, &datagram.key);
}

absl::StatusOr<std::unique_ptr<Reassembler>> Reassembler::create(const FragmentConfig& config,
                                                                 const std::string& name,
                                                                 int socket) {
  auto v4 = std::make_unique<Table>(Family::kIpv4, config.capacity, config.ipv4_timeout);
  auto v6 = std::make_unique<Table>(Family::kIpv6, config.capacity, config.ipv6_timeout);
  if (!v4->allocate(absl::StrCat(name, "_v4"), socket) ||
      !v6->allocate(absl::StrCat(name, "_v6"), socket)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no memory for the reassembly of ", config.capacity,
                     " fragments (fragments.capacity): ", rte_strerror(rte_errno)));
  }
  return std::unique_ptr<Reassembler>(new Reassembler(std::move(v4), std::move(v6)));
}

Reassembler::Reassembler(std::unique_ptr<Table> v4, std::unique_ptr<Table> v6)
    : v4_(std::move(v4)), v6_(std::move(v6)) {}

Reassembler::~Reassembler() = default;

Reassembly Reassembler::add(const Packet& fragment, rte_mbuf* mbuf, Instant now,
                            rte_mbuf*& whole) noexcept {
  Table& table = fragment.family == Family::kIpv4 ? *v4_ : *v6_;
  return table.add(fragment, mbuf, now, whole);
}

std::uint32_t Reassembler::expire(Instant now) noexcept {
  return v4_->expire(now) + v6_->expire(now);
}

std::size_t Reassembler::memory(const FragmentConfig& config) {
  // Of each family: rte_ip_frag's entries, of which there are up to four times as many as needed,
  // and the hash table of the notes.
  constexpr std::size_t kEntry = 256, kNote = 256;
  return 2 * (config.capacity * (4 * kEntry + kNote) + (std::size_t{1} << 16));
}

}  // namespace portico
