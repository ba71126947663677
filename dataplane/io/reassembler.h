#pragma once

// Theory of operation
//
// Puts fragments together, of both families, for one worker: rte_ip_frag holds the fragments and
// joins them; this class stands before it and decides what it may see, because rte_ip_frag believes
// every offset. A note for each datagram says which bytes have come. So nothing reaches rte_ip_frag
// but fragments that fit between each other, and what has all its bytes is whole.
//
//   whole      the last piece is there: one packet of several mbufs
//   overlap    a byte comes twice: the whole datagram goes, and whatever still comes of it
//              until its time is over (RFC 5722, RFC 8200 section 4.5)
//   duplicate  exactly the same bytes again: that fragment goes (RFC 8200 section 4.5)
//   too many   more than kMaxFragments: rte_ip_frag as Debian builds it holds so many; the whole
//              datagram goes. 8 fragments of 1,480 bytes are UDP of 11,832 bytes.
//   timeout    counted from the fragment that came first; the whole datagram goes
//   no room    `capacity` fragments of the family wait: the datagram that came first goes
//
// A datagram is known by source, destination, protocol (IPv4, RFC 791) and identification.
//
// rte_ip_frag can be told neither to forget a certain datagram nor in which order; two tricks do
// it. Its clock is ours, and runs by one for each datagram: "the entries older than this one" are
// exactly those that came before. And a last fragment that contradicts what is there makes it give
// up the datagram at once. Its key is the note's number, so that its buckets fill evenly.
//
// All memory is taken at creation: `capacity` notes of each family, and rte_ip_frag's entries. The
// buffers of waiting fragments come from the packet pool, which has room for them
// (packet_memory.h).

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "dataplane/packet/packet_io.h"
#include "include/portico/gateway_config.h"

struct rte_mbuf;

namespace portico {

class Reassembler {
 public:
  static constexpr std::size_t kMaxFragments = 8;  // RTE_LIBRTE_IP_FRAG_MAX_FRAG

  // ResourceExhausted when there is no memory. `name` is unique in the process, and short.
  static absl::StatusOr<std::unique_ptr<Reassembler>> create(const FragmentConfig& config,
                                                             const std::string& name, int socket);
  ~Reassembler();
  Reassembler(const Reassembler&) = delete;
  Reassembler& operator=(const Reassembler&) = delete;

  // Takes the mbuf of a packet that parse() has marked as a fragment. The mbuf of the whole packet
  // is in `whole` when the result says so.
  Reassembly add(const Packet& fragment, rte_mbuf* mbuf, Instant now, rte_mbuf*& whole) noexcept;

  // Gives up datagrams whose time is over, a bounded number. Returns how many fragments that were.
  std::uint32_t expire(Instant now) noexcept;

  // Bytes of DPDK's memory that one takes.
  static std::size_t memory(const FragmentConfig& config);

 private:
  class Table;

  Reassembler(std::unique_ptr<Table> v4, std::unique_ptr<Table> v6);

  std::unique_ptr<Table> v4_;
  std::unique_ptr<Table> v6_;
};

}  // namespace portico
