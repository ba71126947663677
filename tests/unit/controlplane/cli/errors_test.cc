#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "tests/unit/controlplane/cli/porticoctl.h"

namespace portico::cli {
namespace {

constexpr char kAdvice[] =
    "Is porticod running? Its configuration names the socket (api.socket); name it to porticoctl "
    "with\n--gateway or PORTICO_GATEWAY.\n";

// This process as a user without rights, while it lives. Requires root.
class Nobody {
 public:
  Nobody() : groups_(static_cast<std::size_t>(getgroups(0, nullptr))) {
    EXPECT_GE(getgroups(static_cast<int>(groups_.size()), groups_.data()), 0);
    EXPECT_EQ(setgroups(0, nullptr), 0);
    EXPECT_EQ(setegid(kId), 0);
    EXPECT_EQ(seteuid(kId), 0);
  }
  ~Nobody() {
    EXPECT_EQ(seteuid(0), 0);
    EXPECT_EQ(setegid(0), 0);
    EXPECT_EQ(setgroups(groups_.size(), groups_.data()), 0);
  }
  Nobody(const Nobody&) = delete;
  Nobody& operator=(const Nobody&) = delete;

 private:
  static constexpr uid_t kId = 65534;
  std::vector<gid_t> groups_;
};

class Errors : public PorticoctlTest {
 protected:
  Result ask_as_nobody(absl::string_view line) {
    const Nobody nobody;
    return ask(line);
  }
};

TEST_F(Errors, WhatTheGatewayRefusesEndsWithOne) {
  gateway.error = absl::InvalidArgumentError("in_port \"up9\" is no port");
  const Result refused = ask("explain tcp 10.0.0.1 10.0.0.2:80 --in-port up9");
  EXPECT_EQ(refused.code, 1);
  EXPECT_EQ(refused.out, "");
  EXPECT_EQ(refused.error, "porticoctl: in_port \"up9\" is no port (INVALID_ARGUMENT)\n");

  const Result missing = ask("get services nobody");
  EXPECT_EQ(missing.code, 1);
  EXPECT_EQ(missing.error, "porticoctl: no Service default/nobody (NOT_FOUND)\n");

  gateway.error = absl::UnimplementedError("");
  const Result older = ask("get ports");
  EXPECT_EQ(older.code, 1);
  EXPECT_EQ(older.error, "porticoctl: the gateway at " + gateway.address() +
                             " does not know this request: `porticoctl version` compares the two "
                             "(UNIMPLEMENTED)\n");
}

TEST_F(Errors, NoSocketEndsWithThree) {
  const std::string address = gateway.address() + ".gone";
  const Result result = ask("get services --gateway " + address);
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.error, "porticoctl: no gateway answers at " + address +
                              ": there is no such socket\n" + kAdvice);
}

TEST_F(Errors, ASocketThatNobodyListensOnEndsWithThree) {
  const std::string path = gateway.socket_path() + ".left";
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, path.c_str(), sizeof(name.sun_path) - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  close(fd);
  const Result result = ask("get services --gateway " + path);
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.error, "porticoctl: no gateway answers at unix:" + path +
                              ": the socket is there, but nobody listens on it\n" + kAdvice);
}

TEST_F(Errors, ASocketThatIsNotForThisUserNamesModeAndGroup) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become a user who is denied";
  const std::string folder = gateway.socket_path().substr(0, gateway.socket_path().rfind('/'));
  ASSERT_EQ(chmod(folder.c_str(), 0755), 0);
  ASSERT_EQ(chmod(gateway.socket_path().c_str(), 0660), 0);
  const Result closed = ask_as_nobody("get services");
  EXPECT_EQ(closed.code, 3);
  EXPECT_EQ(closed.error, "porticoctl: permission denied to talk to the gateway at " +
                              gateway.address() +
                              ": its socket has mode 0660, owner root and group root\n"
                              "Become a member of group root, or use sudo.\n");

  ASSERT_EQ(chmod(folder.c_str(), 0700), 0);
  const Result hidden = ask_as_nobody("get services");
  EXPECT_EQ(hidden.error, "porticoctl: permission denied to talk to the gateway at " +
                              gateway.address() + ": user nobody may not enter its folder\n");
}

TEST_F(Errors, AGatewayThatDoesNotAnswerInTimeEndsWithThree) {
  gateway.silent = true;
  const Result result = ask("get ports --timeout 50ms");
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.error, "porticoctl: the gateway at " + gateway.address() +
                              " did not answer within 50ms (--timeout)\n");
}

TEST_F(Errors, TextFromTheGatewayIsNoTerminalControl) {
  gateway.error = absl::InternalError("\x1b[31mred");
  EXPECT_EQ(ask("get ports").error, "porticoctl: ?[31mred (INTERNAL)\n");
}

TEST_F(Errors, AWrongCommandLineEndsWithTwo) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "porticoctl: a command is needed"},
      {"get", "porticoctl get: a command is needed"},
      {"delete", "porticoctl delete: a command is needed"},
      {"fetch",
       "porticoctl: unknown command \"fetch\": there are get, explain, delete, version, "
       "completion, help"},
      {"delete services", "porticoctl delete: unknown command \"services\": there are connections"},
      {"get ports up0", "porticoctl get ports: unexpected argument \"up0\""},
      {"get services a b", "porticoctl get services: unexpected argument \"b\""},
      {"get ports --all", "porticoctl get ports: unknown option --all"},
      {"get ports -o yaml",
       "porticoctl get ports: --output: \"yaml\" is none of table, wide, json"},
      {"get ports --timeout soon",
       "porticoctl get ports: --timeout: \"soon\" is no duration: write 10s, 1m30s or 500ms; 0 "
       "waits for ever"},
      {"get ports --timeout", "porticoctl get ports: --timeout needs a value"},
      {"get ports --gateway gateway-2",
       "porticoctl get ports: --gateway: \"gateway-2\" is no gateway: write unix:PATH, HOST:PORT "
       "or [IPV6]:PORT"},
      {"completion tcsh",
       "porticoctl completion: \"tcsh\" is no shell that is known: write bash, "
       "zsh or fish"},
      {"completion", "porticoctl completion: it takes bash|zsh|fish"},
  };
  for (const auto& [line, expected] : cases) {
    const Result result = porticoctl(line);
    EXPECT_EQ(result.code, 2) << line;
    EXPECT_EQ(result.out, "") << line;
    EXPECT_EQ(result.error.substr(0, result.error.find('\n')), expected);
  }
  Environment wrong;
  wrong.gateway = "unix:";
  EXPECT_EQ(porticoctl("get ports", wrong).error,
            "porticoctl get ports: PORTICO_GATEWAY: \"unix:\" names no socket: write unix:PATH\n"
            "Try `porticoctl get ports --help`.\n");
}

TEST_F(Errors, GlobalOptionsStandBeforeOrBehindTheCommand) {
  for (const std::string line : {"--gateway X -o json get ports", "get --gateway X ports -o json",
                                 "get ports --output=json --gateway=X"}) {
    std::string with_address = line;
    with_address.replace(with_address.find('X'), 1, gateway.address());
    EXPECT_EQ(porticoctl(with_address).out, "[]\n") << line;
  }
}

TEST_F(Errors, OptionBeatsEnvironment) {
  Environment elsewhere;
  elsewhere.gateway = "unix:/nowhere";
  EXPECT_EQ(porticoctl("get ports -o json --gateway " + gateway.address(), elsewhere).out, "[]\n");
}

TEST_F(Errors, AnOutputThatCannotBeWrittenIsAnError) {
  std::ostringstream out, error;
  out.setstate(std::ios::badbit);
  EXPECT_EQ(run({"version", "--client"}, environment, out, error), ExitCode::kRequestFailed);
  EXPECT_EQ(error.str(), "porticoctl: the output can't be written\n");
}

}  // namespace
}  // namespace portico::cli
