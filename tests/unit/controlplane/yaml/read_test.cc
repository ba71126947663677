#include "controlplane/yaml/read.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "controlplane/yaml/load.h"
#include "sample.pb.h"

namespace portico {
namespace {

using portico_sample::Sample;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

struct Result {
  Sample sample;
  YamlLocations locations;
  std::string faults;
};

Result read(absl::string_view text, const YamlReadOptions* given = nullptr) {
  Result result;
  YamlReadOptions options = given != nullptr ? *given : YamlReadOptions();
  options.locations = &result.locations;
  Faults faults("f.yaml");
  const YamlDocuments documents = load_yaml(text, {}, &faults);
  EXPECT_EQ(documents.size(), 1u) << faults.to_string();
  if (documents.size() == 1) {
    const bool good = read_yaml(documents[0], &result.sample, options, &faults);
    EXPECT_EQ(good, faults.empty());
  }
  result.faults = faults.to_string();
  return result;
}

// Kubernetes manifests.
Result read_leniently(absl::string_view text) {
  const YamlReadOptions options{UnknownFields::kIgnore, FieldNames::kJson, "", nullptr};
  return read(text, &options);
}

TEST(ReadYaml, ReadsEveryScalarType) {
  const Result result = read(
      "small: -2147483648\nlarge: -9223372036854775808\ncount: 4294967295\n"
      "bytes_total: 18446744073709551615\nenabled: true\nratio: 0.25\nshare: 1e3\n"
      "name: \"a \\u00e9\"\nblob: aGVsbG8=\ncolor: dark_blue\n");
  EXPECT_EQ(result.faults, "");
  EXPECT_EQ(result.sample.small(), std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(result.sample.large(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(result.sample.count(), std::numeric_limits<std::uint32_t>::max());
  EXPECT_EQ(result.sample.bytes_total(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE(result.sample.enabled());
  EXPECT_EQ(result.sample.ratio(), 0.25);
  EXPECT_EQ(result.sample.share(), 1000.0f);
  EXPECT_EQ(result.sample.name(), "a \xc3\xa9");
  EXPECT_EQ(result.sample.blob(), "hello");
  EXPECT_EQ(result.sample.color(), portico_sample::SAMPLE_COLOR_DARK_BLUE);
}

TEST(ReadYaml, KeepsTextAsItIsWritten) {
  EXPECT_THAT(read("words: [80, \"80\", 1.10, true, 0x1F, ' ']\n").sample.words(),
              ElementsAre("80", "80", "1.10", "true", "0x1F", " "));
}

TEST(ReadYaml, RefusesEachScalarThatIsWrong) {
  const std::pair<absl::string_view, absl::string_view> cases[] = {
      {"small: 2147483648", "small: must be between -2147483648 and 2147483647"},
      {"small: -2147483649", "small: must be between -2147483648"},
      {"count: -1", "count: must be between 0 and 4294967295, not \"-1\""},
      {"count: 4294967296", "count: must be between 0 and 4294967295"},
      {"bytes_total: 18446744073709551616", "between 0 and 18446744073709551615"},
      {"large: 9223372036854775808", "and 9223372036854775807"},
      {"count: 1.0", "a whole number"},
      {"count: 1e3", "a whole number"},
      {"count: 0x10", "a whole number"},
      {"count: 010", "a whole number"},
      {"count: +1", "a whole number"},
      {"count: 1 2", "a whole number"},
      {"count: \"1\"", "count: must be a whole number, not \"1\" in quotes"},
      {"count: \"\"", "a whole number"},
      {"enabled: yes", "true or false, not \"yes\""},
      {"enabled: True", "true or false"},
      {"enabled: \"true\"", "true or false"},
      {"enabled: 1", "true or false"},
      {"ratio: .nan", "a number"},
      {"ratio: inf", "a number"},
      {"ratio: abc", "a number"},
      {"blob: \"%%\"", "base64"},
      {"color: blue", "color: must be one of red, dark_blue"},
      {"color: SAMPLE_COLOR_RED", "must be one of"},
      {"color: unspecified", "must be one of"},
      {"color: \"\"", "must be one of"},
      {"name: [a]", "name: must be text, not a list"},
      {"name: {a: b}", "name: must be text, not a mapping"},
      {"words: one", "words: must be a list, not text"},
      {"words: [a, ~]", "words[1]: must be text, not nothing"},
      {"nested: 5", "nested: must be a mapping, not text"},
      {"list: [{name: a}, 5]", "list[1]: must be a mapping, not text"},
      {"labels: [a]", "labels: must be a mapping, not a list"},
      {"labels: {a: [b]}", "labels[a]: must be text, not a list"},
      {"children: {x: {}}", "children[x]: must be a whole number"},
      {"- 1", "f.yaml:1: must be a mapping, not a list"},
      {"just text", "f.yaml:1: must be a mapping, not text"},
  };
  for (const auto& [text, wanted] : cases) {
    EXPECT_THAT(read(text).faults, HasSubstr(std::string(wanted))) << text;
  }
}

TEST(ReadYaml, ReadsListsMapsAndNestedMessages) {
  const Result result = read(
      "numbers: [1, 2]\ncolors: [red, dark_blue]\nlabels:\n  app: web\n  \"on\": 1\n"
      "children:\n  7: {name: seven}\nnested:\n  nested: {small: 3}\nlist:\n- name: a\n- {}\n");
  EXPECT_EQ(result.faults, "");
  const Sample& sample = result.sample;
  EXPECT_THAT(sample.numbers(), ElementsAre(1u, 2u));
  EXPECT_THAT(sample.colors(), ElementsAre(1, 2));
  EXPECT_THAT(sample.labels(), UnorderedElementsAre(Pair("app", "web"), Pair("on", "1")));
  EXPECT_EQ(sample.children().at(7).name(), "seven");
  EXPECT_EQ(sample.nested().nested().small(), 3);
  ASSERT_EQ(sample.list_size(), 2);
  EXPECT_EQ(sample.list(0).name(), "a");
}

TEST(ReadYaml, ReadsTimes) {
  const Result result = read("created: \"2026-01-31T12:00:00.5Z\"");
  EXPECT_EQ(result.faults, "");
  EXPECT_EQ(result.sample.created().seconds(), 1769860800);
  EXPECT_EQ(result.sample.created().nanos(), 500'000'000);
  EXPECT_EQ(read("created: 1970-01-01T01:00:00+01:00").sample.created().seconds(), 0);
  EXPECT_FALSE(read("created: null").sample.has_created());
  for (const char* text : {"noon", "2026-01-31", "1969-12-31T00:00:00Z", "12"}) {
    EXPECT_THAT(read("created: " + std::string(text)).faults,
                HasSubstr("must be a time as in RFC 3339"))
        << text;
  }
}

TEST(ReadYaml, ReadsDurations) {
  const std::tuple<absl::string_view, std::int64_t, std::int32_t> cases[] = {
      {"30s", 30, 0},
      {"200us", 0, 200'000},
      {"5m", 300, 0},
      {"24h", 86'400, 0},
      {"0s", 0, 0},
      {"1m30.5s", 90, 500'000'000},
      {"\"10ms\"", 0, 10'000'000}};
  for (const auto& [text, seconds, nanos] : cases) {
    const Result result = read("timeout: " + std::string(text));
    EXPECT_EQ(result.faults, "") << text;
    EXPECT_EQ(result.sample.timeout().seconds(), seconds) << text;
    EXPECT_EQ(result.sample.timeout().nanos(), nanos) << text;
  }
  for (const absl::string_view text :
       {"30", "s", "-1s", "inf", "1d", "5 s", "{seconds: 3}", "[]"}) {
    EXPECT_THAT(read("timeout: " + std::string(text)).faults, HasSubstr("timeout: must be"))
        << text;
  }
}

TEST(ReadYaml, NullIsAbsentAndPresenceIsKept) {
  EXPECT_FALSE(read("maybe: ~\nname:\nlist:\nnested: null\n").sample.has_maybe());
  EXPECT_FALSE(read("nested: null\n").sample.has_nested());
  EXPECT_TRUE(read("nested: {}\n").sample.has_nested());
  EXPECT_TRUE(read("maybe: 0\n").sample.has_maybe());
}

TEST(ReadYaml, RefusesTwoFieldsOfAOneof) {
  EXPECT_EQ(read("left: a\nright: ~\n").faults, "");
  EXPECT_THAT(read("left: a\nright: b\n").faults, HasSubstr("f.yaml:2: right: excludes"));
}

TEST(ReadYaml, RefusesUnknownFieldsAndNamesTheKnown) {
  const std::string faults = read("name: a\nnested:\n  smal: 3\n").faults;
  EXPECT_THAT(faults, HasSubstr("f.yaml:3: nested.smal: there is no such field here"));
  EXPECT_THAT(faults, HasSubstr("small, large"));
  EXPECT_THAT(read("clusterIPs: [a]\n").faults, HasSubstr("no such field"));
}

TEST(ReadYaml, ReportsEveryFaultWithItsPlace) {
  EXPECT_EQ(read("small: x\n"
                 "list:\n"
                 "  - numbers: [1, -2]\n"
                 "  - enabled: no\n")
                .faults,
            "f.yaml:1: small: must be a whole number, not \"x\"\n"
            "f.yaml:3: list[0].numbers[1]: must be between 0 and 4294967295, not \"-2\"\n"
            "f.yaml:4: list[1].enabled: must be true or false, not \"no\"");
}

TEST(ReadYaml, KeepsWhatIsRightBesideAFault) {
  const Result result = read("numbers: [1, x, 3]\nlist: [{name: a}, 5, {name: c}]\nname: n\n");
  EXPECT_NE(result.faults, "");
  EXPECT_THAT(result.sample.numbers(), ElementsAre(1u, 0u, 3u));
  ASSERT_EQ(result.sample.list_size(), 3);
  EXPECT_EQ(result.sample.list(2).name(), "c");
  EXPECT_EQ(result.sample.name(), "n");
}

TEST(ReadYaml, RecordsWhereEachFieldStands) {
  const Result result = read("name: a\nlist:\n  - small: 1\n    large: 2\n  -\n    small: 3\n");
  EXPECT_EQ(result.locations.find("name"), (YamlMark{1, 7}));
  EXPECT_EQ(result.locations.find("list").line, 2);
  EXPECT_EQ(result.locations.find("list[0].large").line, 4);
  EXPECT_EQ(result.locations.find("list[1].small").line, 6);
  EXPECT_EQ(result.locations.find("list[1].large").line, 6);
}

TEST(ReadYaml, LenientlyReadsAKubernetesObject) {
  const Result result = read_leniently(
      "apiVersion: v1\nclusterIPs: [10.0.0.1]\ncluster_ips: ignored\nbytesTotal: 5\n"
      "targetPort: 8080\ncolor: SAMPLE_COLOR_RED\nstatus: {a: [1, {b: c}]}\n");
  EXPECT_EQ(result.faults, "");
  EXPECT_THAT(result.sample.cluster_ips(), ElementsAre("10.0.0.1"));
  EXPECT_EQ(result.sample.bytes_total(), 5u);
  EXPECT_EQ(result.sample.color(), portico_sample::SAMPLE_COLOR_RED);
  EXPECT_EQ(result.sample.target_port().int_val(), 8080);
}

TEST(ReadYaml, ReadsIntOrString) {
  const auto port = [](absl::string_view text) {
    return read_leniently("targetPort: " + std::string(text)).sample.target_port();
  };
  EXPECT_EQ(port("80").int_val(), 80);
  EXPECT_TRUE(port("80").has_type());
  EXPECT_EQ(port("80").type(), 0);
  EXPECT_FALSE(port("80").has_str_val());
  EXPECT_EQ(port("http").str_val(), "http");
  EXPECT_EQ(port("http").type(), 1);
  EXPECT_EQ(port("\"80\"").str_val(), "80");
  EXPECT_EQ(port("25%").str_val(), "25%");
  EXPECT_THAT(read_leniently("targetPort: 99999999999").faults, HasSubstr("must be between"));
  EXPECT_THAT(read_leniently("targetPort: {}").faults, HasSubstr("must be text"));
}

TEST(ReadYaml, PrefixesThePathThatItIsGiven) {
  YamlReadOptions options;
  options.path = "items[3]";
  EXPECT_EQ(read("small: x\n", &options).faults,
            "f.yaml:1: items[3].small: must be a whole number, not \"x\"");
}

}  // namespace
}  // namespace portico
