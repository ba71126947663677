#include "controlplane/yaml/load.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <sstream>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "controlplane/yaml/tree_builder.h"
#include "controlplane/yaml/utf8.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/parser.h"

namespace portico {
namespace {

// The mark of the byte at `offset`.
YamlMark mark_of(absl::string_view text, std::size_t offset) {
  YamlMark mark{1, 1};
  for (const char c : text.substr(0, offset)) {
    mark = c == '\n' ? YamlMark{mark.line + 1, 1} : YamlMark{mark.line, mark.column + 1};
  }
  return mark;
}

bool check_bytes(absl::string_view text, const YamlLimits& limits, Faults* faults) {
  if (text.size() > limits.bytes) {
    faults->add({}, "", absl::StrCat("the file has more than ", limits.bytes, " bytes"));
    return false;
  }
  // A zero byte is UTF-8 but no YAML, and makes yaml-cpp guess at UTF-16.
  const std::size_t bad = std::min(find_invalid_utf8(text), text.find('\0'));
  if (bad == absl::string_view::npos) return true;
  faults->add(mark_of(text, bad), "", "this byte is no UTF-8 text");
  return false;
}

}  // namespace

YamlDocuments load_yaml(absl::string_view text, const YamlLimits& limits, Faults* faults) {
  YamlDocuments documents;
  if (!check_bytes(text, limits, faults)) return documents;
  YamlTreeBuilder builder(limits, &documents, faults);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) continue;
  } catch (const YamlLimitPassed&) {
    // The builder added the fault.
  } catch (const YAML::Exception& error) {
    faults->add(to_mark(error.mark), "", error.msg);
  } catch (const std::exception& error) {
    faults->add({}, "", absl::StrCat("cannot be read: ", error.what()));
  }
  return documents;
}

absl::StatusOr<std::string> read_text_file(const std::string& path, std::size_t max_bytes) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return absl::ErrnoToStatus(errno, path);
  const absl::Cleanup close_it = [fd] { close(fd); };
  struct stat info {};
  if (fstat(fd, &info) != 0) return absl::ErrnoToStatus(errno, path);
  if (!S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": is no regular file"));
  }
  std::string text;
  char buffer[1 << 16];
  while (true) {
    const ssize_t got = read(fd, buffer, sizeof buffer);
    if (got == 0) return text;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::ErrnoToStatus(errno, path);
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > max_bytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path, ": has more than ", max_bytes, " bytes"));
    }
  }
}

}  // namespace portico
