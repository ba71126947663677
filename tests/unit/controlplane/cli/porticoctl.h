#pragma once

// porticoctl as the tests run it.

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "controlplane/cli/run.h"
#include "tests/unit/controlplane/cli/fake_gateway.h"

namespace portico::cli {

struct Result {
  int code = 0;
  std::string out;
  std::string error;
};

// `line` without the program's name; words are separated by single blanks.
inline Result porticoctl(absl::string_view line, const Environment& environment = {}) {
  const std::vector<std::string> arguments = absl::StrSplit(line, ' ', absl::SkipEmpty());
  std::ostringstream out, error;
  const ExitCode code = run(arguments, environment, out, error);
  return {static_cast<int>(code), out.str(), error.str()};
}

// Protobuf's text format; the test fails where it is none.
template <typename Message>
Message message(const std::string& text) {
  Message result;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &result)) << text;
  return result;
}

// Asks a gateway that the test fills.
class PorticoctlTest : public testing::Test {
 protected:
  Result ask(absl::string_view line) {
    Environment with_gateway = environment;
    with_gateway.gateway = gateway.address();
    return porticoctl(line, with_gateway);
  }
  // What it prints; the test fails where the exit status is not 0 or there is an error.
  std::string output(absl::string_view line) {
    const Result result = ask(line);
    EXPECT_EQ(result.code, 0) << line;
    EXPECT_EQ(result.error, "") << line;
    return result.out;
  }

  FakeGateway gateway;
  Environment environment;
};

}  // namespace portico::cli
