#include "controlplane/kubernetes/manifest_files.h"

#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"

namespace portico {
namespace {

using testing::ElementsAre;

TEST(IsManifestName, KnowsYaml) {
  EXPECT_TRUE(is_manifest_name("web.yaml"));
  EXPECT_TRUE(is_manifest_name("web.yml"));
  // Editors' files, a ConfigMap volume's link, and what is no YAML.
  for (const char* name : {"web.yaml~", ".web.yaml.swp", ".#web.yaml", "..data", "web.json", ""}) {
    EXPECT_FALSE(is_manifest_name(name)) << name;
  }
}

TEST(ListManifestFiles, SortsAFoldersFiles) {
  const TemporaryFolder folder;
  for (const char* name : {"b.yaml", "a.yml", "c.txt", ".d.yaml"}) folder.write(name, "");
  std::filesystem::create_directory(folder / "sub");
  EXPECT_THAT(*list_manifest_files(folder.path()),
              ElementsAre((folder / "a.yml").string(), (folder / "b.yaml").string()));
}

TEST(ListManifestFiles, TakesAFileWhateverItsName) {
  const TemporaryFolder folder;
  folder.write("objects", "");
  EXPECT_THAT(*list_manifest_files(folder / "objects"), ElementsAre((folder / "objects").string()));
}

TEST(ListManifestFiles, NamesAPathThatIsNotThere) {
  const auto files = list_manifest_files("/nowhere/web.yaml");
  ASSERT_FALSE(files.ok());
  EXPECT_EQ(files.status().message(), "/nowhere/web.yaml: No such file or directory");
}

}  // namespace
}  // namespace portico
