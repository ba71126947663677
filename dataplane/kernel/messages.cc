#include "dataplane/kernel/messages.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace portico {
namespace {

// Everything in a message begins at a multiple of four bytes (MNL_ALIGN, without its signs).
constexpr std::size_t aligned(std::size_t length) {
  return (length + 3) / 4 * 4;
}

// The body behind the message's header; null when the message is too short for it.
template <typename Body>
const Body* body_of(const nlmsghdr& message) {
  return message.nlmsg_len < mnl_nlmsg_size(sizeof(Body))
             ? nullptr
             : static_cast<const Body*>(mnl_nlmsg_get_payload(&message));
}

// Calls `take(type, payload, length)` for each attribute of [begin, begin + length).
template <typename Take>
void for_each_attribute(const void* begin, std::size_t length, Take&& take) {
  const auto* at = static_cast<const char*>(begin);
  const char* const end = at + length;
  while (end - at >= static_cast<std::ptrdiff_t>(sizeof(nlattr))) {
    const auto* attribute = reinterpret_cast<const nlattr*>(at);
    if (!mnl_attr_ok(attribute, static_cast<int>(end - at))) return;
    take(mnl_attr_get_type(attribute), static_cast<const char*>(mnl_attr_get_payload(attribute)),
         std::size_t{mnl_attr_get_payload_len(attribute)});
    const auto step = static_cast<std::ptrdiff_t>(aligned(attribute->nla_len));
    if (step > end - at) return;
    at += step;
  }
}

template <typename Body, typename Take>
void for_each_attribute_of(const nlmsghdr& message, Take&& take) {
  const std::size_t header = mnl_nlmsg_size(aligned(sizeof(Body)));
  if (message.nlmsg_len <= header) return;
  for_each_attribute(reinterpret_cast<const char*>(&message) + header, message.nlmsg_len - header,
                     take);
}

std::uint32_t word(const char* payload, std::size_t length) {
  std::uint32_t value = 0;
  if (length == sizeof value) std::memcpy(&value, payload, sizeof value);
  return value;
}

// RTA_CACHEINFO.
bool expires(const char* payload, std::size_t length) {
  rta_cacheinfo info{};
  if (length >= sizeof info) std::memcpy(&info, payload, sizeof info);
  return info.rta_expires != 0;
}

bool is_ip(std::uint8_t family) {
  return family == AF_INET || family == AF_INET6;
}

std::optional<IpAddress> address_of(std::uint8_t family, const char* payload, std::size_t length) {
  if (length != (family == AF_INET ? 4u : 16u)) return std::nullopt;
  const auto address = IpAddress::from_bytes(absl::string_view(payload, length));
  return address.ok() ? std::optional(*address) : std::nullopt;
}

bool is_usable(unsigned flags) {
  return (flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)) == 0;
}

// RTA_MULTIPATH: next hops, each a header with attributes of its own.
void read_hops(std::uint8_t family, const char* payload, std::size_t length,
               std::vector<RouteUpdate::Hop>& hops) {
  while (length >= sizeof(rtnexthop)) {
    rtnexthop header;
    std::memcpy(&header, payload, sizeof header);
    if (header.rtnh_len < sizeof header || header.rtnh_len > length) return;
    RouteUpdate::Hop hop;
    hop.interface = static_cast<unsigned>(header.rtnh_ifindex);
    bool is_foreign = false;
    for_each_attribute(payload + sizeof header, header.rtnh_len - sizeof header,
                       [&](std::uint16_t type, const char* value, std::size_t size) {
                         if (type == RTA_GATEWAY) hop.gateway = address_of(family, value, size);
                         is_foreign |= type == RTA_VIA || (type == RTA_GATEWAY && !hop.gateway);
                       });
    if (!is_foreign && is_usable(header.rtnh_flags)) hops.push_back(hop);
    const std::size_t step = std::min(length, aligned(header.rtnh_len));
    payload += step;
    length -= step;
  }
}

}  // namespace

std::optional<RouteUpdate> read_route(const nlmsghdr& message) {
  const auto* body = body_of<rtmsg>(message);
  if (body == nullptr || !is_ip(body->rtm_family) || body->rtm_type != RTN_UNICAST ||
      body->rtm_tos != 0 || (body->rtm_flags & RTM_F_CLONED) != 0 ||
      body->rtm_dst_len > (body->rtm_family == AF_INET ? 32 : 128)) {
    return std::nullopt;
  }
  RouteUpdate route;
  route.table = body->rtm_table;
  route.replaces = (message.nlmsg_flags & NLM_F_REPLACE) != 0;
  route.is_fleeting = body->rtm_protocol == RTPROT_RA || body->rtm_protocol == RTPROT_REDIRECT;
  std::optional<IpAddress> destination =
      body->rtm_family == AF_INET ? IpAddress(Ipv4Address()) : IpAddress(Ipv6Address());
  RouteUpdate::Hop single;
  bool is_foreign = false;
  for_each_attribute_of<rtmsg>(
      message, [&](std::uint16_t type, const char* payload, std::size_t length) {
        if (type == RTA_DST) destination = address_of(body->rtm_family, payload, length);
        if (type == RTA_TABLE) route.table = word(payload, length);
        if (type == RTA_PRIORITY) route.metric = word(payload, length);
        if (type == RTA_CACHEINFO) route.is_fleeting |= expires(payload, length);
        if (type == RTA_OIF) single.interface = word(payload, length);
        if (type == RTA_GATEWAY) single.gateway = address_of(body->rtm_family, payload, length);
        is_foreign |= type == RTA_VIA || (type == RTA_GATEWAY && !single.gateway);
        if (type == RTA_MULTIPATH) read_hops(body->rtm_family, payload, length, route.hops);
      });
  if (!destination || destination->is_multicast() || destination->is_link_local()) {
    return std::nullopt;
  }
  route.prefix = IpPrefix::of(*destination, body->rtm_dst_len);
  if (single.interface != 0 && !is_foreign && is_usable(body->rtm_flags)) {
    route.hops.push_back(single);
  }
  return route;
}

std::optional<NeighborUpdate> read_neighbor(const nlmsghdr& message) {
  const auto* body = body_of<ndmsg>(message);
  if (body == nullptr || !is_ip(body->ndm_family) || (body->ndm_flags & NTF_PROXY) != 0) {
    return std::nullopt;
  }
  NeighborUpdate neighbor;
  neighbor.interface = static_cast<unsigned>(body->ndm_ifindex);
  neighbor.permanent = (body->ndm_state & NUD_PERMANENT) != 0;
  neighbor.reachable = (body->ndm_state & NUD_REACHABLE) != 0;
  std::optional<IpAddress> address;
  for_each_attribute_of<ndmsg>(message,
                               [&](std::uint16_t type, const char* payload, std::size_t length) {
                                 if (type == NDA_DST)
                                   address = address_of(body->ndm_family, payload, length);
                                 if (type == NDA_LLADDR && length == sizeof(MacAddress)) {
                                   MacAddress mac;
                                   std::memcpy(mac.bytes.data(), payload, length);
                                   if (!mac.is_multicast() && mac != MacAddress())
                                     neighbor.mac = mac;
                                 }
                               });
  if (!address || address->is_multicast() || address->is_unspecified()) return std::nullopt;
  neighbor.address = *address;
  return neighbor;
}

std::optional<unsigned> read_interface(const nlmsghdr& message) {
  if (message.nlmsg_type == RTM_NEWLINK || message.nlmsg_type == RTM_DELLINK) {
    const auto* body = body_of<ifinfomsg>(message);
    return body == nullptr ? std::nullopt : std::optional(static_cast<unsigned>(body->ifi_index));
  }
  const auto* body = body_of<ifaddrmsg>(message);
  return body == nullptr ? std::nullopt : std::optional(body->ifa_index);
}

}  // namespace portico
