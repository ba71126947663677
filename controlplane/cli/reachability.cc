#include "controlplane/cli/reachability.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace portico::cli {
namespace {

// 0, or the errno of a connection to the socket.
int try_to_connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy_n(path.begin(), std::min(path.size(), sizeof(address.sun_path) - 1), address.sun_path);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int result = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = result == 0 ? 0 : errno;
  close(fd);
  return error;
}

std::string user_name(uid_t id) {
  const passwd* entry = getpwuid(id);
  return entry == nullptr ? absl::StrCat(id) : entry->pw_name;
}

std::string group_name(gid_t id) {
  const group* entry = getgrgid(id);
  return entry == nullptr ? absl::StrCat(id) : entry->gr_name;
}

std::string why_denied(const GatewayAddress& gateway) {
  const std::string beginning =
      absl::StrCat("permission denied to talk to the gateway at ", gateway.text, ": ");
  struct stat socket {};
  if (stat(gateway.socket_path.c_str(), &socket) != 0) {
    return absl::StrCat(beginning, "user ", user_name(geteuid()), " may not enter its folder");
  }
  const std::string group = group_name(socket.st_gid);
  return absl::StrFormat(
      "%sits socket has mode %04o, owner %s and group %s\nBecome a member of group %s, or use "
      "sudo.",
      beginning, socket.st_mode & 07777u, user_name(socket.st_uid), group, group);
}

}  // namespace

std::string why_unreachable(const GatewayAddress& gateway, bool uses_tls,
                            absl::string_view grpc_message) {
  const std::string nobody = absl::StrCat("no gateway answers at ", gateway.text, ": ");
  if (gateway.socket_path.empty()) {
    return absl::StrCat(
        nobody, grpc_message,
        "\nIs porticod running there, and does its configuration name that address (api.tcp)?\n",
        uses_tls ? "Does it speak TLS (api.tls), and does each side know who signed the other's "
                   "certificate?"
                 : "If it speaks TLS (api.tls), --gateway-ca, --gateway-certificate and "
                   "--gateway-key are needed.");
  }
  constexpr absl::string_view kAdvice =
      "\nIs porticod running? Its configuration names the socket (api.socket); name it to "
      "porticoctl with\n--gateway or PORTICO_GATEWAY.";
  switch (const int error = try_to_connect(gateway.socket_path)) {
    case 0:
      return absl::StrCat("the gateway at ", gateway.text, " is not available: ", grpc_message);
    case ENOENT:
      return absl::StrCat(nobody, "there is no such socket", kAdvice);
    case ECONNREFUSED:
      return absl::StrCat(nobody, "the socket is there, but nobody listens on it", kAdvice);
    case EACCES:
    case EPERM:
      return why_denied(gateway);
    default:
      return absl::StrCat(nobody, std::strerror(error), kAdvice);
  }
}

}  // namespace portico::cli
