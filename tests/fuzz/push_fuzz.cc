// Any requests on two Push streams. An input is text: each line is one PushRequest in protobuf's
// text format; one that begins with "2 " goes to the second stream. Whatever is sent, what the data
// plane was told in parts is what it would be told of the whole, and the whole is accepted by a
// gateway that starts with it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "controlplane/api/convert.h"
#include "controlplane/api/ledger.h"
#include "controlplane/api/push_session.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "spdlog/spdlog.h"
#include "tests/fuzz/require.h"
#include "tests/support/fake_data_plane.h"

namespace portico {
namespace {

class Silent : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, int, const std::string&) override {}
};

bool parse(absl::string_view line, v1::PushRequest& request) {
  Silent silent;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&silent);
  parser.SetRecursionLimit(20);
  return parser.ParseFromString(std::string(line), &request);
}

void check_response(const v1::PushResponse& response) {
  if (!response.has_refusal()) return;
  const v1::Refusal& refusal = response.refusal();
  PORTICO_FUZZ_REQUIRE(refusal.violations_size() >= 1 && refusal.violations_size() <= 100);
  PORTICO_FUZZ_REQUIRE(refusal.violation_count() >=
                       static_cast<std::uint32_t>(refusal.violations_size()));
  for (const v1::Violation& violation : refusal.violations()) {
    PORTICO_FUZZ_REQUIRE(!violation.object().empty() && !violation.message().empty());
  }
}

store::GatewayFacts facts() {
  store::GatewayFacts facts;
  for (const char* text : {"10.20.0.1", "2001:db8:20::1"}) {
    facts.addresses.insert(IpAddress::parse(text).value());
    facts.node_ports.addresses.push_back(IpAddress::parse(text).value());
  }
  return facts;
}

void check_whole(const Ledger& ledger, const FakeDataPlane& data_plane) {
  FakeDataPlane fresh_data_plane;
  Ledger fresh(fresh_data_plane, facts());
  for (const SourceStatus& source : ledger.sources()) {
    const SourceSnapshot snapshot = ledger.snapshot(source.name);
    store::Pending pending;
    // As they come back from the disk.
    for (const auto& service : snapshot.services) {
      PORTICO_FUZZ_REQUIRE(from_proto(to_proto(*service)) == *service);
      pending.set(*service);
    }
    for (const auto& endpoint : snapshot.endpoints) {
      PORTICO_FUZZ_REQUIRE(from_proto(to_proto(*endpoint)) == *endpoint);
      pending.set(*endpoint);
    }
    for (const auto& route : snapshot.routes) pending.set(*route);
    PORTICO_FUZZ_REQUIRE(fresh.accept(source.name, pending, 1).ok());
  }
  PORTICO_FUZZ_REQUIRE(fresh_data_plane.service_ports() == data_plane.service_ports());
  PORTICO_FUZZ_REQUIRE(fresh_data_plane.route_table() == data_plane.route_table());
}

void converse(absl::string_view text) {
  FakeDataPlane data_plane;
  Ledger ledger(data_plane, facts());
  const PushLimits limits{.pending_objects = 50, .pending_bytes = 1 << 16};
  std::optional<PushSession> sessions[2];
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    std::optional<PushSession>& session = sessions[absl::ConsumePrefix(&line, "2 ") ? 1 : 0];
    v1::PushRequest request;
    if (!parse(line, request)) continue;
    if (!session) session.emplace(ledger, limits);
    const auto response = session->handle(request);
    if (!response.ok()) {
      session.reset();  // the stream ends, the controller comes back
    } else if (*response) {
      check_response(**response);
      check_whole(ledger, data_plane);
    }
  }
}

}  // namespace
}  // namespace portico

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  spdlog::set_level(spdlog::level::off);
  portico::converse(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
