#include "dataplane/kernel/netlink.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"

namespace portico {
namespace {

constexpr std::size_t kMessages = 64 << 10;

std::uint8_t family_of(const IpAddress& address) {
  return address.is_v4() ? AF_INET : AF_INET6;
}

}  // namespace

Netlink::Netlink(mnl_socket* socket) : socket_(socket), buffer_(kMessages) {}

Netlink::Netlink(Netlink&& other) noexcept
    : socket_(std::exchange(other.socket_, nullptr)),
      sequence_(other.sequence_),
      buffer_(std::move(other.buffer_)) {}

Netlink::~Netlink() {
  if (socket_ != nullptr) mnl_socket_close(socket_);
}

absl::StatusOr<Netlink> Netlink::open(std::uint32_t groups, int receive_buffer) {
  // Who listens must not get stuck; who asks waits for the answer.
  mnl_socket* const socket =
      mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | (groups != 0 ? SOCK_NONBLOCK : 0));
  if (socket == nullptr) return absl::ErrnoToStatus(errno, "opening a netlink socket");
  Netlink netlink(socket);
  if (mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) < 0) {
    return absl::ErrnoToStatus(errno, "binding a netlink socket");
  }
  // Beyond net.core.rmem_max with CAP_NET_ADMIN only; without, as much as there is.
  setsockopt(netlink.file(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer);
  return netlink;
}

int Netlink::file() const {
  return mnl_socket_get_fd(socket_);
}

absl::Status Netlink::add_address(unsigned interface, const InterfaceAddress& address) {
  nlmsghdr* const request = mnl_nlmsg_put_header(buffer_.data());
  request->nlmsg_type = RTM_NEWADDR;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK;
  auto* const body =
      static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifaddrmsg)));
  body->ifa_family = family_of(address.address);
  body->ifa_prefixlen = static_cast<std::uint8_t>(address.prefix_length);
  body->ifa_flags = address.address.is_v4() ? 0 : IFA_F_NODAD;
  body->ifa_scope = address.address.is_link_local() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  body->ifa_index = interface;
  mnl_attr_put(request, IFA_LOCAL, address.address.size(), address.address.data());
  mnl_attr_put(request, IFA_ADDRESS, address.address.size(), address.address.data());
  if (address.address.is_v4() && address.prefix_length < 31) {  // RFC 3021: a /31 has none
    const std::uint32_t hosts = 0xffffffffu >> address.prefix_length;
    const Ipv4Address broadcast{Be32::from_host(address.address.v4().word.host() | hosts)};
    const std::uint32_t wire = broadcast.word.wire();
    mnl_attr_put(request, IFA_BROADCAST, sizeof wire, &wire);
  }
  const std::string what =
      absl::StrCat("adding address ", address.address.to_string(), "/", address.prefix_length);
  return call(request, what.c_str());
}

// Sends a request and waits for its acknowledgement.
absl::Status Netlink::call(nlmsghdr* request, const char* what) {
  request->nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(socket_, request, request->nlmsg_len) < 0) {
    return absl::ErrnoToStatus(errno, what);
  }
  for (int result = MNL_CB_OK; result == MNL_CB_OK;) {
    const ssize_t length = mnl_socket_recvfrom(socket_, buffer_.data(), buffer_.size());
    if (length < 0) return absl::ErrnoToStatus(errno, what);
    result = mnl_cb_run(buffer_.data(), static_cast<std::size_t>(length), sequence_,
                        mnl_socket_get_portid(socket_), nullptr, nullptr);
    if (result == MNL_CB_ERROR) return absl::ErrnoToStatus(errno, what);
  }
  return absl::OkStatus();
}

absl::Status Netlink::request_dump(std::uint16_t type, std::uint8_t family) {
  nlmsghdr* const request = mnl_nlmsg_put_header(buffer_.data());
  request->nlmsg_type = type;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request->nlmsg_seq = ++sequence_;
  interrupted_ = false;
  // Routes and neighbors have bodies of the same size, and begin with the family.
  static_assert(sizeof(rtmsg) == 12 && offsetof(rtmsg, rtm_family) == 0);
  auto* const body = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(rtmsg)));
  body->rtm_family = family;
  if (mnl_socket_sendto(socket_, request, request->nlmsg_len) < 0) {
    return absl::ErrnoToStatus(errno, "asking for the kernel's tables");
  }
  return absl::OkStatus();
}

Netlink::Received Netlink::receive(int milliseconds,
                                   const std::function<void(const nlmsghdr&)>& take) {
  pollfd waiting{file(), POLLIN, 0};
  const int ready = poll(&waiting, 1, milliseconds);
  if (ready == 0 || (ready < 0 && errno == EINTR)) return Received::kNothing;
  if (ready < 0) return Received::kError;
  const ssize_t length = mnl_socket_recvfrom(socket_, buffer_.data(), buffer_.size());
  if (length < 0 && errno == EAGAIN) return Received::kNothing;
  if (length < 0) return errno == ENOBUFS ? Received::kOverrun : Received::kError;
  int left = static_cast<int>(length);
  const auto* message = reinterpret_cast<const nlmsghdr*>(buffer_.data());
  for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
    const bool is_answer =
        message->nlmsg_seq == sequence_ && message->nlmsg_pid == mnl_socket_get_portid(socket_);
    if (is_answer && (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0) interrupted_ = true;
    if (message->nlmsg_type == NLMSG_OVERRUN) return Received::kOverrun;
    if (message->nlmsg_type == NLMSG_ERROR && is_answer) return Received::kError;
    if (message->nlmsg_type == NLMSG_DONE && is_answer) {
      return interrupted_ ? Received::kInterrupted : Received::kDumpDone;
    }
    if (message->nlmsg_type >= NLMSG_MIN_TYPE) take(*message);
  }
  return Received::kMessages;
}

}  // namespace portico
