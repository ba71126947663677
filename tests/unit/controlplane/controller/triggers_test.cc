#include "controlplane/controller/triggers.h"

#include <memory>
#include <string>

#include "controlplane/controller/line_limit.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Triggers, AreReadFromSlices) {
  ObjectUpdate update;
  for (const char* time : {"2026-01-31T12:00:00Z", "2026-01-31T12:00:00.25Z", "yesterday", ""}) {
    auto slice = std::make_shared<Sourced<kubernetes::EndpointSlice>>();
    auto& annotations = *slice->message.mutable_metadata()->mutable_annotations();
    annotations["endpoints.kubernetes.io/last-change-trigger-time"] = time;
    update.endpoint_slices.set.push_back(slice);
  }
  update.endpoint_slices.set.push_back(std::make_shared<Sourced<kubernetes::EndpointSlice>>());
  const absl::Time noon = absl::FromCivil(absl::CivilHour(2026, 1, 31, 12), absl::UTCTimeZone());
  EXPECT_THAT(triggers_of(update), ElementsAre(noon, noon + absl::Milliseconds(250)));
  update.reset = true;
  EXPECT_THAT(triggers_of(update), IsEmpty());
}

TEST(LineLimit, AllowsSoManyInEachPeriod) {
  LineLimit limit(2, seconds(10));
  const LineLimit::TimePoint now{seconds(1000)};
  EXPECT_TRUE(limit.allows(now));
  EXPECT_TRUE(limit.allows(now));
  EXPECT_FALSE(limit.allows(now + seconds(9)));
  EXPECT_FALSE(limit.allows(now + seconds(9)));
  EXPECT_TRUE(limit.allows(now + seconds(10)));
  EXPECT_EQ(limit.take_left_out(), 2u);
  EXPECT_EQ(limit.take_left_out(), 0u);
}

}  // namespace
}  // namespace portico
