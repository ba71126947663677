#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/support/packet/world.h"

namespace portico {

// A conversation file, run in one family and protocol. The language is in tests/packet/README.md.
class Conversation {
 public:
  // Whether the file is to be run in this family and protocol.
  static bool wants(const std::string& text, Family family, Protocol protocol);

  Conversation(std::string file, const std::string& text, Family family, Protocol protocol);

  // Runs it, adding gtest failures that name the file and line.
  void run();

 private:
  using Words = std::vector<std::string>;
  using Counts = std::map<std::string, std::uint64_t>;  // by reason
  struct Line {
    int number;
    std::string text;
    Words words;
  };

  void fail(const std::string& what) const;
  void read_setting(const Words& words);
  void step(const Words& words);
  void arrive(const Words& words);
  void expect_sent(const Words& words);
  bool collect_fragments(unsigned count, const Words& words, MemoryIo::Sent& sent);
  void expect_at_kernel(const Words& words);
  void expect_reason(const std::string& reason, Counts& counts);
  void expect_connection(const Words& words, bool wanted);
  void expect_explanation(const Words& words);
  void expect_said(const Words& words, const std::vector<ExplainStep>& steps);
  void set_service(const Words& words);
  void remove_service(const std::string& name);
  void set_route(const Words& words);
  Frontend read_frontend(const std::string& word);
  void read_treatment(const std::string& word, Frontend& frontend) const;
  Endpoint read_endpoint(const std::string& word);
  IpPrefix read_prefix(const std::string& word) const;
  void wait(const std::string& duration);
  void finish_step();  // everything that happened has been expected
  void take_stock();   // counts what has happened since the last time

  FrameSpec read_spec(const Words& all_words, std::size_t from);
  void read_socket(const std::string& word, IpAddress& address, std::uint16_t& port);
  void read_quotation(const Words& words, FrameSpec& spec);
  void read_attribute(const std::string& key, const std::string& value, FrameSpec& spec);
  std::string corrupt(std::string frame, const Words& words) const;
  void compare(const ReadFrame& actual, const FrameSpec& wanted, const Words& words,
               const MemoryIo::Sent& sent);
  void check_balance() const;

  const std::string file_;
  const Family family_;
  const Protocol protocol_;
  std::vector<Line> lines_;
  World::Settings settings_;
  std::unique_ptr<World> world_;
  const Line* line_ = nullptr;

  std::map<std::string, std::string> variables_;  // "?p" -> "1234"
  std::map<std::string, ServicePort> services_;
  std::vector<MemoryIo::Sent> sent_;            // and not expected yet
  Counts drops_, refusals_;                     // counted at the last stock-taking
  Counts new_drops_, new_refusals_;             // and not expected yet
  std::vector<MemoryKernel::Frame> at_kernel_;  // and not expected yet
  std::string last_arrived_;
};

}  // namespace portico
