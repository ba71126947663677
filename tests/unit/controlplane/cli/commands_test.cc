#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "controlplane/cli/command.h"
#include "tests/unit/controlplane/cli/porticoctl.h"

namespace portico::cli {
namespace {

class Version : public PorticoctlTest {};

TEST_F(Version, OfBoth) {
  gateway.status.set_version("0.2.0");
  EXPECT_EQ(output("version"), "Client:   " PORTICO_VERSION "\nGateway:  0.2.0\n");
  EXPECT_EQ(output("version -o json"),
            "{\n \"client\": \"" PORTICO_VERSION "\",\n \"gateway\": \"0.2.0\"\n}\n");
}

TEST_F(Version, OfTheClientAloneWhenItIsAlone) {
  const Result result = porticoctl("version --gateway unix:/nowhere/socket");
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.out, "Client:   " PORTICO_VERSION "\n");
  EXPECT_EQ(result.error.substr(0, result.error.find('\n')),
            "porticoctl: no gateway answers at unix:/nowhere/socket: there is no such socket");

  const Result asked = porticoctl("version --client --gateway unix:/nowhere/socket");
  EXPECT_EQ(asked.code, 0);
  EXPECT_EQ(asked.out, "Client:   " PORTICO_VERSION "\n");
  EXPECT_EQ(asked.error, "");
}

TEST_F(Version, OfTheProgramIsAnOptionToo) {
  for (const char* line : {"--version", "get ports --version --gateway unix:/nowhere/socket"}) {
    const Result result = porticoctl(line);
    EXPECT_EQ(result.code, 0);
    EXPECT_EQ(result.out, "porticoctl " PORTICO_VERSION "\n");
    EXPECT_EQ(result.error, "");
  }
  EXPECT_EQ(porticoctl("--version --colour").code, 2);
}

TEST(Help, OfACommand) {
  const Result result = porticoctl("get drops --help");
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(
      result.out,
      "Show for which reasons packets were dropped since the gateway started, the most frequent\n"
      "first. Those refused were answered: the sender was told by a TCP reset or an ICMP error. "
      "Ask\n"
      "`porticoctl explain` about one packet.\n"
      "\n"
      "Usage:\n"
      "  porticoctl get drops [options]\n"
      "\n"
      "Examples:\n"
      "  # The reasons that happened\n"
      "  porticoctl get drops\n"
      "\n"
      "  # Every reason there is\n"
      "  porticoctl get drops --all\n"
      "\n"
      "Options:\n"
      "  -a, --all   Also reasons that never happened\n"
      "\n"
      "Global options:\n"
      "      --gateway ADDRESS            unix:PATH or HOST:PORT (default "
      "unix:/run/portico/porticod.sock)\n"
      "      --gateway-ca FILE            Over TLS to HOST:PORT: who signed its certificate (PEM)\n"
      "      --gateway-certificate FILE   The certificate to show to it (PEM)\n"
      "      --gateway-key FILE           Its key (PEM)\n"
      "      --gateway-name NAME          The name in the gateway's certificate, if not the "
      "host's\n"
      "  -o, --output FORMAT              table, wide (more columns) or json (default table)\n"
      "      --timeout DURATION           How long an answer may take; 0 waits for ever (default "
      "10s)\n"
      "  -h, --help                       This text\n"
      "      --version                    This program's version\n");
}

// Every command has a text that fits a terminal, and help needs no gateway and no arguments.
void check_help(const CommandInfo& command, const std::string& path) {
  const Result result = porticoctl(path.substr(path.find(' ') + 1) + " --help");
  EXPECT_EQ(result.code, 0) << path;
  EXPECT_NE(result.out.find("Usage:\n  " + path), std::string::npos) << result.out;
  if (command.run) {
    EXPECT_NE(result.out.find("\nExamples:\n  "), std::string::npos) << path;
  }
  for (const absl::string_view line : absl::StrSplit(result.out, '\n')) {
    EXPECT_LE(line.size(), 100u) << path << ": " << line;
  }
  for (const CommandInfo& below : command.commands) check_help(below, path + " " + below.name);
}

TEST(Help, OfEveryCommand) {
  const Result root = porticoctl("--help");
  EXPECT_EQ(root.code, 0);
  for (const CommandInfo& command : root_command().commands) {
    EXPECT_NE(root.out.find("\n  " + command.name + "  "), std::string::npos) << command.name;
    check_help(command, "porticoctl " + command.name);
  }
}

class Completion : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string shell = GetParam();
    if (std::system(("command -v " + shell + " >/dev/null").c_str()) != 0) {
      GTEST_SKIP() << "there is no " << shell;
    }
    script_ =
        testing::TempDir() + "porticoctl-completion-" + std::to_string(getpid()) + "." + shell;
    std::ofstream(script_) << porticoctl("completion " + shell).out;
  }
  void TearDown() override { std::remove(script_.c_str()); }

  // What the shell prints when it runs `program` with the script's path as $1.
  std::string shell(const std::string& program) const {
    const std::string line = std::string(GetParam()) + " -c '" + program + "' -- " + script_;
    FILE* pipe = popen(line.c_str(), "r");
    std::string text;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
    EXPECT_EQ(pclose(pipe), 0) << line;
    return text;
  }

  std::string script_;
};

TEST_P(Completion, IsValidForItsShell) {
  EXPECT_EQ(std::system((std::string(GetParam()) + " -n " + script_).c_str()), 0);
}

INSTANTIATE_TEST_SUITE_P(Shells, Completion, testing::Values("bash", "zsh", "fish"),
                         [](const auto& shell) { return std::string(shell.param); });

class BashCompletion : public Completion {
 protected:
  // What bash offers for the last of `words`.
  std::string offers(const std::string& words) const {
    return shell("source \"$1\"; COMP_WORDS=(porticoctl " + words +
                 "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _porticoctl; echo \"${COMPREPLY[@]}\"");
  }
};

TEST_P(BashCompletion, OffersCommandsOptionsAndValues) {
  EXPECT_EQ(offers("\"\""), "get explain delete version completion help\n");
  EXPECT_EQ(offers("g"), "get\n");
  EXPECT_EQ(offers("get s"), "services snat stages status\n");
  EXPECT_EQ(
      offers("-o json get \"\""),
      "services endpoints connections routes neighbors ports drops counters snat stages status\n");
  EXPECT_EQ(offers("--gateway unix : /run/p.sock delete \"\""), "connections\n");
  EXPECT_EQ(offers("get connections --client-"), "--client-port\n");
  EXPECT_EQ(offers("get connections --client 10.0.0.1 --fam"), "--family\n");
  EXPECT_EQ(offers("get connections --family \"\""), "ipv4 ipv6\n");
  EXPECT_EQ(offers("get connections --output = j"), "json\n");
  EXPECT_EQ(offers("get connections --output ="), "table wide json\n");
  EXPECT_EQ(offers("get ports -o \"\""), "table wide json\n");
  EXPECT_EQ(offers("get ports --timeout \"\""), "\n");
  EXPECT_EQ(offers("explain \"\""), "tcp udp sctp\n");
  EXPECT_EQ(offers("explain tcp \"\""), "\n");
  EXPECT_EQ(offers("explain tcp --icmp-error \"\""), "too-big time-exceeded port-unreachable\n");
  EXPECT_EQ(offers("completion \"\""), "bash zsh fish\n");
  EXPECT_EQ(offers("version --cl"), "--client\n");
}

INSTANTIATE_TEST_SUITE_P(Bash, BashCompletion, testing::Values("bash"));

class FishCompletion : public Completion {
 protected:
  // What fish offers at the end of `line`, without descriptions.
  std::string offers(const std::string& line) const {
    return shell("source $argv[1]; for offer in (complete -C \"porticoctl " + line +
                 "\"); string split -f1 \\t -- $offer; end; true");
  }
};

TEST_P(FishCompletion, OffersCommandsOptionsAndValues) {
  EXPECT_EQ(offers(""), "completion\ndelete\nexplain\nget\nhelp\nversion\n");
  EXPECT_EQ(offers("-o json get s"), "services\nsnat\nstages\nstatus\n");
  EXPECT_EQ(offers("get connections --client-"), "--client-port\n");
  EXPECT_EQ(offers("get connections --family "), "ipv4\nipv6\n");
  EXPECT_EQ(offers("get ports -o "), "json\ntable\nwide\n");
  EXPECT_EQ(offers("completion "), "bash\nfish\nzsh\n");
}

INSTANTIATE_TEST_SUITE_P(Fish, FishCompletion, testing::Values("fish"));

TEST(Help, IsACommandToo) {
  EXPECT_EQ(porticoctl("help").out, porticoctl("--help").out);
  EXPECT_EQ(porticoctl("help get drops").out, porticoctl("get drops --help").out);
  EXPECT_EQ(porticoctl("help get svc").out, porticoctl("get services --help").out);
  const Result wrong = porticoctl("help get nonsense");
  EXPECT_EQ(wrong.code, 2);
  EXPECT_NE(wrong.error.find("there is no command \"get nonsense\""), std::string::npos);
}

TEST(UsageErrors, CutAndEscapeWhatTheyRepeat) {
  const Result result = porticoctl("get drops \xff\x1b[2J" + std::string(1'000'000, 'x'));
  EXPECT_EQ(result.code, 2);
  EXPECT_LT(result.error.size(), 1000u);
  EXPECT_NE(result.error.find(R"("\xff\x1b[2Jxxx)"), std::string::npos) << result.error;
}

}  // namespace
}  // namespace portico::cli
