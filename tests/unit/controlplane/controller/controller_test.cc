#include "controlplane/controller/controller.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controlplane/kubernetes/manifest_source.h"
#include "controlplane/kubernetes/path_watcher.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/controlplane/push/fake_gateway.h"

namespace portico {
namespace {

using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kService[] =
    "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: 10.0.0.1, ports: "
    "[{port: 80}]}}\n---\n";

std::string slice(const std::string& addresses) {
  std::string endpoints;
  for (const char* last : {"3", "4"}) {
    if (addresses.find(last) == std::string::npos) continue;
    absl::StrAppend(&endpoints, "{addresses: [192.168.1.", last, "]},");
  }
  return absl::StrCat(
      "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: web-1,",
      " labels: {kubernetes.io/service-name: web}}, addressType: IPv4, ports: ",
      "[{port: 8080}], endpoints: [", endpoints, "]}");
}

class Faults : public ControllerObserver {
 public:
  void on_update(const ObjectUpdate&, const Translator&) override { ++updates; }
  void on_revision(const Revision&) override { ++revisions; }
  void on_left_out(const std::vector<ObjectFault>& faults, const Translator&) override {
    for (const ObjectFault& fault : faults) objects.push_back(fault.object);
  }

  std::vector<std::string> objects;
  int updates = 0, revisions = 0;
};

// Manifest files, the source, the translation, the client and a gateway, all but the real one.
class ControllerTest : public testing::Test {
 protected:
  void start() {
    const std::string target = absl::StrCat("unix:", (folder_ / "gateway.sock").string());
    gateway_.start(target);
    client_ = std::make_unique<PushClient>(
        PushOptions{.target = target, .source = "manifests", .user_agent = ""});
    client_->start();
    controller_ = std::make_unique<Controller>(TranslateOptions{}, FaultPolicy::kRefuseAll,
                                               std::vector<PushClient*>{client_.get()});
    source_ = std::make_unique<ManifestSource>(folder_ / "manifests");
    ASSERT_TRUE(source_->start(controller_.get()).ok());
  }
  void write(const std::string& text) {
    std::filesystem::create_directories(folder_ / "manifests");
    folder_.write("new", text);
    std::filesystem::rename(folder_ / "new", folder_ / "manifests" / "web.yaml");
  }

  TemporaryFolder folder_;
  FakeGateway gateway_;
  std::unique_ptr<PushClient> client_;
  std::unique_ptr<Controller> controller_;
  std::unique_ptr<ManifestSource> source_;
};

TEST_F(ControllerTest, BringsManifestsToTheGatewayAndEveryChange) {
  write(kService + slice("34"));
  start();
  ASSERT_TRUE(client_->wait_for(1));
  EXPECT_THAT(gateway_.objects(),
              ElementsAre("endpoint default/web 192.168.1.3", "endpoint default/web 192.168.1.4",
                          "service default/web"));
  gateway_.take_log();
  const auto changed = steady_clock::now();
  write(kService + slice("3"));
  ASSERT_TRUE(client_->wait_for(2));
  // About 25 ms on an idle machine. A change that came whole waits for no writer.
  EXPECT_LT(steady_clock::now() - changed, PathWatcher::kWriterPause);
  EXPECT_THAT(gateway_.take_log(),
              ElementsAre("delete endpoint default/web 192.168.1.4", "sync 2"));
}

TEST_F(ControllerTest, KeepsWhatRunsWhenManifestsAreBad) {
  write(kService + slice("3"));
  start();
  ASSERT_TRUE(client_->wait_for(1));
  gateway_.take_log();
  write(kService + slice("4").replace(0, 1, "{{"));                // no YAML
  write(absl::StrCat(kService, slice("4"), "\n---\n", kService));  // an object twice
  write(absl::StrCat("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: ",
                     "10.0.0.1, ports: [{port: 0}]}}"));
  write(kService + slice("4"));
  ASSERT_TRUE(client_->wait_for(2));
  EXPECT_THAT(gateway_.take_log(), ElementsAre("delete endpoint default/web 192.168.1.3",
                                               "set endpoint default/web 192.168.1.4", "sync 2"));
}

TEST_F(ControllerTest, PushesNothingBeforeManifestsAreGood) {
  write("kind: [");
  start();
  ASSERT_TRUE(gateway_.wait_for_open_streams(1));
  write(kService);
  ASSERT_TRUE(client_->wait_for(1));
  EXPECT_THAT(gateway_.take_log(),
              ElementsAre("open manifests", "reset", "set service default/web", "sync 1"));
}

TEST_F(ControllerTest, DeletesAllWhenAllManifestsAreGone) {
  write(kService + slice("3"));
  start();
  ASSERT_TRUE(client_->wait_for(1));
  std::filesystem::remove(folder_ / "manifests" / "web.yaml");
  ASSERT_TRUE(client_->wait_for(2));
  EXPECT_THAT(gateway_.objects(), IsEmpty());
}

// A cluster's objects are its users' affair: one that is bad does not hold up the others.
TEST_F(ControllerTest, LeavesOutWhatHasAFaultInACluster) {
  write("");
  start();
  ASSERT_TRUE(client_->wait_for(1));
  source_->stop();
  Faults told;
  Controller controller({}, FaultPolicy::kLeaveOut, {client_.get()}, {&told});
  const auto service = [](const std::string& name, const std::string& address) {
    auto made = std::make_shared<Sourced<kubernetes::Service>>();
    made->message.mutable_metadata()->set_namespace_("default");
    made->message.mutable_metadata()->set_name(name);
    made->message.mutable_spec()->set_cluster_ip(address);
    made->message.mutable_spec()->add_ports()->set_port(80);
    return made;
  };
  ObjectUpdate update;
  update.reset = true;
  update.services.set = {service("bad", "10.0.0.300"), service("web", "10.0.0.1")};
  controller.on_update(update);
  update.reset = false;
  update.services.set = {service("db", "10.0.0.2")};
  controller.on_update(update);
  controller.on_update(update);  // no change, so no revision
  EXPECT_EQ(controller.revision(), 2u);
  ASSERT_TRUE(client_->wait_for(2));
  EXPECT_THAT(gateway_.objects(), ElementsAre("service default/db", "service default/web"));
  EXPECT_THAT(told.objects, ElementsAre("Service default/bad"));
  EXPECT_EQ(told.updates, 3);
  EXPECT_EQ(told.revisions, 2);
}

}  // namespace
}  // namespace portico
