#include "controlplane/kubernetes/manifest_parser.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

ManifestReading read(const std::string& text) {
  ManifestParser parser;
  parser.add_text("web.yaml", text);
  return parser.finish();
}

std::vector<std::string> lines(const ManifestReading& reading) {
  std::vector<std::string> all;
  for (const ObjectFault& fault : reading.faults) all.push_back(fault.to_string());
  return all;
}

constexpr char kManifest[] = R"(# as kubectl prints it, with much that is not read
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  uid: 5e0e4b9e-9a2c-4a54-8ad3-1f4e9a1f0d11
  resourceVersion: "48213"
  creationTimestamp: "2026-01-01T00:00:00Z"
  labels: {app: web}
  annotations:
    portico.dev/selection: maglev
spec:
  clusterIP: 10.100.3.59
  clusterIPs: [10.100.3.59, "2001:db8::59"]
  internalTrafficPolicy: Cluster
  ipFamilies: [IPv4, IPv6]
  ports:
    - {name: http, port: 80, protocol: TCP, targetPort: 8080}
    - {name: dns, port: 53, protocol: UDP, targetPort: dns}
  selector: {app: web}
  sessionAffinity: None
  externalIPs: [192.0.2.1]
  type: LoadBalancer
status:
  loadBalancer:
    ingress: [{ip: 198.51.100.1, ipMode: VIP}, {hostname: lb.example.com}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-abc, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints:
  - addresses: [192.168.1.3]
    conditions: {ready: false, terminating: true}
    nodeName: worker-1
    zone: a
    targetRef: {kind: Pod, namespace: shop, name: web-1, uid: u1}
ports:
  - {name: http, port: 8080, protocol: TCP}
---
apiVersion: v1
kind: Node
metadata: {name: worker-1}
spec:
  podCIDR: 192.168.1.0/24
  podCIDRs: [192.168.1.0/24, "2001:db8:1::/64"]
status:
  addresses:
    - {type: InternalIP, address: 10.12.22.151}
  capacity: {cpu: "2"}
)";

TEST(ManifestParser, ReadsWhatKubectlPrints) {
  const ManifestReading reading = read(kManifest);
  EXPECT_THAT(lines(reading), IsEmpty());
  EXPECT_THAT(reading.skipped, IsEmpty());
  ASSERT_THAT(reading.objects.services, SizeIs(1));
  const kubernetes::Service& service = reading.objects.services[0]->message;
  EXPECT_EQ(service.metadata().name(), "web");
  EXPECT_EQ(service.metadata().namespace_(), "shop");
  EXPECT_EQ(service.metadata().resource_version(), "48213");
  EXPECT_EQ(service.metadata().annotations().at("portico.dev/selection"), "maglev");
  EXPECT_THAT(service.spec().cluster_ips(), ElementsAre("10.100.3.59", "2001:db8::59"));
  EXPECT_THAT(service.spec().external_ips(), ElementsAre("192.0.2.1"));
  EXPECT_EQ(service.spec().ports(0).target_port().int_val(), 8080);
  EXPECT_EQ(service.spec().ports(1).target_port().str_val(), "dns");
  EXPECT_EQ(service.status().load_balancer().ingress(0).ip_mode(), "VIP");

  ASSERT_THAT(reading.objects.endpoint_slices, SizeIs(1));
  const kubernetes::EndpointSlice& slice = reading.objects.endpoint_slices[0]->message;
  EXPECT_EQ(slice.address_type(), "IPv4");
  const kubernetes::Endpoint& endpoint = slice.endpoints(0);
  EXPECT_EQ(endpoint.target_ref().uid(), "u1");
  EXPECT_TRUE(endpoint.conditions().has_ready());
  EXPECT_FALSE(endpoint.conditions().ready());
  EXPECT_FALSE(endpoint.conditions().has_serving());
  EXPECT_TRUE(endpoint.conditions().terminating());

  ASSERT_THAT(reading.objects.nodes, SizeIs(1));
  const kubernetes::Node& node = reading.objects.nodes[0]->message;
  EXPECT_THAT(node.spec().pod_cidrs(), ElementsAre("192.168.1.0/24", "2001:db8:1::/64"));
  EXPECT_EQ(node.status().addresses(0).type(), "InternalIP");
}

TEST(ManifestParser, KnowsWhereEachFieldStands) {
  const ManifestReading reading = read(kManifest);
  const ObjectPlace& place = reading.objects.services.at(0)->place;
  EXPECT_EQ(place.at(""), "web.yaml:2");
  EXPECT_EQ(place.at("spec.ports[1].port"), "web.yaml:20");
  EXPECT_EQ(place.at("spec.clusterIPs[1]"), "web.yaml:15");
  EXPECT_EQ(reading.objects.endpoint_slices.at(0)->place.at("endpoints[0].addresses[0]"),
            "web.yaml:34");
  // Not in the file: the nearest that is.
  EXPECT_EQ(place.at("spec.ports[0].nodePort"), "web.yaml:19");
}

// As the API server does: k8s.io/kubernetes/pkg/apis/{core,discovery}/v1/defaults.go.
TEST(ManifestParser, FillsInDefaults) {
  const ManifestReading reading = read(R"(
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  clusterIP: 10.0.0.1
  ports: [{port: 80}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-abc}
addressType: IPv4
endpoints: []
ports: [{port: 8080}]
---
apiVersion: v1
kind: Node
metadata: {name: w, namespace: default}
spec: {podCIDR: 192.168.1.0/24}
)");
  ASSERT_THAT(lines(reading), IsEmpty());
  const kubernetes::Service& service = reading.objects.services.at(0)->message;
  EXPECT_EQ(service.metadata().namespace_(), "default");
  EXPECT_EQ(service.spec().type(), "ClusterIP");
  EXPECT_THAT(service.spec().cluster_ips(), ElementsAre("10.0.0.1"));
  EXPECT_EQ(service.spec().ports(0).protocol(), "TCP");
  const kubernetes::EndpointPort& port = reading.objects.endpoint_slices.at(0)->message.ports(0);
  EXPECT_TRUE(port.has_name());
  EXPECT_EQ(port.name(), "");
  EXPECT_EQ(port.protocol(), "TCP");
  const kubernetes::Node& node = reading.objects.nodes.at(0)->message;
  EXPECT_THAT(node.spec().pod_cidrs(), ElementsAre("192.168.1.0/24"));
  EXPECT_EQ(object_name("Node", node.metadata()), "Node w");
}

TEST(ManifestParser, ReadsLists) {
  const ManifestReading reading = read(R"(
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Service, metadata: {name: b}, spec: {ports: [{port: 80}]}}
  - apiVersion: v1
    kind: Service
    metadata: {name: a}
    spec:
      ports:
        - port: 80
  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: c}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSliceList
items:
  - {metadata: {name: s}, addressType: IPv4}
---
apiVersion: v1
kind: List
items:
)");
  ASSERT_THAT(lines(reading), IsEmpty());
  ASSERT_THAT(reading.objects.services, SizeIs(2));
  EXPECT_EQ(reading.objects.services[0]->message.metadata().name(), "a");
  EXPECT_EQ(reading.objects.services[0]->place.at("spec.ports[0].port"), "web.yaml:11");
  EXPECT_EQ(reading.objects.services[1]->message.metadata().name(), "b");
  EXPECT_THAT(reading.objects.endpoint_slices, SizeIs(1));
  ASSERT_THAT(reading.skipped, SizeIs(1));
  EXPECT_EQ(reading.skipped[0].to_string(),
            "web.yaml:12: Deployment c: is of no kind that is read: Deployment (apps/v1)");
}

// SetDefaults_Service and SetDefaults_EndpointSlice.
TEST(ManifestParser, FillsInWhatAnApiServerWould) {
  const ManifestReading reading = read(R"(
apiVersion: v1
kind: Service
metadata: {name: a}
spec:
  type: LoadBalancer
  clusterIP: 10.0.0.1
  sessionAffinity: ClientIP
  ports: [{port: 80}]
status: {loadBalancer: {ingress: [{ip: 192.0.2.1}, {hostname: x}]}}
---
apiVersion: v1
kind: Service
metadata: {name: b}
spec:
  clusterIP: 10.0.0.2
  sessionAffinityConfig: {clientIP: {timeoutSeconds: 7}}
  ports: [{port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: c}
spec: {type: ExternalName, externalName: example.com}
---
apiVersion: v1
kind: Service
metadata: {name: d}
spec:
  clusterIP: 10.0.0.4
  externalIPs: [192.0.2.4]
  internalTrafficPolicy: Local
  sessionAffinity: ClientIP
  sessionAffinityConfig: {clientIP: {timeoutSeconds: 7}}
  ports: [{port: 80}]
)");
  ASSERT_THAT(lines(reading), IsEmpty());
  ASSERT_THAT(reading.objects.services, SizeIs(4));
  const kubernetes::ServiceSpec& a = reading.objects.services[0]->message.spec();
  EXPECT_EQ(a.session_affinity_config().client_ip().timeout_seconds(), 10800);
  EXPECT_EQ(a.external_traffic_policy(), "Cluster");
  EXPECT_EQ(a.internal_traffic_policy(), "Cluster");
  EXPECT_EQ(a.ports(0).protocol(), "TCP");
  const auto& ingress = reading.objects.services[0]->message.status().load_balancer().ingress();
  EXPECT_EQ(ingress[0].ip_mode(), "VIP");
  EXPECT_FALSE(ingress[1].has_ip_mode());
  const kubernetes::ServiceSpec& b = reading.objects.services[1]->message.spec();
  EXPECT_EQ(b.type(), "ClusterIP");
  EXPECT_EQ(b.session_affinity(), "None");
  EXPECT_FALSE(b.has_session_affinity_config());
  EXPECT_FALSE(b.has_external_traffic_policy());
  EXPECT_EQ(b.internal_traffic_policy(), "Cluster");
  const kubernetes::ServiceSpec& c = reading.objects.services[2]->message.spec();
  EXPECT_FALSE(c.has_external_traffic_policy());
  EXPECT_FALSE(c.has_internal_traffic_policy());
  const kubernetes::ServiceSpec& d = reading.objects.services[3]->message.spec();
  EXPECT_EQ(d.external_traffic_policy(), "Cluster");
  EXPECT_EQ(d.internal_traffic_policy(), "Local");
  EXPECT_EQ(d.session_affinity_config().client_ip().timeout_seconds(), 7);
}

TEST(ManifestParser, SkipsKindsItDoesNotRead) {
  const ManifestReading reading = read(R"(
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {port: 0}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: b, namespace: shop}}
---
{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: a}}
)");
  EXPECT_THAT(lines(reading), IsEmpty());
  EXPECT_THAT(reading.objects.services, IsEmpty());
  std::vector<std::string> skipped;
  for (const ObjectFault& object : reading.skipped) skipped.push_back(object.to_string());
  constexpr char kSays[] = "is of no kind that is read: ";
  EXPECT_THAT(
      skipped,
      ElementsAre(
          absl::StrCat("web.yaml:2: ConfigMap a: ", kSays, "ConfigMap (v1)"),
          absl::StrCat("web.yaml:4: Deployment a: ", kSays, "Deployment (apps/v1)"),
          absl::StrCat("web.yaml:6: Deployment shop/b: ", kSays, "Deployment (apps/v1)"),
          absl::StrCat("web.yaml:8: Service a: ", kSays, "Service (serving.knative.dev/v1)")));
}

TEST(ManifestParser, TakesAnEmptyFileForNothing) {
  for (const char* text : {"", "# nothing\n", "---\n---\n"}) {
    const ManifestReading reading = read(text);
    EXPECT_THAT(lines(reading), IsEmpty());
    EXPECT_THAT(reading.objects.services, IsEmpty());
  }
}

struct BadManifest {
  const char* name;
  const char* text;
  const char* begins;  // the line that tells the fault, and where
  const char* says;
};

class ParseBadManifest : public testing::TestWithParam<BadManifest> {};

TEST_P(ParseBadManifest, NamesTheFault) {
  const std::vector<std::string> faults = lines(read(GetParam().text));
  ASSERT_THAT(faults, SizeIs(1));
  EXPECT_THAT(faults[0], StartsWith(GetParam().begins));
  EXPECT_THAT(faults[0], HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, ParseBadManifest,
    testing::Values(
        BadManifest{"no_yaml", "apiVersion: v1\nkind: [Service\n", "web.yaml:", ""},
        BadManifest{"tab", "apiVersion: v1\n\tkind: Service\n", "web.yaml:", ""},
        BadManifest{"text", "Service\n", "web.yaml:1: kind: ", "a Kubernetes object is a mapping"},
        BadManifest{"no_kind", "apiVersion: v1\nmetadata: {name: a}\n",
                    "web.yaml:1: kind: ", "is missing"},
        BadManifest{"no_version", "\nkind: Service\n", "web.yaml:2: apiVersion: ", "is missing"},
        BadManifest{"no_name", "{apiVersion: v1, kind: Service, metadata: {namespace: a}}",
                    "web.yaml:1: Service a/: metadata.name: ", "is missing"},
        BadManifest{
            "port_is_text",
            "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - port: "
            "http\n",
            "web.yaml:6: Service default/a: spec.ports[0].port: ", "http"},
        BadManifest{
            "ports_is_no_list",
            "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports: {port: 1}\n",
            "web.yaml:5: Service default/a: spec.ports: ", "list"},
        BadManifest{"ready_is_text",
                    "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a}\n"
                    "endpoints:\n- addresses: [10.0.0.1]\n  conditions: {ready: 'yes'}\n",
                    "web.yaml:6: EndpointSlice default/a: endpoints[0].conditions.ready: ", ""},
        BadManifest{"slice_port_0",
                    "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a}\n"
                    "ports:\n- {name: http, port: 0}\n",
                    "web.yaml:5: EndpointSlice default/a: ports[0].port: ",
                    "must be between 1 and 65535, is 0"},
        BadManifest{"key_twice", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nkind: Node\n",
                    "web.yaml:4", "kind"},
        BadManifest{"in_a_list",
                    "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Node, metadata: "
                    "{name: a}}\n- {apiVersion: v1, kind: Node, metadata: {name: b}, spec: 1}\n",
                    "web.yaml:5: Node b: spec: ", ""},
        BadManifest{"items_is_no_list", "apiVersion: v1\nkind: List\nitems: {a: 1}\n",
                    "web.yaml:3: items: ", "must be a list"},
        BadManifest{"kind_of_item_missing", "apiVersion: v1\nkind: List\nitems:\n- {a: 1}\n",
                    "web.yaml:4: items[0].kind: ", "is missing"},
        BadManifest{"item_is_text", "apiVersion: v1\nkind: List\nitems: [a]\n",
                    "web.yaml:3: items[0].kind: ", "is missing"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(ManifestParser, RefusesAnObjectThatIsThereTwice) {
  ManifestParser parser;
  const std::string text = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n";
  parser.add_text("a.yaml", text);
  parser.add_text("b.yaml", "---\n" + text + "---\n# the same by its default namespace\n" +
                                "{apiVersion: v1, kind: Service, metadata: {name: web, "
                                "namespace: default}}");
  // Another kind or namespace is another object.
  parser.add_text("c.yaml",
                  "{apiVersion: v1, kind: Node, metadata: {name: web}}\n---\n"
                  "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: other}}");
  EXPECT_THAT(lines(parser.finish()),
              ElementsAre("b.yaml:2: Service default/web: is there already, at a.yaml:1",
                          "b.yaml:7: Service default/web: is there already, at a.yaml:1"));
}

TEST(ManifestParser, TellsTheFaultsOfAllFiles) {
  ManifestParser parser;
  parser.add_text("a.yaml", "{apiVersion: v1, kind: Service, spec: {ports: 1, clusterIPs: 2}}");
  parser.add_text("b.yaml", ": : :");
  parser.add_fault("", "c.yaml: Permission denied");
  const std::vector<std::string> faults = lines(parser.finish());
  ASSERT_GE(faults.size(), 5u);
  EXPECT_EQ(faults.back(), "c.yaml: Permission denied");
}

TEST(ManifestParser, StartsAnewAfterFinish) {
  ManifestParser parser;
  parser.add_text("a.yaml", "{apiVersion: v1, kind: Service, metadata: {name: web}}");
  parser.finish();
  parser.add_text("a.yaml", "{apiVersion: v1, kind: Service, metadata: {name: web}}");
  EXPECT_THAT(lines(parser.finish()), IsEmpty());
}

}  // namespace
}  // namespace portico
