#include "controlplane/watch/json_wire.h"

#include <string>

#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "proto/kubernetes/core.pb.h"
#include "proto/kubernetes/discovery.pb.h"
#include "proto/kubernetes/runtime.pb.h"
#include "tests/unit/controlplane/watch/wire.h"

namespace portico {
namespace {

using wire::field;
using wire::number;

template <typename Message>
absl::StatusOr<std::string> encode(absl::string_view text, const char* key = nullptr) {
  absl::StatusOr<JsonObject> json = JsonObject::parse(text);
  if (!json.ok()) return json.status();
  return json->encode(*Message::descriptor(), key);
}

// As an API server of Kubernetes 1.20 writes it; against protobuf's own reader of JSON, which knows
// no IntOrString.
TEST(JsonWire, AgreesWithProtobufsReader) {
  const char* text = R"({
    "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
    "metadata": {"name": "web-abc", "namespace": "shop", "resourceVersion": "48213",
      "creationTimestamp": "2026-01-02T03:04:05Z", "labels": {"kubernetes.io/service-name": "web"},
      "ownerReferences": [{"apiVersion": "v1", "controller": true}],
      "managedFields": [{"fieldsV1": {"f:endpoints": {}, "f:ports": []}}]},
    "addressType": "IPv4",
    "endpoints": [
      {"addresses": ["10.1.2.3", "10.1.2.4"], "conditions": {"ready": false, "serving": true},
       "hints": {"forZones": [{"name": "a"}]}, "nodeName": "worker-1", "zone": "a\u00e4\ud83d\ude00",
       "targetRef": {"kind": "Pod", "name": "web-1", "uid": "u\"\\\/"}},
      {"addresses": [], "conditions": {}, "hostname": ""}],
    "ports": [{"name": "", "protocol": "TCP", "port": 80}, {"port": null}]})";
  kubernetes::EndpointSlice expected;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(text, &expected, options).ok());
  const absl::StatusOr<std::string> wire = encode<kubernetes::EndpointSlice>(text);
  ASSERT_TRUE(wire.ok()) << wire.status();
  kubernetes::EndpointSlice actual;
  ASSERT_TRUE(actual.ParseFromString(*wire));
  EXPECT_EQ(actual.DebugString(), expected.DebugString());
  EXPECT_TRUE(actual.ports(0).has_name());
  EXPECT_FALSE(actual.ports(1).has_name());
  EXPECT_FALSE(actual.endpoints(0).conditions().has_terminating());
}

TEST(JsonWire, GivesKubernetesOwnEncoding) {
  const absl::StatusOr<std::string> wire = encode<kubernetes::Service>(R"({
    "metadata": {"name": "web", "labels": {"a": "b", "c": null}},
    "spec": {"clusterIP": "10.0.0.1", "publishNotReadyAddresses": true, "healthCheckNodePort": 32000,
             "ports": [{"port": 80, "targetPort": "http"}, {"port": 81, "targetPort": 8080}]}})");
  ASSERT_TRUE(wire.ok()) << wire.status();
  const std::string metadata =
      field(1, "web") + field(11, field(1, "a") + field(2, "b")) + field(11, field(1, "c"));
  const std::string ports = field(1, number(3, 80) + field(4, number(1, 1) + field(3, "http"))) +
                            field(1, number(3, 81) + field(4, number(1, 0) + number(2, 8080)));
  EXPECT_EQ(*wire, field(1, metadata) +
                       field(2, field(3, "10.0.0.1") + number(13, 1) + number(12, 32000) + ports));
}

TEST(JsonWire, TakesNegativeNumbersAndBase64) {
  EXPECT_EQ(*encode<kubernetes::ServicePort>(R"({"port": -1})"), number(3, 0xffffffffffffffffu));
  EXPECT_EQ(*encode<kubernetes::RawExtension>(R"({"raw": "azhzAA=="})"),
            field(1, std::string("k8s\0", 4)));
}

TEST(JsonWire, TakesNullForAbsent) {
  EXPECT_EQ(*encode<kubernetes::Service>(
                R"({"metadata": null, "spec": {"ports": null, "selector": null, "type": null}})"),
            field(2, ""));
}

TEST(JsonWire, ReadsAPartOfAnObject) {
  const char* text = R"({"type": "ADDED", "object": {"metadata": {"name": "a"}}, "no": []})";
  EXPECT_EQ(*encode<kubernetes::Service>(text, "object"), field(1, field(1, "a")));
  EXPECT_EQ(encode<kubernetes::Service>(text, "no").status().message(), "no: is no object");
  EXPECT_EQ(encode<kubernetes::Service>(text, "other").status().message(), "other: is no object");
}

TEST(JsonWire, NamesTheFieldAtFault) {
  const auto fault = [](const char* text) {
    return std::string(encode<kubernetes::Service>(text).status().message());
  };
  EXPECT_EQ(fault(R"({"spec": 1})"), "spec: is no object");
  EXPECT_EQ(fault(R"({"spec": {"ports": {}}})"), "spec.ports: is no list");
  EXPECT_EQ(fault(R"({"spec": {"ports": [{}, {"port": "x"}]}})"),
            "spec.ports[1].port: is no number");
  EXPECT_EQ(fault(R"({"spec": {"ports": [{"port": 1.5}]}})"), "spec.ports[0].port: is no number");
  EXPECT_EQ(fault(R"({"spec": {"ports": [{"port": 4294967296}]}})"),
            "spec.ports[0].port: is no 32-bit number");
  EXPECT_EQ(fault(R"({"spec": {"ports": [{"targetPort": []}]}})"),
            "spec.ports[0].targetPort: is no number and no text");
  EXPECT_EQ(fault(R"({"spec": {"clusterIPs": ["a", 1]}})"), "spec.clusterIPs[1]: is no text");
  EXPECT_EQ(fault(R"({"spec": {"publishNotReadyAddresses": "true"}})"),
            "spec.publishNotReadyAddresses: is no boolean");
  EXPECT_EQ(fault(R"({"metadata": {"labels": {"a": 1}}})"), "metadata.labels[a]: is no text");
  EXPECT_EQ(fault(R"({"metadata": {"creationTimestamp": "now"}})"),
            "metadata.creationTimestamp: is no time");
  EXPECT_EQ(fault(R"({"metadata": {"labels": []}})"), "metadata.labels: is no object");
}

TEST(JsonWire, IsOfAnObject) {
  for (const char* text : {"", "[]", "1", "{", "{\"a\":}", "{} {}", "{\"a\":1,}", "{'a':1}"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(JsonObject::parse(text).status())) << text;
  }
}

}  // namespace
}  // namespace portico
