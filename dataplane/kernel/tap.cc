#include "dataplane/kernel/tap.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dataplane/kernel/netlink.h"

namespace portico {
namespace {

constexpr char kDevice[] = "/dev/net/tun";

ifreq request_for(const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
}

// A socket for requests about interfaces.
class Control {
 public:
  Control() : file_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  ~Control() {
    if (file_ >= 0) close(file_);
  }
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  absl::Status call(unsigned long what, ifreq& request, const std::string& doing) const {
    if (file_ >= 0 && ioctl(file_, what, &request) == 0) return absl::OkStatus();
    return absl::ErrnoToStatus(errno, doing);
  }

 private:
  int file_;
};

// Sets net/PATH of /proc/sys, unless it is that already: who can't write there may have set it.
absl::Status set_sysctl(const std::string& path, const std::string& value) {
  const std::string file = absl::StrCat("/proc/sys/net/", path);
  std::string now;
  if (std::ifstream(file) >> now && now == value) return absl::OkStatus();
  const int sysctl = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  const bool is_set = sysctl >= 0 && ::write(sysctl, value.data(), value.size()) ==
                                         static_cast<ssize_t>(value.size());
  absl::Status status;
  if (!is_set) status = absl::ErrnoToStatus(errno, absl::StrCat("setting ", file, " to ", value));
  if (sysctl >= 0) close(sysctl);
  return status;
}

// Anybody on the link may send router advertisements and redirects. A gateway's routes are not
// theirs to make: RFC 4861 section 6.2.7 has routers check advertisements, not follow them, and
// RFC 1812 section 5.2.7.2 has them ignore redirects.
absl::Status believe_no_strangers(const std::string& name) {
  std::vector<std::string> refused = {absl::StrCat("ipv4/conf/", name, "/accept_redirects")};
  if (access("/proc/sys/net/ipv6", F_OK) == 0) {  // else the kernel has no IPv6
    for (const char* what : {"accept_ra", "autoconf", "accept_redirects"}) {
      refused.push_back(absl::StrCat("ipv6/conf/", name, "/", what));
    }
  }
  for (const std::string& path : refused) {
    if (absl::Status status = set_sysctl(path, "0"); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Tap> Tap::open(const Options& options) {
  const int file = ::open(kDevice, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return absl::ErrnoToStatus(errno, kDevice);
  Tap tap(file);
  ifreq request = request_for(options.name);
  // Without IFF_TUN_EXCL an interface that is there already would be taken.
  request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL);
  if (ioctl(file, TUNSETIFF, &request) != 0) {
    if (errno == EBUSY || errno == EEXIST) {
      return absl::AlreadyExistsError("there is an interface of that name already");
    }
    return absl::ErrnoToStatus(errno, "making the interface (needs CAP_NET_ADMIN)");
  }
  tap.index_ = if_nametoindex(options.name.c_str());
  if (absl::Status status = tap.set_up(options); !status.ok()) return status;
  return tap;
}

absl::Status Tap::set_up(const Options& options) {
  // Before the MTU: the kernel takes IPv6 off a link of less than 1280 bytes.
  if (absl::Status status = believe_no_strangers(options.name); !status.ok()) return status;
  const Control control;
  ifreq request = request_for(options.name);
  request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  std::copy(options.mac.bytes.begin(), options.mac.bytes.end(), request.ifr_hwaddr.sa_data);
  absl::Status status = control.call(SIOCSIFHWADDR, request,
                                     absl::StrCat("setting MAC address ", options.mac.to_string()));
  if (!status.ok()) return status;
  request = request_for(options.name);
  request.ifr_mtu = static_cast<int>(options.mtu);
  status = control.call(SIOCSIFMTU, request, absl::StrCat("setting MTU ", options.mtu));
  if (!status.ok()) return status;

  auto netlink = Netlink::open();
  if (!netlink.ok()) return netlink.status();
  for (const InterfaceAddress& address : options.addresses) {
    status = netlink->add_address(index_, address);
    if (!status.ok()) return status;
  }
  request = request_for(options.name);
  status = control.call(SIOCGIFFLAGS, request, "reading its flags");
  if (!status.ok()) return status;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  return control.call(SIOCSIFFLAGS, request, "bringing it up");
}

Tap::Tap(Tap&& other) noexcept : file_(std::exchange(other.file_, -1)), index_(other.index_) {}

Tap::~Tap() {
  if (file_ >= 0) close(file_);
}

bool Tap::write(const std::uint8_t* frame, std::size_t length) noexcept {
  return ::write(file_, frame, length) == static_cast<ssize_t>(length);
}

std::size_t Tap::read(std::uint8_t* frame, std::size_t room) noexcept {
  const ssize_t length = ::read(file_, frame, room);
  return length > 0 ? static_cast<std::size_t>(length) : 0;
}

}  // namespace portico
