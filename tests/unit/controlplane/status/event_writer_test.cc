#include "controlplane/status/event_writer.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controlplane/watch/slice_conversion.h"
#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "microhttpd.h"
#include "prometheus/text_serializer.h"

namespace portico {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

// An API server, as far as Events go.
class FakeServer {
 public:
  FakeServer() {
    daemon_ = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, nullptr, nullptr, on_request,
                               this, MHD_OPTION_END);
  }
  ~FakeServer() { MHD_stop_daemon(daemon_); }

  std::string url() const {
    return absl::StrCat("http://127.0.0.1:",
                        MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT)->port);
  }
  // "POST /path token body" of each, once there are so many.
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    condition_.wait_for(lock, std::chrono::seconds(60), [&] { return seen_.size() >= count; });
    return seen_;
  }
  // To the next ones alone; 201 to all others.
  void answer_first(std::vector<unsigned> statuses) {
    const std::lock_guard lock(mutex_);
    first_ = std::move(statuses);
  }

 private:
  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* path,
                               const char* method, const char*, const char* body, std::size_t* size,
                               void** state) {
    auto* server = static_cast<FakeServer*>(self);
    if (*state == nullptr) {
      *state = new std::string;
      return MHD_YES;
    }
    auto* text = static_cast<std::string*>(*state);
    if (*size != 0) {
      text->append(body, *size);
      *size = 0;
      return MHD_YES;
    }
    const char* token = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    unsigned status = MHD_HTTP_CREATED;
    {
      const std::lock_guard lock(server->mutex_);
      if (!server->first_.empty()) {
        status = server->first_.front();
        server->first_.erase(server->first_.begin());
      }
      server->seen_.push_back(
          absl::StrCat(method, " ", path, " ", token == nullptr ? "" : token, " ", *text));
      server->condition_.notify_all();
    }
    delete text;
    MHD_Response* response = MHD_create_response_from_buffer(0, nullptr, MHD_RESPMEM_PERSISTENT);
    const MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
  }

  MHD_Daemon* daemon_ = nullptr;
  std::mutex mutex_;
  std::condition_variable condition_;
  std::vector<std::string> seen_;
  std::vector<unsigned> first_;
};

ObjectUpdate update_with(const std::vector<std::string>& names) {
  ObjectUpdate update;
  for (const std::string& name : names) {
    auto service = std::make_shared<Sourced<kubernetes::Service>>();
    service->message.mutable_metadata()->set_namespace_("shop");
    service->message.mutable_metadata()->set_name(name);
    service->message.mutable_metadata()->set_uid("uid-" + name);
    service->message.mutable_spec()->set_cluster_ip("10.0.0.300");
    service->message.mutable_spec()->add_ports()->set_port(80);
    update.services.set.push_back(service);
  }
  return update;
}

AccessConfig access_to(const FakeServer& server) {
  AccessConfig access;
  access.name = "test";
  access.server = server.url();
  access.token.text = "secret";
  return access;
}

TEST(EventWriter, TellsTheClusterWhatIsLeftOut) {
  FakeServer server;
  EventWriter writer(access_to(server));
  writer.start();
  Controller controller({}, FaultPolicy::kLeaveOut, {}, {&writer});
  controller.on_update(update_with({"web"}));
  controller.on_update(update_with({"web"}));  // known already
  controller.on_update(update_with({"db"}));
  const std::vector<std::string> seen = server.wait_for(2);
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_THAT(seen[0], testing::StartsWith("POST /api/v1/namespaces/shop/events Bearer secret {"));
  EXPECT_THAT(seen[0], HasSubstr("10.0.0.300"));
  EXPECT_THAT(seen[0], HasSubstr("uid-web"));
  EXPECT_THAT(seen[1], HasSubstr("uid-db"));
}

TEST(EventWriter, DoesNotMindAServerThatRefuses) {
  FakeServer server;
  server.answer_first({403});
  EventWriter writer(access_to(server));
  writer.start();
  Controller controller({}, FaultPolicy::kLeaveOut, {}, {&writer});
  controller.on_update(update_with({"web", "db"}));
  const std::vector<std::string> seen = server.wait_for(2);
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_THAT(seen[1], HasSubstr("uid-db")) << "the other one is tried no second time";
  EXPECT_EQ(writer.failed(), 1u);
}

// A token or a server that is renewed just then, or too many requests, lose nothing.
TEST(EventWriter, TriesAgainWhatMayBeBetterLater) {
  FakeServer server;
  server.answer_first({401, 429, 500, 503});
  EventWriter writer(access_to(server), std::chrono::milliseconds(1));
  writer.start();
  Controller controller({}, FaultPolicy::kLeaveOut, {}, {&writer});
  controller.on_update(update_with({"web"}));
  controller.on_update(update_with({"web", "db"}));
  const std::vector<std::string> seen = server.wait_for(6);
  ASSERT_THAT(seen, SizeIs(6));
  EXPECT_THAT(seen[4], HasSubstr("uid-web"));
  EXPECT_THAT(seen[5], HasSubstr("uid-db"));
}

TEST(EventWriter, GivesUpAfterSoManyTries) {
  FakeServer server;
  server.answer_first(std::vector<unsigned>(EventWriter::kTries, 503));
  EventWriter writer(access_to(server), std::chrono::milliseconds(1));
  writer.start();
  Controller controller({}, FaultPolicy::kLeaveOut, {}, {&writer});
  controller.on_update(update_with({"web", "db"}));
  EXPECT_THAT(server.wait_for(EventWriter::kTries + 1), SizeIs(EventWriter::kTries + 1));
  EXPECT_EQ(writer.failed(), 1u);
  const std::string text = prometheus::TextSerializer().Serialize(writer.Collect());
  EXPECT_THAT(text, HasSubstr("portico_controller_events_total{result=\"failed\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("portico_controller_events_total{result=\"left_out\"} 0\n"));
}

TEST(EventWriter, KeepsSoManyAndNoMore) {
  FakeServer server;
  EventWriter writer(access_to(server));
  Controller controller({}, FaultPolicy::kLeaveOut, {}, {&writer});
  std::vector<std::string> names;
  for (std::size_t i = 0; i < EventWriter::kMaxWaiting + 5; ++i) {
    names.push_back(absl::StrCat("s", i));
  }
  controller.on_update(update_with(names));
  EXPECT_EQ(writer.left_out(), 5u);
}

// `kubectl describe` asks for Events by the kind, name and uid of what the server has.
TEST(EventAbout, NamesTheObjectOfTheServer) {
  const auto words = [](const std::string& kind, const kubernetes::ObjectMeta& metadata) {
    const ObjectEvent event = event_about(kind, metadata, "");
    return absl::StrCat(event.api_version, " ", event.kind, " ", event.name, " ", event.uid);
  };
  kubernetes::ObjectMeta metadata;
  metadata.set_name("web");
  metadata.set_uid("uid-1");
  EXPECT_EQ(words("Service", metadata), "v1 Service web uid-1");
  EXPECT_EQ(words("EndpointSlice", metadata), "discovery.k8s.io/v1 EndpointSlice web uid-1");
  kubernetes::EndpointSliceV1beta1 older;
  *older.mutable_metadata() = metadata;
  EXPECT_EQ(words("EndpointSlice", from_v1beta1(older).metadata()),
            "discovery.k8s.io/v1beta1 EndpointSlice web uid-1");
  kubernetes::Endpoints endpoints;
  *endpoints.mutable_metadata() = metadata;
  endpoints.add_subsets()->add_addresses()->set_ip("10.0.0.1");
  EXPECT_EQ(words("EndpointSlice", from_endpoints(endpoints)[0].metadata()),
            "v1 Endpoints web uid-1");
}

// The fields that ValidateEvent (pkg/apis/core/validation/events.go) asks for.
TEST(EventJson, IsAnEventOfTheObject) {
  const ObjectEvent event{"v1",       "Node",  "",
                          "worker-1", "uid-1", "is \"bad\"\n" + std::string(5000, 'x')};
  EXPECT_EQ(event_path(event), "/api/v1/namespaces/default/events");
  google::protobuf::Struct json;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(
                  event_json(event, absl::FromUnixSeconds(1769860800)), &json)
                  .ok());
  const auto& fields = json.fields();
  const auto& involved = fields.at("involvedObject").struct_value().fields();
  EXPECT_EQ(fields.at("metadata").struct_value().fields().at("namespace").string_value(),
            "default");
  EXPECT_EQ(involved.at("kind").string_value(), "Node");
  EXPECT_EQ(involved.at("uid").string_value(), "uid-1");
  EXPECT_FALSE(involved.contains("namespace"));
  EXPECT_EQ(fields.at("type").string_value(), "Warning");
  EXPECT_EQ(fields.at("firstTimestamp").string_value(), "2026-01-31T12:00:00Z");
  EXPECT_LE(fields.at("message").string_value().size(), 1024u);
  EXPECT_THAT(fields.at("message").string_value(), HasSubstr("is \"bad\""));
}

}  // namespace
}  // namespace portico
