// Random Services, endpoints, packets and updates: a gateway beside a plain model of what a Service
// means (service_model.h). Whatever the model says must become of a packet becomes of it.
//
// A run is a list of steps, each a few random numbers that are read against what is there, so that
// any part of the list is a run as well: a failing list is cut down to one in which no step can be
// left out, and told step by step.

#include "tests/property/dataplane/service_replay.h"
#include "tests/support/property_seed.h"

namespace portico {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr int kRuns = 20;
#else
constexpr int kRuns = 500;
#endif
constexpr int kSteps = 2000;  // of a run

class ServiceSemantics : public DataPlaneProperty {
 protected:
  // What went wrong in a run of its own of these steps, and the run's story.
  std::optional<std::string> play(const Steps& steps, std::size_t& at, std::string* story) const {
    Replay run(GetParam().first, GetParam().second, masquerade_all_, workers_);
    const std::optional<std::string> wrong = run.play(steps, at);
    if (story != nullptr) *story = absl::StrJoin(run.story(), "\n");
    return wrong;
  }

  // The same fault with as few steps as leaving out can reach.
  Steps shrink(Steps steps) const {
    for (std::size_t piece = steps.size() / 2; piece > 0; piece /= 2) {
      for (std::size_t begin = 0; begin < steps.size();) {
        Steps fewer = steps;
        const std::size_t end = std::min(begin + piece, steps.size());
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(begin),
                    fewer.begin() + static_cast<std::ptrdiff_t>(end));
        std::size_t at = 0;
        if (play(fewer, at, nullptr)) {
          fewer.resize(at + 1);
          steps = fewer;
        } else {
          begin += piece;
        }
      }
    }
    return steps;
  }

  bool masquerade_all_ = false;
  std::uint16_t workers_ = 1;
};
INSTANTIATE_TEST_SUITE_P(All, ServiceSemantics, DataPlaneProperty::all(), DataPlaneProperty::name);

TEST_P(ServiceSemantics, AreThoseOfThePlainModel) {
  const std::uint64_t seed = property_seed();
  std::mt19937_64 random(seed);
  for (int i = 0; i < kRuns; ++i) {
    masquerade_all_ = random() % 8 == 0;
    workers_ = static_cast<std::uint16_t>(1 + random() % 2);
    Steps steps(kSteps);
    for (Step& step : steps) {
      step.kind = static_cast<unsigned>(random() % 100);
      for (std::uint32_t& number : step.numbers) number = static_cast<std::uint32_t>(random());
    }
    std::size_t at = 0;
    if (!play(steps, at, nullptr)) continue;
    steps.resize(at + 1);
    std::string story;
    const std::optional<std::string> wrong = play(shrink(steps), at, &story);
    FAIL() << how_to_repeat(seed) << "\n"
           << workers_ << " workers" << (masquerade_all_ ? ", masquerade all" : "") << "\n"
           << story << "\n=> " << wrong.value_or("did not fail again");
  }
}

}  // namespace
}  // namespace portico
