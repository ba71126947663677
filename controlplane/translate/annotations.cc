#include "controlplane/translate/annotations.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace portico {
namespace {

template <typename Value>
using Choices = std::vector<std::pair<const char*, Value>>;

// One annotation: what is wrong with its value is told with its name.
class Annotation {
 public:
  Annotation(const std::string& key, const std::string& value, Reporter* reporter)
      : field_(absl::StrCat("metadata.annotations.", key)), value_(value), reporter_(reporter) {}

  template <typename Value>
  void read(const Choices<Value>& choices, Value* out) const {
    const auto found = std::find_if(choices.begin(), choices.end(),
                                    [&](const auto& choice) { return choice.first == value_; });
    if (found != choices.end()) {
      *out = found->second;
      return;
    }
    const auto name = [](std::string* text, const auto& choice) { *text += choice.first; };
    refuse(absl::StrCat("must be one of ", absl::StrJoin(choices, ", ", name), ", is \"", value_,
                        "\""));
  }

  // "worker-1=3, worker-2=0"
  void read(Weights* out) const {
    for (const absl::string_view part : absl::StrSplit(value_, ',')) {
      const std::pair<absl::string_view, absl::string_view> sides = absl::StrSplit(part, '=');
      const std::string name(absl::StripAsciiWhitespace(sides.first));
      std::uint32_t weight = 0;
      if (name.empty() || !absl::SimpleAtoi(sides.second, &weight) || weight > kMaxWeight) {
        refuse(absl::StrCat("must be NAME=WEIGHT, each weight from 0 to ", kMaxWeight,
                            ", with commas between; has \"", std::string(part), "\""));
      } else if (!out->emplace(name, weight).second) {
        refuse(absl::StrCat("names \"", name, "\" twice"));
      }
    }
  }

  void refuse(const std::string& message) const { reporter_->fault(field_, message); }

 private:
  static constexpr std::uint32_t kMaxWeight = 1000;  // Endpoint.weight

  const std::string field_;
  const std::string& value_;
  Reporter* const reporter_;
};

const Choices<v1::SourceAddress> kSourceAddresses = {
    {"preserve", v1::SOURCE_ADDRESS_PRESERVE},
    {"masquerade", v1::SOURCE_ADDRESS_MASQUERADE},
};
const Choices<v1::Selection> kSelections = {
    {"random", v1::SELECTION_RANDOM},
    {"maglev", v1::SELECTION_MAGLEV},
    {"round-robin", v1::SELECTION_ROUND_ROBIN},
    {"least-connections", v1::SELECTION_LEAST_CONNECTIONS},
};
// Service.maglev_table_size: primes.
const Choices<std::uint32_t> kTableSizes = {
    {"251", 251},   {"509", 509},     {"1021", 1021},   {"2039", 2039},   {"4093", 4093},
    {"8191", 8191}, {"16381", 16381}, {"32749", 32749}, {"65521", 65521},
};

}  // namespace

Annotations read_annotations(const kubernetes::ObjectMeta& metadata, Reporter* reporter) {
  Annotations out;
  const std::map<std::string, std::string> sorted(metadata.annotations().begin(),
                                                  metadata.annotations().end());
  for (const auto& [key, value] : sorted) {
    if (!absl::StartsWith(key, "portico.dev/")) continue;
    const Annotation annotation(key, value, reporter);
    if (key == kSourceAddressAnnotation) {
      annotation.read(kSourceAddresses, &out.source_address);
    } else if (key == kSelectionAnnotation) {
      annotation.read(kSelections, &out.selection);
    } else if (key == kMaglevTableSizeAnnotation) {
      annotation.read(kTableSizes, &out.maglev_table_size);
      const auto selection = sorted.find(kSelectionAnnotation);
      if (selection == sorted.end() || selection->second != "maglev") {
        annotation.refuse(absl::StrCat("is of no use without ", kSelectionAnnotation, ": maglev"));
      }
    } else if (key == kNodeWeightsAnnotation) {
      annotation.read(&out.node_weights);
    } else if (key == kZoneWeightsAnnotation) {
      annotation.read(&out.zone_weights);
    } else {
      annotation.refuse(absl::StrCat(
          "is unknown; there are ",
          absl::StrJoin({kSourceAddressAnnotation, kSelectionAnnotation, kMaglevTableSizeAnnotation,
                         kNodeWeightsAnnotation, kZoneWeightsAnnotation},
                        ", ")));
    }
  }
  return out;
}

}  // namespace portico
