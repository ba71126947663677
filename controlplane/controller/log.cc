#include "controlplane/controller/log.h"

#include "absl/time/time.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"

namespace portico {
namespace {

// Protobuf's writer knows how to escape a text.
std::string quoted(const std::string& text) {
  google::protobuf::Value value;
  value.set_string_value(text);
  std::string json;
  const auto written = google::protobuf::util::MessageToJsonString(value, &json);
  return written.ok() ? json : "\"(no UTF-8)\"";
}

class JsonFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& line, spdlog::memory_buf_t& out) override {
    const auto level = spdlog::level::to_string_view(line.level);
    const std::string time =
        absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromChrono(line.time), absl::UTCTimeZone());
    const std::string text =
        "{\"time\":\"" + time + "\",\"level\":\"" + std::string(level.data(), level.size()) +
        "\",\"message\":" + quoted(std::string(line.payload.data(), line.payload.size())) + "}\n";
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }
};

}  // namespace

std::unique_ptr<spdlog::formatter> json_formatter() {
  return std::make_unique<JsonFormatter>();
}

void start_log(const std::string& level, LogFormat format) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("portico-controller"));
  if (format == LogFormat::kJson) {
    spdlog::set_formatter(json_formatter());
  } else {
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
  }
  spdlog::set_level(spdlog::level::from_str(level));
}

}  // namespace portico
