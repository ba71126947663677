#include "controlplane/kubernetes/path_watcher.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"

namespace portico {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Events are there when the call that made them returns, so wait() either settles soon or would
// sleep for ever; the latter is told by this long wait.
constexpr milliseconds kNever{10'000};
constexpr milliseconds kQuiet{100};

class PathWatcherTest : public testing::Test {
 protected:
  void watch(const std::string& path) { ASSERT_TRUE(watcher_->watch(path).ok()); }

  // Whether wait() returns within `time`. When not, it goes on waiting in the background until
  // something happens: ask no further.
  bool changes_within(milliseconds time) {
    waiting_ = std::async(std::launch::async, [this] { return watcher_->wait().has_value(); });
    return waiting_.wait_for(time) == std::future_status::ready && waiting_.get();
  }
  bool changes() { return changes_within(kNever); }
  bool stays_quiet() { return !changes_within(kQuiet); }

  ~PathWatcherTest() override { watcher_->stop(); }

  TemporaryFolder folder_;
  std::unique_ptr<PathWatcher> watcher_ = *PathWatcher::create();
  std::future<bool> waiting_;
};

TEST_F(PathWatcherTest, SeesAFileWritten) {
  folder_.write("web.yaml", "a");
  watch(folder_ / "web.yaml");
  folder_.write("web.yaml", "b");
  EXPECT_TRUE(changes());
}

TEST_F(PathWatcherTest, SeesAFileReplacedAgainAndAgain) {
  folder_.write("web.yaml", "a");
  watch(folder_ / "web.yaml");
  for (int i = 0; i < 3; ++i) {
    folder_.write("web.yaml.new", "b");
    fs::rename(folder_ / "web.yaml.new", folder_ / "web.yaml");
    EXPECT_TRUE(changes());
    watch(folder_ / "web.yaml");
  }
}

TEST_F(PathWatcherTest, SeesAFileDeletedAndMadeAgain) {
  folder_.write("web.yaml", "a");
  watch(folder_ / "web.yaml");
  fs::remove(folder_ / "web.yaml");
  EXPECT_TRUE(changes());
  watch(folder_ / "web.yaml");
  folder_.write("web.yaml", "b");
  EXPECT_TRUE(changes());
}

TEST_F(PathWatcherTest, SeesAFileComeToBeDeepDown) {
  const fs::path path = folder_ / "a" / "b" / "web.yaml";
  watch(path);
  fs::create_directories(path.parent_path());
  EXPECT_TRUE(changes());
  watch(path);
  std::ofstream(path) << "a";
  EXPECT_TRUE(changes());
}

TEST_F(PathWatcherTest, SeesTheFilesOfAFolder) {
  watch(folder_.path());
  folder_.write("a.yaml", "a");
  EXPECT_TRUE(changes());
  watch(folder_.path());
  fs::rename(folder_ / "a.yaml", folder_ / "b.yml");
  EXPECT_TRUE(changes());
  watch(folder_.path());
  fs::remove(folder_ / "b.yml");
  EXPECT_TRUE(changes());
}

TEST_F(PathWatcherTest, SeesAFolderReplaced) {
  fs::create_directory(folder_ / "manifests");
  watch(folder_ / "manifests");
  fs::remove(folder_ / "manifests");
  EXPECT_TRUE(changes());
  watch(folder_ / "manifests");
  fs::create_directory(folder_ / "manifests");
  EXPECT_TRUE(changes());
  watch(folder_ / "manifests");
  folder_.write("manifests/a.yaml", "a");
  EXPECT_TRUE(changes());
}

TEST_F(PathWatcherTest, DoesNotCareForOtherFiles) {
  watch(folder_.path());
  folder_.write(".a.yaml.swp", "a");
  folder_.write("notes.txt", "a");
  EXPECT_TRUE(stays_quiet());
}

TEST_F(PathWatcherTest, DoesNotCareForTheNeighborsOfAFile) {
  folder_.write("web.yaml", "a");
  watch(folder_ / "web.yaml");
  folder_.write("other.yaml", "a");
  EXPECT_TRUE(stays_quiet());
}

// As the kubelet writes a ConfigMap volume (k8s.io/kubernetes/pkg/volume/util/atomic_writer.go):
// web.yaml -> ..data/web.yaml, ..data -> ..TIME, and an update renames a new ..data over the old
// one.
TEST_F(PathWatcherTest, SeesAConfigMapVolumeChange) {
  const auto make_version = [&](const std::string& version) {
    fs::create_directory(folder_ / version);
    folder_.write(version + "/web.yaml", version);
  };
  make_version("..1");
  fs::create_symlink("..1", folder_ / "..data");
  fs::create_symlink("..data/web.yaml", folder_ / "web.yaml");
  watch(folder_.path());
  for (const std::string& version : {std::string("..2"), std::string("..3")}) {
    make_version(version);
    fs::create_symlink(version, folder_ / "..data_tmp");
    fs::rename(folder_ / "..data_tmp", folder_ / "..data");
    EXPECT_TRUE(changes());
    watch(folder_.path());
  }
}

TEST_F(PathWatcherTest, SeesWhatALinkLeadsToChange) {
  fs::create_directory(folder_ / "store");
  fs::create_directory(folder_ / "manifests");
  folder_.write("store/web.yaml", "a");
  fs::create_symlink(folder_ / "store" / "web.yaml", folder_ / "manifests" / "web.yaml");
  watch(folder_ / "manifests");
  folder_.write("store/web.yaml", "b");
  EXPECT_TRUE(changes());
}

TEST_F(PathWatcherTest, SeesALinkOnTheWayReplaced) {
  for (const char* name : {"1", "2"}) {
    fs::create_directory(folder_ / name);
    folder_.write(std::string(name) + "/web.yaml", name);
  }
  fs::create_symlink("../" + folder_.path().filename().string() + "/1", folder_ / "current");
  watch(folder_ / "current" / "web.yaml");
  fs::create_symlink("2", folder_ / "next");
  fs::rename(folder_ / "next", folder_ / "current");
  EXPECT_TRUE(changes());
}

TEST_F(PathWatcherTest, SurvivesALoopOfLinks) {
  fs::create_symlink("b", folder_ / "a");
  fs::create_symlink("a", folder_ / "b");
  watch(folder_ / "a");
  fs::remove(folder_ / "b");
  EXPECT_TRUE(changes());
}

TEST_F(PathWatcherTest, WaitsForAWriterToClose) {
  folder_.write("web.yaml", "a");
  watch(folder_ / "web.yaml");
  std::ofstream writer(folder_ / "web.yaml");  // truncates
  writer << "half of it" << std::flush;
  auto waiting = std::async(std::launch::async, [this] { return watcher_->wait().has_value(); });
  // Settled it would be after 20 ms; with the writer at work it is not.
  EXPECT_EQ(waiting.wait_for(kQuiet), std::future_status::timeout);
  const auto closed = steady_clock::now();
  writer.close();
  EXPECT_TRUE(waiting.get());
  EXPECT_LT(steady_clock::now() - closed, PathWatcher::kWriterPause);
}

TEST_F(PathWatcherTest, WaitsForTheContentsOfANewFile) {
  watch(folder_ / "web.yaml");
  std::ofstream writer(folder_ / "web.yaml");
  auto waiting = std::async(std::launch::async, [this] { return watcher_->wait().has_value(); });
  EXPECT_EQ(waiting.wait_for(kQuiet), std::future_status::timeout);
  writer.close();
  EXPECT_TRUE(waiting.get());
}

TEST_F(PathWatcherTest, LosesPatienceWithAWriterThatNeverCloses) {
  folder_.write("web.yaml", "a");
  watch(folder_ / "web.yaml");
  std::ofstream writer(folder_ / "web.yaml");
  writer << "b" << std::flush;
  EXPECT_TRUE(changes());
}

TEST_F(PathWatcherTest, TellsWhenTheFirstChangeWasNoticed) {
  folder_.write("web.yaml", "a");
  watch(folder_ / "web.yaml");
  const auto before = steady_clock::now();
  folder_.write("web.yaml", "b");
  const auto noticed = watcher_->wait();
  ASSERT_TRUE(noticed.has_value());
  EXPECT_GE(*noticed, before);
  EXPECT_GE(steady_clock::now() - *noticed, PathWatcher::kSettle);
}

TEST_F(PathWatcherTest, IsStopped) {
  watch(folder_.path());
  auto waiting = std::async(std::launch::async, [this] { return watcher_->wait().has_value(); });
  watcher_->stop();
  EXPECT_FALSE(waiting.get());
  EXPECT_FALSE(watcher_->wait().has_value());
}

}  // namespace
}  // namespace portico
