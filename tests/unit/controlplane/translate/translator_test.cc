#include "controlplane/translate/translator.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/desired_maps.h"
#include "tests/unit/controlplane/translate/objects.h"

namespace portico {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::SizeIs;
using testing::UnorderedElementsAre;

kubernetes::Service service(const std::string& name, const std::string& address,
                            std::int64_t created) {
  kubernetes::Service made = web_service({address});
  made.mutable_metadata()->set_name(name);
  made.mutable_metadata()->mutable_creation_timestamp()->set_seconds(created);
  return made;
}

// Of default/SERVICE, with one endpoint.
kubernetes::EndpointSlice slice(const std::string& name, const std::string& service,
                                const std::string& address) {
  kubernetes::EndpointSlice made =
      web_slice(name, "IPv4", "endpoints { addresses: '" + address + "' }");
  (*made.mutable_metadata()->mutable_labels())["kubernetes.io/service-name"] = service;
  return made;
}

class TranslatorTest : public testing::Test {
 protected:
  Reports set(const std::vector<kubernetes::Service>& services,
              const std::vector<kubernetes::EndpointSlice>& slices = {}) {
    ObjectUpdate update;
    for (const auto& one : services) update.services.set.push_back(sourced(one));
    for (const auto& one : slices) update.endpoint_slices.set.push_back(sourced(one));
    return translator_.apply(update);
  }
  Reports remove_service(const ObjectKey& key) {
    ObjectUpdate update;
    update.services.deleted = {key};
    return translator_.apply(update);
  }
  // "default/web 192.168.1.1" of each.
  std::vector<std::string> endpoints() const {
    std::vector<std::string> all;
    for (const auto& [key, endpoint] : maps_of(translator_.desired()).endpoints) {
      all.push_back(key.first + " " + endpoint.address());
    }
    return all;
  }
  std::map<std::string, v1::Service> services() const {
    return maps_of(translator_.desired()).services;
  }

  Translator translator_{TranslateOptions{}};
};

TEST_F(TranslatorTest, HoldsSlicesUntilTheirServiceComes) {
  set({}, {slice("s", "web", "192.168.1.1")});
  EXPECT_THAT(endpoints(), IsEmpty());
  set({service("web", "10.0.0.1", 1)});
  EXPECT_THAT(endpoints(), ElementsAre("default/web 192.168.1.1"));
  remove_service("default/web");
  EXPECT_THAT(endpoints(), IsEmpty());
  set({service("web", "10.0.0.9", 2)});
  EXPECT_THAT(endpoints(), ElementsAre("default/web 192.168.1.1"));
}

TEST_F(TranslatorTest, FilesASliceUnderTheServiceThatItsLabelNames) {
  set({service("web", "10.0.0.1", 1), service("db", "10.0.0.2", 1)},
      {slice("s", "web", "192.168.1.1")});
  set({}, {slice("s", "db", "192.168.1.1")});
  EXPECT_THAT(endpoints(), ElementsAre("default/db 192.168.1.1"));
  ObjectUpdate update;
  update.endpoint_slices.deleted = {"default/s"};
  translator_.apply(update);
  EXPECT_THAT(endpoints(), IsEmpty());
}

TEST_F(TranslatorTest, ChangesNothingThatAnUpdateDoesNot) {
  set({service("web", "10.0.0.1", 1), service("db", "10.0.0.2", 1)},
      {slice("s", "web", "192.168.1.1"), slice("t", "db", "192.168.1.2")});
  const DesiredState before = translator_.desired();
  kubernetes::EndpointSlice annotated = slice("s", "web", "192.168.1.1");
  (*annotated.mutable_metadata()->mutable_annotations())["a"] = "b";
  set({service("web", "10.0.0.1", 1)}, {annotated});
  EXPECT_TRUE(translator_.desired().is(before));
  set({}, {slice("s", "web", "192.168.1.3")});
  EXPECT_FALSE(translator_.desired().is(before));
  const auto* db = before.services().find("default/db").get();
  EXPECT_EQ(translator_.desired().services().find("default/db").get(), db);
  const auto web = before.services().find("default/web");
  EXPECT_EQ(translator_.desired().services().find("default/web")->service, web->service);
}

// A list after a list is a reset; most of it is as it was.
TEST_F(TranslatorTest, KeepsWhatIsTheSameThroughAReset) {
  set({service("web", "10.0.0.1", 1), service("db", "10.0.0.2", 1)},
      {slice("s", "web", "192.168.1.1")});
  const DesiredState before = translator_.desired();
  ObjectUpdate update;
  update.reset = true;
  update.services.set = {sourced(service("web", "10.0.0.1", 1)),
                         sourced(service("db", "10.0.0.2", 1))};
  update.endpoint_slices.set = {sourced(slice("s", "web", "192.168.1.1"))};
  translator_.apply(update);
  EXPECT_TRUE(translator_.desired().is(before));
  update.services.set.pop_back();
  translator_.apply(update);
  EXPECT_THAT(services(), ElementsAre(Key("default/web")));
  translator_.apply(reset_to({}, {}));
  EXPECT_THAT(services(), IsEmpty());
  EXPECT_EQ(translator_.services(), 0u);
  EXPECT_EQ(translator_.endpoint_slices(), 0u);
}

TEST_F(TranslatorTest, LeavesAnAddressToTheOlderService) {
  EXPECT_THAT(set({service("web", "10.0.0.1", 5)}).faults, IsEmpty());
  EXPECT_THAT(texts(set({service("young", "10.0.0.1", 7)}).faults),
              ElementsAre("spec.ports[0].port: 80 on 10.0.0.1 belongs to Service default/web "
                          "already"));
  EXPECT_THAT(services(), ElementsAre(Key("default/web")));
  EXPECT_EQ(translator_.left_out(), 1u);
  // Heard of later, but there before.
  set({service("old", "10.0.0.1", 3)});
  EXPECT_THAT(services(), ElementsAre(Key("default/old")));
  EXPECT_EQ(translator_.left_out(), 2u);
  remove_service("default/old");
  EXPECT_THAT(services(), ElementsAre(Key("default/web")));
  remove_service("default/web");
  EXPECT_THAT(services(), ElementsAre(Key("default/young")));
  EXPECT_EQ(translator_.left_out(), 0u);
}

// a has what b wants too, so b has nothing, so c has what b would have had.
TEST_F(TranslatorTest, LetsALeftOutServiceHoldNothing) {
  kubernetes::Service b = service("b", "10.0.0.1", 2);
  b.mutable_spec()->add_external_ips("192.0.2.1");
  kubernetes::Service c = service("c", "10.0.0.3", 3);
  c.mutable_spec()->add_external_ips("192.0.2.1");
  set({service("a", "10.0.0.1", 1), b, c});
  EXPECT_THAT(services(), UnorderedElementsAre(Key("default/a"), Key("default/c")));
  set({service("a", "10.0.0.7", 1)});
  EXPECT_THAT(services(), UnorderedElementsAre(Key("default/a"), Key("default/b")));
}

TEST_F(TranslatorTest, LeavesOutAnObjectWithAFaultAndTellsItOnce) {
  set({service("web", "10.0.0.1", 1), service("db", "10.0.0.2", 1)},
      {slice("s", "web", "192.168.1.1"), slice("t", "web", "192.168.1.2")});
  EXPECT_THAT(texts(set({}, {slice("s", "web", "192.168.1.300")}).faults),
              ElementsAre(testing::StartsWith("endpoints[0].addresses[0]: ")));
  EXPECT_THAT(endpoints(), ElementsAre("default/web 192.168.1.2"));
  EXPECT_THAT(set({}, {slice("s", "web", "192.168.1.300")}).faults, IsEmpty());
  EXPECT_EQ(translator_.left_out(), 1u);
  EXPECT_THAT(set({service("db", "10.0.0.300", 1)}).faults, SizeIs(1));
  EXPECT_THAT(services(), ElementsAre(Key("default/web")));
  EXPECT_EQ(translator_.left_out(), 2u);
  set({service("db", "10.0.0.2", 1)}, {slice("s", "web", "192.168.1.1")});
  EXPECT_THAT(services(), SizeIs(2));
  EXPECT_THAT(endpoints(), SizeIs(2));
  EXPECT_EQ(translator_.left_out(), 0u);
  // The same fault anew is news.
  EXPECT_THAT(set({service("db", "10.0.0.300", 1)}).faults, SizeIs(1));
}

TEST_F(TranslatorTest, GivesAPodNetworkToTheOlderNode) {
  const auto node = [](const std::string& name, std::int64_t created, const std::string& network) {
    kubernetes::Node made = parse_text<kubernetes::Node>(
        "spec { pod_cidrs: '" + network +
        "' } status { addresses { type: 'InternalIP' address: '172.16.0." +
        std::to_string(created) + "' } }");
    made.mutable_metadata()->set_name(name);
    made.mutable_metadata()->mutable_creation_timestamp()->set_seconds(created);
    return sourced(made);
  };
  const auto gateway = [&] {
    return maps_of(translator_.desired()).routes["10.1.0.0/16"].gateway();
  };
  ObjectUpdate update;
  update.nodes.set = {node("a", 5, "10.1.0.0/16"), node("b", 4, "10.1.0.0/16")};
  EXPECT_THAT(texts(translator_.apply(update).faults),
              ElementsAre("spec.podCIDRs: 10.1.0.0/16 belongs to Node b already"));
  EXPECT_EQ(gateway(), "172.16.0.4");
  update.nodes.set = {node("a", 5, "10.2.0.0/16")};
  EXPECT_THAT(translator_.apply(update).faults, IsEmpty());
  EXPECT_EQ(translator_.left_out(), 0u);
  EXPECT_THAT(maps_of(translator_.desired()).routes, SizeIs(2));
  update.nodes = {{}, {"b"}};
  translator_.apply(update);
  EXPECT_THAT(maps_of(translator_.desired()).routes, ElementsAre(Key("10.2.0.0/16")));
}

kubernetes::Node node(const std::string& name, const std::vector<std::string>& addresses) {
  kubernetes::Node made;
  made.mutable_metadata()->set_name(name);
  for (const std::string& address : addresses) {
    kubernetes::NodeAddress& added = *made.mutable_status()->add_addresses();
    added.set_type("InternalIP");
    added.set_address(address);
  }
  return made;
}

// Whoever answers for it by ARP or neighbor discovery takes it from the Node. k3s' load balancer
// gives Services the Nodes' addresses.
TEST_F(TranslatorTest, LeavesNodesTheirAddresses) {
  kubernetes::Service service = web_service({"10.0.0.1", "2001:db8::a"},
                                            "external_ips: '192.0.2.7' external_ips: '192.0.2.8'");
  service.mutable_status()->mutable_load_balancer()->add_ingress()->set_ip("2001:DB8::7");
  const auto addresses = [&] {
    const v1::Service web = services()["default/web"];
    std::vector<std::string> all;
    for (const v1::ServiceAddress& address : web.addresses()) all.push_back(address.address());
    return all;
  };
  EXPECT_THAT(set({service}).warnings, IsEmpty());
  EXPECT_THAT(addresses(),
              ElementsAre("10.0.0.1", "2001:db8::a", "192.0.2.7", "192.0.2.8", "2001:db8::7"));
  ObjectUpdate update;
  update.nodes.set = {sourced(node("a", {"192.0.2.7", "2001:db8::7", "10.0.0.1", "junk"}))};
  EXPECT_THAT(
      texts(translator_.apply(update).warnings),
      ElementsAre("spec.externalIPs: 192.0.2.7 is left out: it is the InternalIP of Node a, "
                  "which would be cut off if the gateway answered for it",
                  "status.loadBalancer.ingress: 2001:db8::7 is left out: it is the "
                  "InternalIP of Node a, which would be cut off if the gateway answered "
                  "for it"));
  EXPECT_THAT(addresses(), ElementsAre("10.0.0.1", "2001:db8::a", "192.0.2.8"));
  EXPECT_THAT(translator_.apply(update).warnings, IsEmpty()) << "said already";
  EXPECT_EQ(translator_.left_out(), 0u) << "the Service is served";

  update.nodes.set = {sourced(node("a", {"192.0.2.8"}))};
  EXPECT_THAT(translator_.apply(update).warnings, SizeIs(1));
  EXPECT_THAT(addresses(), ElementsAre("10.0.0.1", "2001:db8::a", "192.0.2.7", "2001:db8::7"));
  update.nodes = {{}, {"a"}};
  translator_.apply(update);
  EXPECT_THAT(addresses(), SizeIs(5));
}

TEST_F(TranslatorTest, WarnsOfASlicesPortsThatItsServiceHasNot) {
  kubernetes::EndpointSlice typo = slice("s", "web", "192.168.1.1");
  typo.mutable_ports(0)->set_name("htpp");
  EXPECT_THAT(set({}, {typo}).warnings, IsEmpty()) << "the Service may come yet";
  EXPECT_THAT(texts(set({service("web", "10.0.0.1", 1)}).warnings),
              ElementsAre("ports[0].name: \"htpp\" is the name of no port of Service default/web: "
                          "nothing is sent there"));
  EXPECT_THAT(endpoints(), IsEmpty());
  EXPECT_THAT(set({}, {typo}).warnings, IsEmpty()) << "said already";
  EXPECT_THAT(set({}, {slice("s", "web", "192.168.1.1")}).warnings, IsEmpty());
  EXPECT_THAT(endpoints(), SizeIs(1));
  EXPECT_THAT(set({}, {typo}).warnings, SizeIs(1)) << "anew, it is news";
  typo.mutable_ports(0)->clear_port();
  EXPECT_THAT(set({}, {typo}).warnings, IsEmpty()) << "for no port in particular";
}

}  // namespace
}  // namespace portico
