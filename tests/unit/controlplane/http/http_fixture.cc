#include "tests/unit/controlplane/http/http_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace portico {
namespace {

std::string read_line(int fd) {
  std::string line;
  for (char c = 0; ::read(fd, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

}  // namespace

ServerProcess::ServerProcess(const std::vector<std::string>& arguments) {
  int input[2], output[2];
  EXPECT_EQ(::pipe2(input, O_CLOEXEC), 0);
  EXPECT_EQ(::pipe2(output, O_CLOEXEC), 0);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], 0);
  posix_spawn_file_actions_adddup2(&actions, output[1], 1);
  EXPECT_EQ(::posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  ::close(input[0]);
  ::close(output[1]);
  input_ = input[1];
  EXPECT_TRUE(absl::SimpleAtoi(read_line(output[0]), &port_)) << "the server did not start";
  ::close(output[0]);
}

ServerProcess::~ServerProcess() {
  ::close(input_);
  ::waitpid(pid_, nullptr, 0);
}

std::string Recorder::fact(const std::string& name) const {
  for (absl::string_view line : absl::StrSplit(body, '\n')) {
    if (absl::ConsumePrefix(&line, name + " ")) return std::string(line);
  }
  return "";
}

HttpTest::HttpTest() {
  file("server.pem", identity_.certificate);
  file("server.key", identity_.key);
}

std::string HttpTest::file(const std::string& name, const std::string& text) {
  folder_.write(name, text);
  return folder_ / name;
}

std::unique_ptr<ServerProcess> HttpTest::serve(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"/usr/bin/python3", HTTP_SERVER});
  return std::make_unique<ServerProcess>(arguments);
}

std::unique_ptr<ServerProcess> HttpTest::serve_tls(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--tls", folder_ / "server.pem", folder_ / "server.key"});
  return serve(std::move(arguments));
}

HttpSettings HttpTest::settings() const {
  HttpSettings settings;
  settings.ca = ca_.certificate;
  return settings;
}

Recorder HttpTest::fetch(HttpClient* client, const HttpRequest& request) {
  Recorder recorder;
  client->start(request, &recorder);
  EXPECT_TRUE(run_until(client, [&] { return recorder.end.has_value(); })) << request.url;
  return recorder;
}

Recorder HttpTest::fetch(const HttpSettings& settings, const std::string& url) {
  HttpClient client(settings);
  return fetch(&client, {.url = url});
}

}  // namespace portico
