#include "controlplane/kubernetes/manifest_source.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"

namespace portico {
namespace {

namespace fs = std::filesystem;

std::string service(const std::string& name) {
  return absl::StrCat("{apiVersion: v1, kind: Service, metadata: {name: ", name, "}}\n---\n");
}

// "Services a b", or "faults ...", of each call.
class Recorder : public ObjectListener {
 public:
  void on_update(const ObjectUpdate& update) override {
    std::string line = update.reset ? "Services" : "differences";
    for (const auto& object : update.services.set) {
      absl::StrAppend(&line, " ", object->message.metadata().name());
    }
    record(line);
  }
  void on_faults(const std::vector<ObjectFault>& faults) override {
    std::string line = "faults";
    for (const ObjectFault& fault : faults) absl::StrAppend(&line, "; ", fault.to_string());
    record(line);
  }

  std::string next() {
    std::unique_lock lock(mutex_);
    if (!condition_.wait_for(lock, std::chrono::seconds(10), [&] { return !calls_.empty(); })) {
      return "nothing";
    }
    std::string call = std::move(calls_.front());
    calls_.pop_front();
    return call;
  }

 private:
  void record(const std::string& call) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
    condition_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable condition_;
  std::deque<std::string> calls_;
};

class ManifestSourceTest : public testing::Test {
 protected:
  void start(const std::string& path) {
    source_ = std::make_unique<ManifestSource>(path);
    ASSERT_TRUE(source_->start(&recorder_).ok());
  }
  // In one step, as editors do.
  void replace(const std::string& name, const std::string& text) {
    folder_.write("new", text);
    fs::rename(folder_ / "new", folder_ / name);
  }

  TemporaryFolder folder_;
  Recorder recorder_;
  std::unique_ptr<ManifestSource> source_;
};

TEST_F(ManifestSourceTest, HandsOnWhatIsThereAndEveryChange) {
  folder_.write("a.yaml", service("a"));
  start(folder_.path());
  EXPECT_EQ(recorder_.next(), "Services a");
  folder_.write("b.yaml", service("b"));
  EXPECT_EQ(recorder_.next(), "Services a b");
  replace("a.yaml", service("a2"));
  EXPECT_EQ(recorder_.next(), "Services a2 b");
  fs::remove(folder_ / "a.yaml");
  EXPECT_EQ(recorder_.next(), "Services b");
  fs::remove(folder_ / "b.yaml");
  EXPECT_EQ(recorder_.next(), "Services");
}

TEST_F(ManifestSourceTest, RefusesABadSetAsAWhole) {
  folder_.write("a.yaml", service("a"));
  start(folder_.path());
  EXPECT_EQ(recorder_.next(), "Services a");
  replace("b.yaml", service("b") + "kind: [");
  EXPECT_THAT(recorder_.next(), testing::StartsWith("faults; " + (folder_ / "b.yaml").string()));
  replace("b.yaml", service("b"));
  EXPECT_EQ(recorder_.next(), "Services a b");
}

TEST_F(ManifestSourceTest, DoesNotTakeAMissingPathForNoObjects) {
  start(folder_ / "web.yaml");
  const std::string missing =
      absl::StrCat("faults; ", (folder_ / "web.yaml").string(), ": No such file or directory");
  EXPECT_EQ(recorder_.next(), missing);
  replace("web.yaml", service("a"));
  EXPECT_EQ(recorder_.next(), "Services a");
  fs::remove(folder_ / "web.yaml");
  EXPECT_EQ(recorder_.next(), missing);
  replace("web.yaml", service("b"));
  EXPECT_EQ(recorder_.next(), "Services b");
}

TEST_F(ManifestSourceTest, NamesAFileThatCannotBeRead) {
  fs::create_symlink("nowhere", folder_ / "a.yaml");
  start(folder_.path());
  EXPECT_EQ(recorder_.next(),
            absl::StrCat("faults; ", (folder_ / "a.yaml").string(), ": No such file or directory"));
}

TEST_F(ManifestSourceTest, TakesSeveralChangesAtOnce) {
  start(folder_.path());
  EXPECT_EQ(recorder_.next(), "Services");
  std::string all = "Services";
  for (int i = 0; i < 20; ++i) {
    replace(absl::StrCat("s", 10 + i, ".yaml"), service(absl::StrCat("s", 10 + i)));
    absl::StrAppend(&all, " s", 10 + i);
  }
  std::string last;
  while (last != all && last != "nothing") last = recorder_.next();
  EXPECT_EQ(last, all);
}

TEST_F(ManifestSourceTest, IsStoppedAtAnyTime) {
  ManifestSource(folder_.path()).stop();
  start(folder_.path());
  source_->stop();
  source_->stop();
}

}  // namespace
}  // namespace portico
