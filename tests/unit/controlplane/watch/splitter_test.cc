#include "controlplane/watch/splitter.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/controlplane/watch/wire.h"

namespace portico {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Result {
  absl::Status status;
  std::vector<std::string> pieces;
  std::string surroundings;
  TypeName type;
  std::uint64_t passed_over = 0;

  friend bool operator==(const Result&, const Result&) = default;
};

struct Body {
  Encoding encoding = Encoding::kJson;
  bool list = false;
  std::string bytes;
  SplitterLimits limits = {};
};

Result split(const Body& body, const std::vector<std::size_t>& cuts) {
  Result result;
  const auto splitter = body.list ? make_list_splitter(body.encoding, body.limits)
                                  : make_watch_splitter(body.encoding, body.limits);
  const auto take = [&result](absl::string_view piece) { result.pieces.emplace_back(piece); };
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    if (!result.status.ok()) break;
    // A copy of its own, so that a sanitizer sees who looks beyond it.
    const std::string part = body.bytes.substr(begin, cut - begin);
    result.status = splitter->feed(part, take);
    begin = cut;
  }
  if (result.status.ok()) result.status = splitter->finish();
  result.surroundings = std::string(splitter->surroundings());
  result.type = splitter->type();
  result.passed_over = splitter->passed_over();
  return result;
}

// Whole; then cut in two at every byte, and byte by byte, with the same result.
Result split_everywhere(const Body& body) {
  const std::size_t size = body.bytes.size();
  Result whole = split(body, {size});
  std::vector<std::size_t> every;
  for (std::size_t cut = 0; cut <= size; ++cut) {
    EXPECT_EQ(split(body, {cut, size}), whole) << "cut at " << cut;
    if (cut > 0) every.push_back(cut);
  }
  EXPECT_EQ(split(body, every), whole) << "byte by byte";
  return whole;
}

TEST(JsonWatch, IsAnyNumberOfObjectsCutAnywhere) {
  const std::string first = R"({"type":"ADDED","object":{"a":[1,{"b":"}{][\"\\"}],"c":{}}})";
  const std::string second = "{\n  \"type\": \"BOOKMARK\"\n}";
  const Result result = split_everywhere({.bytes = first + second + "\n \r\n" + first + "\n"});
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.pieces, ElementsAre(first, second, first));
}

TEST(JsonWatch, MayEndInTheMiddle) {
  const Result result = split_everywhere({.bytes = R"({"a":1}{"b":"}")"});
  EXPECT_THAT(result.pieces, ElementsAre(R"({"a":1})"));
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("ends within an object"));
}

TEST(JsonWatch, IsNothingElse) {
  for (const char* text : {"<html>", "[{}]", "{} x", "404 page not found", "\"{\""}) {
    EXPECT_TRUE(absl::IsInvalidArgument(split_everywhere({.bytes = text}).status)) << text;
  }
}

TEST(JsonWatch, PassesOverWhatIsTooLarge) {
  const std::string large = "{\"a\":\"" + std::string(40, 'x') + "}\"}";
  const Result result =
      split_everywhere({.bytes = "{\"b\":1}" + large + "{\"c\":2}", .limits = {.max_piece = 20}});
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.pieces, ElementsAre("{\"b\":1}", "{\"c\":2}"));
  EXPECT_EQ(result.passed_over, 1u);
}

TEST(JsonWatch, TakesAPieceOfJustTheLimit) {
  const Result result = split_everywhere({.bytes = "{\"a\":12}", .limits = {.max_piece = 8}});
  EXPECT_THAT(result.pieces, ElementsAre("{\"a\":12}"));
}

TEST(JsonWatch, IsNotNestedWithoutEnd) {
  const Result result = split_everywhere({.bytes = "{\"a\":" + std::string(200, '[')});
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("nested too deeply"));
}

TEST(JsonList, IsItsItemsAndWhatIsAroundThem) {
  const std::string item = R"({"metadata":{"name":"a]}\""},"items":[{"x":1}]})";
  const Result result = split_everywhere(
      {.list = true,
       .bytes =
           R"({"kind":"ServiceList","metadata":{"resourceVersion":"7","items":[1]},"items":[ )" +
           item + ",\n{} ],\"more\":\"items\"}\n"});
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.pieces, ElementsAre(item, "{}"));
  EXPECT_EQ(result.surroundings,
            R"({"kind":"ServiceList","metadata":{"resourceVersion":"7","items":[1]},)"
            R"("items":[],"more":"items"})");
}

TEST(JsonList, MayHaveItsMetadataBehindItsItems) {
  const Result result =
      split_everywhere({.list = true, .bytes = R"({"items":[{"a":1}],"metadata":{}})"});
  EXPECT_THAT(result.pieces, ElementsAre(R"({"a":1})"));
  EXPECT_EQ(result.surroundings, R"({"items":[],"metadata":{}})");
}

// Go writes a list that was never made as null.
TEST(JsonList, MayBeEmptyOrNull) {
  for (const char* text : {R"({"items":[]})", R"({"items":null})", R"({"kind":"ServiceList"})"}) {
    const Result result = split_everywhere({.list = true, .bytes = text});
    EXPECT_TRUE(result.status.ok()) << text << result.status;
    EXPECT_TRUE(result.pieces.empty());
    EXPECT_EQ(result.surroundings, text);
  }
}

TEST(JsonList, IsRefusedIfItIsNone) {
  for (const char* text :
       {"", "x", "[]", R"({"items":[1]})", R"({"items":[{}]})x", R"({"items":[{})"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(split_everywhere({.list = true, .bytes = text}).status))
        << text;
  }
}

TEST(JsonList, HasLimits) {
  const std::string text = R"({"kind":"aaaaaaaaaaaaaaaaaaaaaaaaaa","items":[{"a":"bbbbbb"},{}]})";
  const Result items = split_everywhere({.list = true, .bytes = text, .limits = {.max_piece = 8}});
  EXPECT_THAT(items.pieces, ElementsAre("{}"));
  EXPECT_EQ(items.passed_over, 1u);
  const Result around =
      split_everywhere({.list = true, .bytes = text, .limits = {.max_surroundings = 16}});
  EXPECT_THAT(std::string(around.status.message()), HasSubstr("too much text around the items"));
}

TEST(ProtobufWatch, IsAnyNumberOfFramesCutAnywhere) {
  const std::string large(300, 'x');
  const Result result =
      split_everywhere({.encoding = Encoding::kProtobuf,
                        .bytes = wire::frame("abc") + wire::frame("") + wire::frame(large)});
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.pieces, ElementsAre("abc", "", large));
}

TEST(ProtobufWatch, MayEndInTheMiddle) {
  const std::string bytes = wire::frame("abc") + wire::frame("defg");
  for (std::size_t size = bytes.size() - 7; size < bytes.size(); ++size) {
    const Result result =
        split_everywhere({.encoding = Encoding::kProtobuf, .bytes = bytes.substr(0, size)});
    EXPECT_THAT(result.pieces, ElementsAre("abc"));
    EXPECT_THAT(std::string(result.status.message()), HasSubstr("ends within a frame")) << size;
  }
}

TEST(ProtobufWatch, PassesOverWhatIsTooLarge) {
  const std::string bytes =
      wire::frame("abc") + wire::frame(std::string(9, 'x')) + wire::frame("d");
  const Result result = split_everywhere(
      {.encoding = Encoding::kProtobuf, .bytes = bytes, .limits = {.max_piece = 8}});
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.pieces, ElementsAre("abc", "d"));
  EXPECT_EQ(result.passed_over, 1u);
}

TEST(ProtobufWatch, IsNoText) {
  const Result result = split_everywhere({.encoding = Encoding::kProtobuf, .bytes = "<html>"});
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("length of a frame is absurd"));
}

TEST(ProtobufList, IsItsItemsAndWhatIsAroundThem) {
  const std::string item(200, 'i');
  const Result result = split_everywhere(
      {.encoding = Encoding::kProtobuf,
       .list = true,
       .bytes = wire::list("v1", "ServiceList", "48213", "more", {"a", "", item})});
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.pieces, ElementsAre("a", "", item));
  EXPECT_EQ(result.surroundings, wire::field(1, wire::field(2, "48213") + wire::field(3, "more")));
  EXPECT_EQ(result.type, (TypeName{"v1", "ServiceList"}));
}

TEST(ProtobufList, MayBeEmpty) {
  const Result result = split_everywhere({.encoding = Encoding::kProtobuf,
                                          .list = true,
                                          .bytes = wire::envelope("v1", "NodeList", "")});
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_TRUE(result.pieces.empty());
  EXPECT_EQ(result.type.kind, "NodeList");
}

TEST(ProtobufList, MayEndInTheMiddle) {
  const std::string raw = wire::field(1, wire::field(2, "7")) + wire::field(2, "item");
  const std::string bytes = std::string("k8s\0", 4) + wire::field(2, raw);
  EXPECT_TRUE(split({.encoding = Encoding::kProtobuf, .list = true, .bytes = bytes}, {bytes.size()})
                  .status.ok());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    // What ends before the list begins is a whole message, but without a list.
    if (size == 4) continue;
    const Result result = split_everywhere(
        {.encoding = Encoding::kProtobuf, .list = true, .bytes = bytes.substr(0, size)});
    EXPECT_TRUE(absl::IsInvalidArgument(result.status)) << size;
  }
}

TEST(ProtobufList, IsRefusedIfItIsNone) {
  using wire::field;
  const std::string magic("k8s\0", 4);
  for (const std::string& bytes :
       {std::string("{\"kind\":"), std::string("k8t"),
        magic + field(2, field(1, "a") + "\x12\x05" + "b"),  // an item that goes beyond the list
        magic + std::string("\x0d\x00\x00\x00\x00", 5),      // a field of a fixed length
        magic + std::string(12, '\xff')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(
        split_everywhere({.encoding = Encoding::kProtobuf, .list = true, .bytes = bytes}).status))
        << bytes;
  }
}

TEST(ProtobufList, HasLimits) {
  const std::string bytes = wire::list("v1", "ServiceList", "48213", "", {"abcdefghi", "b"});
  const Result items = split_everywhere(
      {.encoding = Encoding::kProtobuf, .list = true, .bytes = bytes, .limits = {.max_piece = 8}});
  EXPECT_TRUE(items.status.ok()) << items.status;
  EXPECT_THAT(items.pieces, ElementsAre("b"));
  EXPECT_EQ(items.passed_over, 1u);
  EXPECT_EQ(items.surroundings, wire::field(1, wire::field(2, "48213") + wire::field(3, "")));
  const Result around = split_everywhere({.encoding = Encoding::kProtobuf,
                                          .list = true,
                                          .bytes = bytes,
                                          .limits = {.max_surroundings = 4}});
  EXPECT_THAT(std::string(around.status.message()), HasSubstr("too much around the items"));
}

}  // namespace
}  // namespace portico
