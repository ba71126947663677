#include "controlplane/yaml/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace portico {
namespace {

using testing::HasSubstr;

struct Loaded {
  YamlDocuments documents;
  Faults faults{"f.yaml"};
};

Loaded load(absl::string_view text, const YamlLimits& limits = {}) {
  Loaded loaded;
  loaded.documents = load_yaml(text, limits, &loaded.faults);
  return loaded;
}

TEST(LoadYaml, KeepsKindsTextAndPlaces) {
  const Loaded loaded = load("name: up0\nlist:\n  - 1\n  - \"2\"\nnone: ~\n");
  ASSERT_TRUE(loaded.faults.empty()) << loaded.faults.to_string();
  ASSERT_EQ(loaded.documents.size(), 1u);
  const YamlNode& root = loaded.documents[0];
  EXPECT_EQ(root.text_of("name"), "up0");
  EXPECT_EQ(root.entries[1].key_mark, (YamlMark{2, 1}));
  const YamlNode& list = *root.find("list");
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_FALSE(list.items[0]->quoted);
  EXPECT_TRUE(list.items[1]->quoted);
  EXPECT_EQ(list.items[1]->mark, (YamlMark{4, 5}));
  EXPECT_TRUE(root.find("none")->is_null());
  EXPECT_EQ(root.find("absent"), nullptr);
}

TEST(LoadYaml, CountsLinesThroughAllDocuments) {
  const Loaded loaded = load("---\na: 1\n---\n# nothing\n---\r\nb: 2\n...\n---\nc: 3\n");
  ASSERT_TRUE(loaded.faults.empty()) << loaded.faults.to_string();
  ASSERT_EQ(loaded.documents.size(), 3u);
  EXPECT_EQ(loaded.documents[0].entries[0].key_mark.line, 2);
  EXPECT_EQ(loaded.documents[1].entries[0].key_mark.line, 6);
  EXPECT_EQ(loaded.documents[2].entries[0].key_mark.line, 9);
}

TEST(LoadYaml, NothingIsNoDocument) {
  for (const absl::string_view text : {"", "\n\n", "# a comment\n", "---\n---\n", "~"}) {
    const Loaded loaded = load(text);
    EXPECT_TRUE(loaded.faults.empty()) << text << loaded.faults.to_string();
    EXPECT_EQ(loaded.documents.size(), 0u) << text;
  }
}

TEST(LoadYaml, SyntaxErrorsHaveTheirLineAndLeaveEarlierDocuments) {
  const Loaded loaded = load("a: 1\n---\nb: [1, 2\nc: 3\n");
  EXPECT_EQ(loaded.documents.size(), 1u);
  ASSERT_EQ(loaded.faults.count(), 1u);
  EXPECT_GE(loaded.faults.kept()[0].mark.line, 3);
}

TEST(LoadYaml, RefusesAKeyThatIsTwiceThere) {
  const Loaded loaded = load("a: 1\nb:\n  x: 1\n  y: 2\n  x: 3\n");
  ASSERT_EQ(loaded.faults.count(), 1u);
  EXPECT_EQ(loaded.faults.to_string(), "f.yaml:5: \"x\" is twice in this mapping");
}

TEST(LoadYaml, RefusesKeysThatAreNoTextAndMergeKeys) {
  EXPECT_THAT(load("? [1, 2]\n: x\n").faults.to_string(), HasSubstr("a key must be text"));
  EXPECT_THAT(load("~: x\n").faults.to_string(), HasSubstr("a key must be text"));
  EXPECT_THAT(load("a: &a {x: 1}\nb:\n  <<: *a\n").faults.to_string(),
              HasSubstr("f.yaml:3: merge keys"));
}

TEST(LoadYaml, AliasesStandForTheirAnchor) {
  const Loaded loaded = load("a: &one [1, 2]\nb: *one\n");
  ASSERT_TRUE(loaded.faults.empty()) << loaded.faults.to_string();
  EXPECT_EQ(loaded.documents[0].find("a"), loaded.documents[0].find("b"));
}

TEST(LoadYaml, RefusesAnAliasOfItself) {
  EXPECT_THAT(load("a: &one [1, *one]\n").faults.to_string(), HasSubstr("within its own anchor"));
}

TEST(LoadYaml, RefusesABillionLaughs) {
  std::string text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 10; ++i) {
    absl::StrAppend(&text, "a", i, ": &a", i, " [");
    for (int j = 0; j < 9; ++j) absl::StrAppend(&text, "*a", i - 1, ",");
    absl::StrAppend(&text, "]\n");
  }
  EXPECT_THAT(load(text).faults.to_string(), HasSubstr("more than 4000000 values"));
}

TEST(LoadYaml, CountsAliasesExactly) {
  // 1 map + 2 keys + list of 3 (4) + alias (4) = 11.
  const absl::string_view text = "a: &a [1, 2, 3]\nb: *a\n";
  YamlLimits limits;
  limits.nodes = 11;
  EXPECT_TRUE(load(text, limits).faults.empty());
  limits.nodes = 10;
  EXPECT_FALSE(load(text, limits).faults.empty());
}

TEST(LoadYaml, BoundsTheDepthAlsoThroughAliases) {
  YamlLimits limits;
  limits.depth = 3;
  EXPECT_TRUE(load("[[1]]", limits).faults.empty());
  EXPECT_THAT(load("[[[1]]]", limits).faults.to_string(), HasSubstr("more than 3 levels"));
  EXPECT_TRUE(load("[&a [1], *a]", limits).faults.empty());
  EXPECT_THAT(load("[&a [1], [*a]]", limits).faults.to_string(), HasSubstr("more than 3 levels"));
  EXPECT_FALSE(load(std::string(100'000, '[')).faults.empty());
  EXPECT_FALSE(load(std::string(100'000, '{')).faults.empty());
}

TEST(LoadYaml, RefusesWhatIsNoText) {
  EXPECT_EQ(load("a: 1\nb: \xff\n").faults.to_string(), "f.yaml:2: this byte is no UTF-8 text");
  EXPECT_FALSE(load(absl::string_view("a: 1\0", 5)).faults.empty());
  YamlLimits limits;
  limits.bytes = 4;
  EXPECT_EQ(load("a: 12", limits).faults.to_string(), "f.yaml: the file has more than 4 bytes");
}

TEST(LoadYaml, RefusesEscapesOfWhichYamlCppMakesNoText) {
  EXPECT_EQ(load("a: \"x\\_\"").faults.to_string(),
            "f.yaml:1: has an escape, \\_ or \\N, that is not supported");
  EXPECT_FALSE(load("\"\\N\": 1").faults.empty());
  EXPECT_EQ(load("a: \"\\xe9\\u20ac\\U0001f600\"").documents[0].text_of("a"),
            "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
}

class ReadTextFile : public testing::Test {
 protected:
  ReadTextFile() {
    char name[] = "/tmp/portico_yaml_XXXXXX";
    directory_ = mkdtemp(name);
  }
  ~ReadTextFile() override {
    unlink(file().c_str());
    rmdir(directory_.c_str());
  }
  std::string file() const { return directory_ + "/f.yaml"; }

  std::string directory_;
};

TEST_F(ReadTextFile, GivesTheWholeFile) {
  const std::string text(200'000, 'x');
  std::ofstream(file()) << text;
  EXPECT_EQ(read_text_file(file(), 200'000).value(), text);
  EXPECT_EQ(read_text_file(file(), 199'999).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(ReadTextFile, NamesThePathInItsErrors) {
  const auto missing = read_text_file(file(), 10);
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr(file()));
  EXPECT_EQ(read_text_file(directory_, 10).status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_EQ(mkfifo(file().c_str(), 0600), 0);
  EXPECT_EQ(read_text_file(file(), 10).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace portico
