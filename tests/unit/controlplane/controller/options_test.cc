#include "controlplane/controller/options.h"

#include <string>
#include <variant>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

using testing::ElementsAre;

std::variant<ControllerOptions, int> parse(std::vector<std::string> words) {
  words.insert(words.begin(), "portico-controller");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

ControllerOptions good(const std::vector<std::string>& words) {
  const auto parsed = parse(words);
  if (const auto* options = std::get_if<ControllerOptions>(&parsed)) return *options;
  ADD_FAILURE() << "refused";
  return {};
}

// Refused, with the status that tells so.
bool bad(const std::vector<std::string>& words) {
  const auto parsed = parse(words);
  const int* status = std::get_if<int>(&parsed);
  return status != nullptr && *status == 2;
}

TEST(ParseCommandLine, HasDefaults) {
  const ControllerOptions options = good({"--manifests", "/etc/portico/manifests"});
  EXPECT_EQ(options.manifests, "/etc/portico/manifests");
  EXPECT_THAT(options.gateways, ElementsAre("unix:/run/portico/porticod.sock"));
  EXPECT_EQ(options.source, "manifests");
  EXPECT_TRUE(options.translate.node_routes);
  EXPECT_FALSE(options.once);
  EXPECT_FALSE(options.check);
  EXPECT_EQ(options.log_level, "info");
}

TEST(ParseCommandLine, TakesSeveralGateways) {
  EXPECT_THAT(good({"--manifests", "m", "--gateway", "unix:/a", "--gateway", "/b", "--gateway",
                    "gw-1:9000", "--gateway", "[2001:db8::1]:9000"})
                  .gateways,
              ElementsAre("unix:/a", "/b", "gw-1:9000", "[2001:db8::1]:9000"));
}

TEST(ParseCommandLine, TakesTheSwitches) {
  const ControllerOptions options = good({"--manifests", "m", "--no-node-routes", "--once",
                                          "--source", "kubernetes", "--log-level", "debug"});
  EXPECT_FALSE(options.translate.node_routes);
  EXPECT_TRUE(options.once);
  EXPECT_EQ(options.source, "kubernetes");
  EXPECT_EQ(options.log_level, "debug");
  EXPECT_TRUE(good({"--manifests", "m", "--check"}).check);
}

TEST(ParseCommandLine, KnowsWhereTheGatewaysStand) {
  const Standpoint standpoint = good({"--manifests", "m"}).translate.standpoint;
  EXPECT_EQ(standpoint.local_traffic, LocalTraffic::kPreserveClientIp);
  EXPECT_THAT(standpoint.local_nodes, testing::IsEmpty());
  EXPECT_EQ(standpoint.zone, "");
  const Standpoint strict = good({"--manifests", "m", "--local-traffic", "strict", "--local-node",
                                  "n2", "--local-node", "n1", "--zone", "eu-1a"})
                                .translate.standpoint;
  EXPECT_EQ(strict.local_traffic, LocalTraffic::kStrict);
  EXPECT_THAT(strict.local_nodes, ElementsAre("n1", "n2"));
  EXPECT_EQ(strict.zone, "eu-1a");
  EXPECT_THAT(warnings_of(good({"--manifests", "m"})), testing::IsEmpty());
  EXPECT_THAT(
      warnings_of(good({"--manifests", "m", "--local-traffic", "strict", "--local-node", "n1"})),
      testing::IsEmpty());
  EXPECT_THAT(warnings_of(good({"--manifests", "m", "--local-traffic", "strict"})),
              ElementsAre(testing::HasSubstr("without --local-node")));
  EXPECT_TRUE(bad({"--manifests", "m", "--local-traffic", "loose"}));
  EXPECT_TRUE(bad({"--manifests", "m", "--local-traffic", "0"}));
  EXPECT_TRUE(bad({"--manifests", "m", "--local-node", "n1"}));
}

TEST(ParseCommandLine, RefusesWhatIsWrong) {
  EXPECT_TRUE(bad({"--manifests", "m", "--gateway", "gw-1"}));
  EXPECT_TRUE(bad({"--manifests", "m", "--gateway", "gw-1:0"}));
  EXPECT_TRUE(bad({"--manifests", "m", "--gateway", ":9000"}));
  EXPECT_TRUE(bad({"--manifests", "m", "--source", "My Source"}));
  EXPECT_TRUE(bad({"--manifests", "m", "--source", ""}));
  EXPECT_TRUE(bad({"--manifests", "m", "--log-level", "loud"}));
  EXPECT_TRUE(bad({"--manifests", "m", "--once", "--check"}));
  EXPECT_TRUE(bad({"--manifests", "m", "more"}));
}

TEST(ParseCommandLine, EndsWellAfterHelpAndVersion) {
  EXPECT_EQ(std::get<int>(parse({"--help"})), 0);
  EXPECT_EQ(std::get<int>(parse({"--version"})), 0);
}

TEST(ParseCommandLine, TakesAClusterForWantOfManifests) {
  const ControllerOptions options = good({});
  EXPECT_EQ(options.manifests, "");
  EXPECT_EQ(options.source, "kubernetes");
  EXPECT_TRUE(options.events);
  EXPECT_EQ(good({"--kubeconfig", "/etc/portico/kubeconfig"}).kubeconfig,
            "/etc/portico/kubeconfig");
  EXPECT_EQ(good({}).context, "");
  EXPECT_EQ(good({"--context", "prod"}).context, "prod");
  EXPECT_TRUE(bad({"--context", "prod", "--manifests", "m"}));
  EXPECT_TRUE(bad({"--context", ""}));
  EXPECT_FALSE(good({"--no-events"}).events);
  EXPECT_TRUE(bad({"--kubeconfig", "k", "--manifests", "m"}));
  EXPECT_TRUE(bad({"--check"}));
}

TEST(ParseCommandLine, TakesTlsWhollyOrNotAtAll) {
  const std::vector<std::string> all = {"--manifests",           "m", "--gateway-ca",  "a",
                                        "--gateway-certificate", "c", "--gateway-key", "k"};
  const ControllerOptions options = good(all);
  EXPECT_EQ(options.gateway_tls.ca, "a");
  EXPECT_EQ(options.gateway_tls.certificate, "c");
  EXPECT_EQ(options.gateway_tls.key, "k");
  for (std::size_t i = 2; i < all.size(); i += 2) {
    std::vector<std::string> words = all;
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(i),
                words.begin() + static_cast<std::ptrdiff_t>(i) + 2);
    EXPECT_TRUE(bad(words)) << "without " << all[i];
  }
}

TEST(WarningsOf, NamesGatewaysThatAreSpokenToInTheClear) {
  std::vector<std::string> words = {"--manifests", "m",  //
                                    "--gateway",   "unix:/run/portico/porticod.sock",
                                    "--gateway",   "127.0.0.1:9000",
                                    "--gateway",   "gw-1:9000",
                                    "--gateway",   "[2001:db8::1]:9000"};
  EXPECT_THAT(warnings_of(good(words)),
              ElementsAre(testing::HasSubstr("gw-1:9000 without --gateway-ca"),
                          testing::HasSubstr("[2001:db8::1]:9000 without --gateway-ca")));
  std::vector<std::string> checked = words;
  checked.push_back("--check");
  EXPECT_THAT(warnings_of(good(checked)), testing::IsEmpty()) << "nobody is spoken to";
  words.insert(words.end(),
               {"--gateway-ca", "a", "--gateway-certificate", "c", "--gateway-key", "k"});
  EXPECT_THAT(warnings_of(good(words)), testing::IsEmpty());
}

TEST(ParseCommandLine, PrintsOnlyOnce) {
  EXPECT_TRUE(good({"--manifests", "m", "--once", "--output", "yaml"}).print);
  EXPECT_TRUE(bad({"--manifests", "m", "--output", "yaml"}));
  EXPECT_TRUE(bad({"--manifests", "m", "--once", "--output", "json"}));
}

}  // namespace
}  // namespace portico
