#pragma once

// The words of a line in a conversation file.

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "include/portico/time.h"
#include "tests/support/packet/frame.h"
#include "tests/support/packet/icmp_messages.h"

namespace portico {

inline std::vector<std::string> words_of(const std::string& line) {
  return absl::StrSplit(line.substr(0, line.find('#')), absl::ByAnyChar(" \t"), absl::SkipEmpty());
}

inline std::string text(absl::string_view view) {
  return std::string(view.data(), view.size());
}

inline unsigned number(const std::string& word) {
  unsigned value = 0;
  if (!absl::SimpleAtoi(word, &value)) throw std::invalid_argument(word + " is no number");
  return value;
}

inline Duration duration(const std::string& word) {
  absl::Duration value;
  if (!absl::ParseDuration(word, &value)) throw std::invalid_argument(word + " is no duration");
  return absl::ToChronoNanoseconds(value);
}

inline std::uint8_t flags_of(const std::string& word) {
  static const std::map<std::string, int> kBits = {{"FIN", 1}, {"SYN", 2},  {"RST", 4},
                                                   {"PSH", 8}, {"ACK", 16}, {"none", 0}};
  int flags = 0;
  for (const absl::string_view name : absl::StrSplit(word, ',')) {
    flags |= kBits.at(text(name));
  }
  return static_cast<std::uint8_t>(flags);
}

// What stands behind "KEY="; empty when it is not there.
inline std::string value_of(const std::vector<std::string>& words, const std::string& key) {
  for (const std::string& word : words) {
    if (word.starts_with(key + "=")) return word.substr(key.size() + 1);
  }
  return "";
}

// "times=60"; 1 when it is not there.
inline unsigned times(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word.starts_with("times=")) return number(word.substr(6));
  }
  return 1;
}

// Where a line's own words end and those of the packet that its ICMP error quotes begin.
inline std::vector<std::string>::const_iterator quotation(const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), "quoting");
}

// The words that say what kind of a packet it is; the hosts come behind them.
inline const std::map<std::string, FrameKind>& kinds() {
  static const auto kKinds = [] {
    std::map<std::string, FrameKind> kinds = {{"ask", FrameKind::kAsk},
                                              {"answer", FrameKind::kAnswer},
                                              {"echo", FrameKind::kEcho},
                                              {"echo-reply", FrameKind::kEchoReply}};
    for (const auto& [name, message] : icmp_messages()) kinds[name] = FrameKind::kError;
    return kinds;
  }();
  return kKinds;
}

}  // namespace portico
