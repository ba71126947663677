// How new connections are spread over endpoints: thousands of them through a whole gateway with a
// fixed seed, counted by the endpoint that each of them reached.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "tests/support/packet/world.h"

namespace portico {
namespace {

constexpr std::uint32_t kConnections = 6000;

class ChoiceProperty : public testing::Test {
 protected:
  ChoiceProperty() : world_(Family::kIpv4, settings()) {
    client_.protocol = Protocol::kUdp;
    client_.source = world_.address("client");
    client_.destination = world_.address("vip");
    client_.destination_port = 80;
    client_.source_mac = World::mac("client");
    client_.destination_mac = World::mac("uplink");
  }

  void serve(Selection selection, const std::vector<std::uint32_t>& weights,
             std::uint32_t limit = 0) {
    ServicePort port;
    port.id = "web";
    port.protocol = Protocol::kUdp;
    port.frontends = {{world_.address("vip"), L4Port::from_host(80)}};
    port.selection = selection;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      Endpoint endpoint;
      endpoint.address = *IpAddress::parse(absl::StrCat("192.168.1.", i + 1));
      endpoint.port = L4Port::from_host(8080);
      endpoint.weight = weights[i];
      endpoint.max_connections = limit;
      port.endpoints.push_back(endpoint);
    }
    TableChange change;
    change.set_service_ports = {port};
    ASSERT_TRUE(world_.gateway().apply(change).ok());
  }

  // Opens connections, in bursts of `burst`, and counts where they went.
  std::vector<double> spread(std::size_t endpoints, std::uint32_t count = kConnections,
                             std::uint32_t burst = 1) {
    std::vector<double> counts(endpoints);
    for (std::uint32_t i = 0; i < count; i += burst) {
      for (std::uint32_t j = 0; j < burst; ++j) {
        client_.source_port = ++next_port_;
        world_.io().arrive(world_.port("uplink"), build_frame(client_));
      }
      for (const MemoryIo::Sent& sent : world_.settle()) {
        if (sent.port != world_.port("downlink")) continue;  // a refusal
        const IpAddress to = read_frame(sent.frame).spec.destination;
        ++counts.at(to.data()[3] - 1u);
      }
    }
    return counts;
  }

  // Pearson's chi-squared over the expected shares; below the 99.9 % quantile for up to 9 degrees
  // of freedom, 27.9.
  static void expect_shares(const std::vector<double>& counts,
                            const std::vector<std::uint32_t>& weights) {
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
    ASSERT_EQ(all, kConnections);
    double chi_squared = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double expected = all * weights[i] / sum;
      if (weights[i] == 0) {
        EXPECT_EQ(counts[i], 0);
      } else {
        chi_squared += std::pow(counts[i] - expected, 2) / expected;
      }
    }
    EXPECT_LT(chi_squared, 27.9);
  }

  World world_;
  FrameSpec client_;
  std::uint16_t next_port_ = 1000;

 private:
  static World::Settings settings() {
    World::Settings settings;
    settings.config.capacity = {16384, 64, 512, 64, 16};
    return settings;
  }
};

TEST_F(ChoiceProperty, RandomIsUniform) {
  const std::vector<std::uint32_t> weights(10, 1);
  serve(Selection::kRandom, weights);
  expect_shares(spread(10), weights);
}

TEST_F(ChoiceProperty, RandomByWeight) {
  const std::vector<std::uint32_t> weights = {1, 2, 3, 0, 10, 4};
  serve(Selection::kRandom, weights);
  expect_shares(spread(weights.size()), weights);
}

// The hashes of a client's consecutive ports are as good as random.
TEST_F(ChoiceProperty, MaglevByWeight) {
  const std::vector<std::uint32_t> weights = {1, 2, 3, 0, 4};
  serve(Selection::kMaglev, weights);
  const std::vector<double> counts = spread(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    EXPECT_NEAR(counts[i] / kConnections, weights[i] / 10.0, 0.03) << i;
  }
}

TEST_F(ChoiceProperty, RoundRobinIsExact) {
  const std::vector<std::uint32_t> weights = {1, 2, 3, 0, 4};
  serve(Selection::kRoundRobin, weights);
  const std::vector<double> counts = spread(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    EXPECT_EQ(counts[i], kConnections * weights[i] / 10) << i;
  }
}

// While none closes, the fewest connections for the weight are an even spread: exactly, also for
// those of one burst.
TEST_F(ChoiceProperty, LeastConnectionsEvensOut) {
  const std::vector<std::uint32_t> weights = {1, 2, 3, 0, 4};
  serve(Selection::kLeastConnections, weights);
  spread(weights.size(), 1);  // from now on the node is known, and bursts need not wait for it
  ASSERT_TRUE(world_.gateway().delete_connections({}).ok());
  const std::vector<double> counts = spread(weights.size(), kConnections, 30);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    EXPECT_EQ(counts[i], kConnections * weights[i] / 10) << i;
  }
}

// With more endpoints than it looks at all of, the better of two: the fullest is only a few above
// the mean (ln ln n / ln 2 in expectation), where at random it would be some 20 above.
TEST_F(ChoiceProperty, LeastConnectionsAmongMany) {
  const std::vector<std::uint32_t> weights(200, 1);
  serve(Selection::kLeastConnections, weights);
  const std::vector<double> counts = spread(weights.size());
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  EXPECT_LE(*most - 30, 4);
  EXPECT_GE(*least, 20);
}

// Up to 64 endpoints a free one is always found, whatever the selection.
TEST_F(ChoiceProperty, LimitsAreUsedUp) {
  for (const Selection selection : {Selection::kRandom, Selection::kMaglev, Selection::kRoundRobin,
                                    Selection::kLeastConnections}) {
    serve(selection, std::vector<std::uint32_t>(64, 1), 10);
    const std::vector<double> counts = spread(64, 700);
    for (const double count : counts) EXPECT_EQ(count, 10) << static_cast<int>(selection);
    ASSERT_TRUE(world_.gateway().delete_connections({}).ok());
  }
}

}  // namespace
}  // namespace portico
