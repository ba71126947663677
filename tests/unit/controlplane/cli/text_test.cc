#include "controlplane/cli/text.h"

#include <gtest/gtest.h>

#include <sstream>

#include "controlplane/cli/table.h"

namespace portico::cli {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(DisplayWidth, CountsColumns) {
  EXPECT_EQ(display_width(""), 0u);
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("→"), 1u);
  EXPECT_EQ(display_width("東京"), 4u);       // Unicode annex 11: wide
  EXPECT_EQ(display_width("e\u0301"), 1u);    // a combining accent has no width
  EXPECT_EQ(display_width("a\xff\xfe"), 3u);  // no UTF-8: a byte is a column
  EXPECT_EQ(display_width("a\xe2\x86"), 3u);  // cut in the middle of a character
}

TEST(Bytes, HaveBinaryUnits) {
  EXPECT_EQ(bytes_to_string(0), "0 B");
  EXPECT_EQ(bytes_to_string(1023), "1023 B");
  EXPECT_EQ(bytes_to_string(1024), "1.0 KiB");
  EXPECT_EQ(bytes_to_string(1258291), "1.2 MiB");
  EXPECT_EQ(bytes_to_string(1048575), "1.0 MiB");  // never "1024.0 KiB"
  EXPECT_EQ(bytes_to_string(UINT64_MAX), "16.0 EiB");
}

TEST(Durations, HaveTheTwoLargestUnits) {
  EXPECT_EQ(duration_to_string(nanoseconds(-5)), "0s");
  EXPECT_EQ(duration_to_string(nanoseconds(0)), "0s");
  EXPECT_EQ(duration_to_string(nanoseconds(999)), "0ms");
  EXPECT_EQ(duration_to_string(milliseconds(250)), "250ms");
  EXPECT_EQ(duration_to_string(milliseconds(1999)), "1s");
  EXPECT_EQ(duration_to_string(seconds(60)), "1m");
  EXPECT_EQ(duration_to_string(seconds(63)), "1m3s");
  EXPECT_EQ(duration_to_string(seconds(86399)), "23h59m");
  EXPECT_EQ(duration_to_string(hours(24)), "1d");
  EXPECT_EQ(duration_to_string(hours(52)), "2d4h");
}

TEST(Wrap, CutsAtBlanks) {
  EXPECT_EQ(wrap("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrap("extraordinary it is", 5), (std::vector<std::string>{"extraordinary", "it is"}));
  EXPECT_EQ(wrap("", 5), std::vector<std::string>{""});
  EXPECT_EQ(wrap("a  b", 5), std::vector<std::string>{"a  b"});  // what fits stays as it is
}

TEST(TableText, AlignsByWhatIsSeen) {
  Table table({"CITY", {"PEOPLE", kRight}, "NOTE"});
  table.add({"東京", "14000000", ""});
  table.add({"Köln", "1000000", "Dom"});
  std::ostringstream out;
  table.print(out);
  EXPECT_EQ(out.str(),
            "CITY    PEOPLE  NOTE\n"
            "東京  14000000  -\n"
            "Köln   1000000  Dom\n");
}

}  // namespace
}  // namespace portico::cli
