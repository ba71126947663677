#include "controlplane/yaml/write.h"

#include <string>

#include "controlplane/yaml/load.h"
#include "controlplane/yaml/read.h"
#include "gtest/gtest.h"
#include "sample.pb.h"

namespace portico {
namespace {

using portico_sample::Sample;

Sample full() {
  Sample sample;
  sample.mutable_timeout()->set_seconds(90);
  sample.mutable_timeout()->set_nanos(500'000'000);
  sample.set_maybe(0);
  sample.add_cluster_ips("10.0.0.1");
  sample.add_cluster_ips("a \"b\" \\ \n # - \xc3\xa9");
  sample.set_left("");
  sample.mutable_nested()->mutable_nested()->set_small(3);
  sample.add_list()->set_name("a: b");
  sample.add_list();
  sample.add_list()->mutable_nested();
  return sample;
}

TEST(WriteYaml, IsReadAgainAsTheSame) {
  const Sample before = full();
  const std::string text = write_yaml(before);
  Faults faults("f.yaml");
  const YamlDocuments documents = load_yaml(text, {}, &faults);
  ASSERT_EQ(documents.size(), 1u) << text;
  Sample after;
  YamlReadOptions options;
  EXPECT_TRUE(read_yaml(documents[0], &after, options, &faults)) << text << faults.to_string();
  EXPECT_EQ(after.ShortDebugString(), before.ShortDebugString()) << text;
}

TEST(WriteYaml, IsMadeForPeople) {
  Sample sample;
  sample.mutable_timeout()->set_seconds(10800);
  sample.add_cluster_ips("10.0.0.1");
  sample.mutable_nested()->mutable_nested()->set_small(3);
  EXPECT_EQ(write_yaml(Sample()), "");
  EXPECT_EQ(write_yaml(sample, 2).substr(0, 9), "  nested:");
  EXPECT_EQ(write_yaml(sample),
            "nested:\n  nested:\n    small: 3\ntimeout: 3h\ncluster_ips:\n- \"10.0.0.1\"\n");
}

}  // namespace
}  // namespace portico
