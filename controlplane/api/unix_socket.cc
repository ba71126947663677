#include "controlplane/api/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace portico {
namespace {

absl::Status system_error(absl::string_view what, const std::string& path, int error) {
  return absl::UnavailableError(absl::StrCat(what, " ", path, ": ", std::strerror(error)));
}

// 0: somebody accepted; otherwise the error.
int try_connect(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int result = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = result == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

}  // namespace

absl::Status prepare_unix_socket(const std::string& path) {
  if (path.empty() || path[0] != '/') {
    return absl::InvalidArgumentError(absl::StrCat("socket \"", path, "\" is no absolute path"));
  }
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat("socket ", path, " is longer than ",
                                                   sizeof(sockaddr_un::sun_path) - 1, " bytes"));
  }
  std::error_code error;
  const std::string folder = std::filesystem::path(path).parent_path();
  std::filesystem::create_directories(folder, error);
  if (error) return system_error("can't create", folder, error.value());

  struct stat about {};
  if (::lstat(path.c_str(), &about) != 0) {
    return errno == ENOENT ? absl::OkStatus() : system_error("can't look at", path, errno);
  }
  if (!S_ISSOCK(about.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is there and is no socket"));
  }
  const int result = try_connect(path);
  if (result == 0 || result == EAGAIN) {  // EAGAIN: alive, with a full backlog
    return absl::AlreadyExistsError(absl::StrCat("another process listens on ", path));
  }
  if (result != ECONNREFUSED) return system_error("can't connect to", path, result);
  if (::unlink(path.c_str()) != 0) return system_error("can't remove", path, errno);
  return absl::OkStatus();
}

}  // namespace portico
