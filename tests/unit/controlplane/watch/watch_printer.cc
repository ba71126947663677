// What a ClusterSource hands on, for a test in another language.
//
// usage: watch_printer URL [TOKEN_FILE]
//
// Prints a line of JSON for each update, and for each line of standard input one with statistics;
// ends with the input. Logs go to standard error.

#include <cstdio>
#include <iostream>
#include <mutex>
#include <string>

#include "absl/strings/str_cat.h"
#include "controlplane/watch/cluster_source.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"

namespace portico {
namespace {

std::string to_json(const google::protobuf::Message& message) {
  std::string text;
  return google::protobuf::util::MessageToJsonString(message, &text).ok() ? text : "null";
}

void print(const std::string& line) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

template <typename Message>
std::string kind_to_json(const KindUpdate<Message>& update) {
  std::string set, deleted;
  for (const auto& object : update.set) {
    absl::StrAppend(&set, set.empty() ? "" : ",", "\"", key_of(object->message.metadata()),
                    "\":", to_json(object->message));
  }
  for (const ObjectKey& key : update.deleted) {
    absl::StrAppend(&deleted, deleted.empty() ? "" : ",", "\"", key, "\"");
  }
  return absl::StrCat("{\"set\":{", set, "},\"deleted\":[", deleted, "]}");
}

class Printer : public ObjectListener {
 public:
  void on_update(const ObjectUpdate& update) override {
    const auto age = std::chrono::steady_clock::now() - update.changed_at;
    print(absl::StrCat("{\"reset\":", update.reset ? "true" : "false",
                       ",\"age\":", std::chrono::duration<double>(age).count(),
                       ",\"services\":", kind_to_json(update.services),
                       ",\"slices\":", kind_to_json(update.endpoint_slices),
                       ",\"nodes\":", kind_to_json(update.nodes), "}"));
  }
  void on_faults(const std::vector<ObjectFault>&) override {}
};

std::string to_json(const WatchStatistics& statistics) {
  google::protobuf::Value error;
  error.set_string_value(statistics.last_error);
  const auto flag = [](bool value) { return value ? "true" : "false"; };
  return absl::StrCat("{\"synced\":", flag(statistics.synced), ",\"objects\":", statistics.objects,
                      ",\"events\":", statistics.added + statistics.modified + statistics.deleted,
                      ",\"lists\":", statistics.lists, ",\"watches\":", statistics.watches,
                      ",\"decode_errors\":", statistics.decode_errors,
                      ",\"emptied\":", statistics.emptied,
                      ",\"watching\":", flag(statistics.watching_since.has_value()),
                      ",\"last_error\":", to_json(error), "}");
}

int run(const std::string& url, const std::string& token_file) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("watch_printer"));
  AccessConfig access;
  access.name = "the test's server";
  access.server = url;
  if (!token_file.empty()) access.token = {.text = "", .file = token_file, .where = "token"};
  ClusterSource source(access);
  Printer printer;
  if (!source.start(&printer).ok()) return 1;
  for (std::string line; std::getline(std::cin, line);) {
    const ClusterStatistics statistics = source.statistics();
    print(absl::StrCat("{\"ready\":", statistics.ready ? "true" : "false", ",\"endpoint_api\":\"",
                       statistics.endpoint_api, "\",\"updates\":", statistics.updates,
                       ",\"services\":", to_json(statistics.services),
                       ",\"endpoints\":", to_json(statistics.endpoints),
                       ",\"nodes\":", to_json(statistics.nodes), "}"));
  }
  source.stop();
  return 0;
}

}  // namespace
}  // namespace portico

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  return portico::run(argv[1], argc > 2 ? argv[2] : "");
}
