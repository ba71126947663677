#include "controlplane/kubeconfig/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace portico {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kErrorsKept = 4096;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  int get() const { return fd_; }
  void set(int fd) { fd_ = fd; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

struct Pipe {
  Descriptor read;
  Descriptor write;

  bool open() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) return false;
    read.set(fds[0]);
    write.set(fds[1]);
    return ::fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0;
  }
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// An errno, or 0 and the process' id.
int spawn(const ProcessRequest& request, const Pipe& output, const Pipe& errors, pid_t* pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.write.get(), 1);
  posix_spawn_file_actions_adddup2(&actions, errors.write.get(), 2);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);  // ours may block what it waits for
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int error =
      ::posix_spawnp(pid, request.command[0].c_str(), &actions, &attributes,
                     pointers(request.command).data(), pointers(request.environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error;
}

// Takes what is there, keeps `limit` bytes of it. False: nothing more will come.
bool drain(const Descriptor& from, std::size_t limit, std::string* to) {
  char buffer[1 << 14];
  for (;;) {
    const ssize_t got = ::read(from.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got < 0 && errno == EAGAIN;
    const std::size_t room = limit - std::min(limit, to->size());
    to->append(buffer, std::min(room, static_cast<std::size_t>(got)));
  }
}

class Run {
 public:
  explicit Run(const ProcessRequest& request)
      : request_(request), deadline_(Clock::now() + request.time_limit) {}

  absl::StatusOr<ProcessResult> run();

 private:
  absl::Status start();
  absl::Status follow();
  int wait_time() const;

  const ProcessRequest& request_;
  const Clock::time_point deadline_;
  Pipe output_, errors_;
  Descriptor process_;
  pid_t pid_ = -1;
  ProcessResult result_;
};

absl::Status Run::start() {
  const std::string& program = request_.command[0];
  if (!output_.open() || !errors_.open()) return absl::ErrnoToStatus(errno, "pipe");
  if (const int error = spawn(request_, output_, errors_, &pid_); error != 0) {
    pid_ = -1;
    return absl::ErrnoToStatus(error, absl::StrCat(program, " can't be run"));
  }
  output_.write.close();
  errors_.write.close();
  process_.set(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  return process_.get() >= 0 ? absl::OkStatus() : absl::ErrnoToStatus(errno, "pidfd_open");
}

int Run::wait_time() const {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left + 1, 0, 3'600'000));
}

// Until the program has ended.
absl::Status Run::follow() {
  const std::string& program = request_.command[0];
  bool output = true, errors = true;
  for (;;) {
    // poll() passes over negative descriptors.
    pollfd fds[] = {{process_.get(), POLLIN, 0},
                    {request_.cancel, POLLIN, 0},
                    {output ? output_.read.get() : -1, POLLIN, 0},
                    {errors ? errors_.read.get() : -1, POLLIN, 0}};
    if (::poll(fds, 4, wait_time()) < 0 && errno != EINTR)
      return absl::ErrnoToStatus(errno, "poll");
    output = output && drain(output_.read, request_.output_limit + 1, &result_.output);
    errors = errors && drain(errors_.read, kErrorsKept, &result_.errors);
    if (result_.output.size() > request_.output_limit) {
      return absl::ResourceExhaustedError(
          absl::StrCat(program, " has printed more than ", request_.output_limit, " bytes"));
    }
    if (fds[0].revents != 0) return absl::OkStatus();
    if (fds[1].revents != 0) return absl::CancelledError(absl::StrCat(program, " was ended"));
    if (Clock::now() >= deadline_) {
      return absl::DeadlineExceededError(
          absl::StrCat(program, " has not ended in ", request_.time_limit.count(), " ms"));
    }
  }
}

absl::StatusOr<ProcessResult> Run::run() {
  absl::Status status = start();
  if (status.ok()) status = follow();
  if (pid_ < 0) return status;
  if (!status.ok()) ::kill(-pid_, SIGKILL);
  int code = 0;
  while (::waitpid(pid_, &code, 0) < 0 && errno == EINTR) {
  }
  if (!status.ok()) return status;
  // What it printed last may have come together with its end.
  drain(output_.read, request_.output_limit, &result_.output);
  drain(errors_.read, kErrorsKept, &result_.errors);
  result_.exit_code = WIFSIGNALED(code) ? 128 + WTERMSIG(code) : WEXITSTATUS(code);
  return std::move(result_);
}

}  // namespace

absl::StatusOr<ProcessResult> run_process(const ProcessRequest& request) {
  return Run(request).run();
}

}  // namespace portico
