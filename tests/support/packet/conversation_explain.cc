// What a conversation expects of explain.

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/support/packet/conversation.h"
#include "tests/support/packet/conversation_words.h"

namespace portico {
namespace {

ExplainedError error_of(const std::string& name, const FrameSpec& spec) {
  using enum ExplainedError::Kind;
  static const std::map<std::string, ExplainedError::Kind> kKinds = {
      {"too-big", kTooBig},
      {"time-exceeded", kTimeExceeded},
      {"port-unreachable", kPortUnreachable}};
  return {kKinds.at(name), spec.source, static_cast<std::uint16_t>(spec.icmp_rest)};
}

}  // namespace

// explain PORT PACKET => forward|punt|drop REASON|refuse REASON [says WORD...]
void Conversation::expect_explanation(const Words& words) {
  const auto arrow = std::find(words.begin(), words.end(), "=>");
  if (arrow == words.end()) throw std::invalid_argument("a => is missing");
  const auto says = std::find(arrow, words.end(), "says");
  const Words packet(words.begin(), arrow);
  const FrameSpec spec = read_spec(packet, 2);
  ExplainRequest request = explain_request(words.at(1), spec);
  if (spec.kind == FrameKind::kError) {
    const auto quoted = quotation(packet);
    request = explain_request(
        words[1], read_spec(packet, static_cast<std::size_t>(quoted - packet.begin()) + 1));
    request.ttl = spec.ttl;
    request.error = error_of(words.at(2), spec);
  }
  const auto explanation = world_->gateway().explain(request);
  if (!explanation.ok()) return fail(text(explanation.status().message()));
  std::string verdict = explanation->verdict;
  if (explanation->drop_reason) {
    absl::StrAppend(&verdict, " ", text(to_string(*explanation->drop_reason)));
  }
  if (verdict != absl::StrJoin(arrow + 1, says, " ")) {
    fail("the explanation ends with " + verdict);
  }
  if (says != words.end()) expect_said({says + 1, words.end()}, explanation->steps);
  take_stock();
}

// The words stand in one of the decisions, in this order; hosts and variables as they are there.
void Conversation::expect_said(const Words& words, const std::vector<ExplainStep>& steps) {
  std::vector<std::string> expected;
  for (const std::string& word : words) {
    const std::string end =
        word.find_last_of(",;") == word.size() - 1 ? word.substr(word.size() - 1) : "";
    IpAddress address;
    std::uint16_t port = 0;
    try {
      read_socket(word.substr(0, word.size() - end.size()), address, port);
      expected.push_back(
          (port == 0 ? address.to_string() : to_string(address, L4Port::from_host(port))) + end);
    } catch (const std::invalid_argument&) {
      expected.push_back(word);
    }
  }
  const std::string wanted = absl::StrJoin(expected, " ");
  std::string all;
  for (const ExplainStep& step : steps) {
    const std::string said = absl::StrJoin(words_of(step.decision), " ");
    if (absl::StrContains(said, wanted)) return;
    absl::StrAppend(&all, "\n  ", step.stage, ": ", said);
  }
  fail("nothing says " + wanted + all);
}

}  // namespace portico
