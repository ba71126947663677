#include "controlplane/yaml/utf8.h"

#include <gtest/gtest.h>

namespace portico {
namespace {

constexpr std::size_t kNone = absl::string_view::npos;

// RFC 3629 section 4: the bounds of each form.
TEST(Utf8, AcceptsTheBoundsOfEachForm) {
  for (const absl::string_view text :
       {"", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(find_invalid_utf8(text), kNone) << testing::PrintToString(text);
  }
}

TEST(Utf8, RefusesWhatIsBeyondThem) {
  for (const absl::string_view text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc2", "\xe2\x82", "\xf0\x9f\x98",
        "\xc2\x41", "\xe2\x82\x41", "\xf0\x9f\x98\x41"}) {
    EXPECT_EQ(find_invalid_utf8(text), 0u) << testing::PrintToString(text);
  }
}

TEST(Utf8, TellsWhere) {
  EXPECT_EQ(find_invalid_utf8("ab\xc3\xa4z\xff"), 5u);
}

}  // namespace
}  // namespace portico
