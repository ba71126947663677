#include "controlplane/watch/api_channel.h"

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

class NoExchange : public ApiExchange {
 public:
  Step next(Time) override { return {}; }
  void on_head(const ResponseHead&, Time) override {}
  void on_data(absl::string_view, Time) override {}
  void on_end(const absl::Status&, Time) override { ended = true; }

  bool ended = false;
};

// The changes of a list are there when it has ended, and that may be heard of later than its bytes.
TEST(ApiChannel, HearsAnEndThatComesAlone) {
  AccessConfig access;
  access.server = "http://127.0.0.1:1";
  HttpClient client(access.settings);
  Credentials credentials(access, [] {});
  NoExchange exchange;
  ApiChannel channel(&client, &credentials, &exchange);
  EXPECT_FALSE(channel.take_heard().has_value());
  channel.on_data("[]");
  EXPECT_TRUE(channel.take_heard().has_value());
  EXPECT_FALSE(channel.take_heard().has_value());
  channel.on_end(absl::OkStatus());
  EXPECT_TRUE(exchange.ended);
  EXPECT_TRUE(channel.take_heard().has_value());
}

}  // namespace
}  // namespace portico
