#include "controlplane/controller/log.h"

#include <chrono>
#include <string>

#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "spdlog/details/log_msg.h"

namespace portico {
namespace {

std::string formatted(const std::string& message) {
  const spdlog::log_clock::time_point time{std::chrono::milliseconds(1769860800250)};
  const spdlog::details::log_msg line(time, {}, "test", spdlog::level::warn, message);
  spdlog::memory_buf_t out;
  json_formatter()->clone()->format(line, out);
  return {out.data(), out.size()};
}

TEST(JsonFormatter, MakesAnObjectOfEachLine) {
  EXPECT_EQ(
      formatted("hello"),
      "{\"time\":\"2026-01-31T12:00:00.250Z\",\"level\":\"warning\",\"message\":\"hello\"}\n");
}

TEST(JsonFormatter, EscapesWhatAMessageHolds) {
  const std::string message = "a \"b\" \\ \n \x01 \xc3\xa9 {}";
  const std::string text = formatted(message);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  google::protobuf::Struct object;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(text, &object).ok()) << text;
  EXPECT_EQ(object.fields().at("message").string_value(), message);
  EXPECT_EQ(formatted("\xff").back(), '\n');
}

}  // namespace
}  // namespace portico
