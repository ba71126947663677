// Runs every conversation file in each family and protocol it wants.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "tests/support/eal_environment.h"
#include "tests/support/packet/conversation.h"

namespace portico {
namespace {

class ConversationTest : public testing::Test {
 public:
  ConversationTest(std::string file, std::string text, Family family, Protocol protocol)
      : file_(std::move(file)), text_(std::move(text)), family_(family), protocol_(protocol) {}

  void TestBody() override { Conversation(file_, text_, family_, protocol_).run(); }

 private:
  const std::string file_, text_;
  const Family family_;
  const Protocol protocol_;
};

void register_file(const std::filesystem::path& path) {
  std::ifstream stream(path);
  std::stringstream text;
  text << stream.rdbuf();
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    for (const Protocol protocol : {Protocol::kTcp, Protocol::kUdp, Protocol::kSctp}) {
      if (!Conversation::wants(text.str(), family, protocol)) continue;
      const std::string name = path.stem().string() +
                               (family == Family::kIpv4 ? "_ipv4_" : "_ipv6_") +
                               absl::AsciiStrToLower(to_string(protocol));
      testing::RegisterTest("Conversation", name.c_str(), nullptr, nullptr, path.c_str(), 1,
                            [=, text = text.str()]() -> testing::Test* {
                              return new ConversationTest(path.string(), text, family, protocol);
                            });
    }
  }
}

}  // namespace
}  // namespace portico

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(PORTICO_CONVERSATIONS)) {
    if (entry.path().extension() == ".conv") portico::register_file(entry.path());
  }
  return RUN_ALL_TESTS();
}
