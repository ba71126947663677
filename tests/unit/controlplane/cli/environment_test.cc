#include "controlplane/cli/environment.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>

namespace portico::cli {
namespace {

// Standard output is another file while it lives.
class StandardOutput {
 public:
  explicit StandardOutput(int fd) {
    std::fflush(stdout);
    saved_ = dup(STDOUT_FILENO);
    EXPECT_EQ(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
  }
  ~StandardOutput() {
    dup2(saved_, STDOUT_FILENO);
    close(saved_);
  }
  StandardOutput(const StandardOutput&) = delete;
  StandardOutput& operator=(const StandardOutput&) = delete;

 private:
  int saved_ = -1;
};

class EnvironmentOfProcess : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name :
         {"NO_COLOR", "CLICOLOR_FORCE", "PORTICO_GATEWAY", "PORTICO_GATEWAY_CA",
          "PORTICO_GATEWAY_CERTIFICATE", "PORTICO_GATEWAY_KEY", "PORTICO_GATEWAY_NAME"})
      unsetenv(name);
    setenv("TERM", "xterm", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    master_ = posix_openpt(O_RDWR | O_NOCTTY);
    ASSERT_GE(master_, 0);
    ASSERT_EQ(grantpt(master_), 0);
    ASSERT_EQ(unlockpt(master_), 0);
    terminal_ = open(ptsname(master_), O_RDWR | O_NOCTTY);
    pipe_ = open("/dev/null", O_WRONLY);
    ASSERT_GE(terminal_, 0);
    winsize size{};
    size.ws_col = 77;
    ASSERT_EQ(ioctl(terminal_, TIOCSWINSZ, &size), 0);
  }
  void TearDown() override {
    for (const int fd : {master_, terminal_, pipe_}) close(fd);
    unsetenv("LC_ALL");
    std::setlocale(LC_CTYPE, "C");
  }
  Environment on_terminal() const {
    const StandardOutput output(terminal_);
    return Environment::of_process();
  }
  Environment on_pipe() const {
    const StandardOutput output(pipe_);
    return Environment::of_process();
  }

  int master_ = -1, terminal_ = -1, pipe_ = -1;
};

TEST_F(EnvironmentOfProcess, ATerminalIsWelcoming) {
  const Environment environment = on_terminal();
  EXPECT_TRUE(environment.color);
  EXPECT_TRUE(environment.unicode);
  EXPECT_EQ(environment.width, 77u);
}

TEST_F(EnvironmentOfProcess, APipeIsNot) {
  const Environment environment = on_pipe();
  EXPECT_FALSE(environment.color);
  EXPECT_FALSE(environment.unicode);
  EXPECT_EQ(environment.width, 0u);
}

TEST_F(EnvironmentOfProcess, ColourCanBeRefusedAndForced) {
  setenv("CLICOLOR_FORCE", "1", 1);
  EXPECT_TRUE(on_pipe().color);
  EXPECT_TRUE(on_pipe().unicode);
  setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(on_pipe().color);
  EXPECT_FALSE(on_terminal().color);
  unsetenv("CLICOLOR_FORCE");
  setenv("NO_COLOR", "", 1);  // no-color.org: only when it is not empty
  EXPECT_TRUE(on_terminal().color);
  setenv("TERM", "dumb", 1);
  EXPECT_FALSE(on_terminal().color);
}

TEST_F(EnvironmentOfProcess, UnicodeNeedsALocaleThatHasIt) {
  setenv("LC_ALL", "C", 1);
  EXPECT_FALSE(on_terminal().unicode);
  EXPECT_TRUE(on_terminal().color);
}

TEST_F(EnvironmentOfProcess, NamesTheGateway) {
  EXPECT_EQ(on_pipe().gateway, "");
  setenv("PORTICO_GATEWAY", "gateway-2:9000", 1);
  EXPECT_EQ(on_pipe().gateway, "gateway-2:9000");
  unsetenv("PORTICO_GATEWAY");
}

}  // namespace
}  // namespace portico::cli
