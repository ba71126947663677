#include "controlplane/watch/decode.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/kubernetes/core.pb.h"
#include "tests/unit/controlplane/watch/wire.h"

namespace portico {
namespace {

using testing::HasSubstr;

const TypeName kService{"v1", "Service"};

absl::StatusOr<WatchEvent> decode(Encoding encoding, const std::string& piece) {
  return decode_event(encoding, piece, kService, kubernetes::Service::default_instance());
}
// The contents of the frame.
absl::StatusOr<WatchEvent> decode_frame(const std::string& frame) {
  return decode(Encoding::kProtobuf, frame.substr(4));
}

TEST(DecodeEvent, OfAnObjectInBothEncodings) {
  const std::string object =
      wire::field(1, wire::metadata("web", "7")) + wire::field(2, wire::field(3, "10.0.0.1"));
  for (const auto& event :
       {decode(Encoding::kJson, R"({"type":"ADDED","object":{"kind":"Service","apiVersion":"v1",
            "metadata":{"name":"web","namespace":"shop","resourceVersion":"7"},
            "spec":{"clusterIP":"10.0.0.1"}}})"),
        decode_frame(wire::event("ADDED", wire::envelope("v1", "Service", object)))}) {
    ASSERT_TRUE(event.ok()) << event.status();
    EXPECT_EQ(event->type, "ADDED");
    EXPECT_EQ(event->object_type, kService);
    ASSERT_NE(event->object, nullptr);
    EXPECT_EQ(metadata_of(*event->object).name(), "web");
    EXPECT_EQ(metadata_of(*event->object).resource_version(), "7");
    EXPECT_EQ(static_cast<const kubernetes::Service&>(*event->object).spec().cluster_ip(),
              "10.0.0.1");
  }
}

// k8s.io/apimachinery/pkg/apis/meta/v1: Status{message=3, reason=4, details=5{causes=4{reason=1},
// retryAfterSeconds=5}, code=6}.
TEST(DecodeEvent, OfAStatusInBothEncodings) {
  const std::string status =
      wire::field(1, "") + wire::field(2, "Failure") + wire::field(3, "too old") +
      wire::field(4, "Expired") +
      wire::field(
          5, wire::field(4, wire::field(1, "Cause") + wire::field(2, "why")) + wire::number(5, 3)) +
      wire::number(6, 410);
  for (const auto& event :
       {decode(Encoding::kJson,
               R"({"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},
            "status":"Failure","message":"too old","reason":"Expired","code":410,
            "details":{"causes":[{"reason":"Cause","message":"why"}],"retryAfterSeconds":3}}})"),
        decode_frame(wire::event("ERROR", wire::envelope("v1", "Status", status)))}) {
    ASSERT_TRUE(event.ok()) << event.status();
    EXPECT_EQ(event->type, "ERROR");
    ASSERT_NE(event->object, nullptr);
    const auto& read = dynamic_cast<const kubernetes::Status&>(*event->object);
    EXPECT_EQ(read.message(), "too old");
    EXPECT_EQ(read.reason(), "Expired");
    EXPECT_EQ(read.code(), 410);
    EXPECT_EQ(read.details().causes(0).type(), "Cause");
    EXPECT_EQ(read.details().causes(0).message(), "why");
    EXPECT_EQ(read.details().retry_after_seconds(), 3);
  }
}

TEST(DecodeEvent, OfSomethingElseHasNoObject) {
  for (const auto& event :
       {decode(Encoding::kJson,
               R"({"type":"ADDED","object":{"kind":"Table","apiVersion":"meta.k8s.io/v1"}})"),
        decode_frame(wire::event("ADDED", wire::envelope("meta.k8s.io/v1", "Table", "")))}) {
    ASSERT_TRUE(event.ok()) << event.status();
    EXPECT_EQ(event->object, nullptr);
    EXPECT_EQ(event->object_type.kind, "Table");
  }
}

TEST(DecodeEvent, MayFail) {
  for (const char* text :
       {"{", R"({"type":"ADDED"})", R"({"type":1,"object":{}})",
        R"({"type":"ADDED","object":{"kind":"Service","apiVersion":"v1","spec":[]}})"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(decode(Encoding::kJson, text).status())) << text;
  }
  for (const std::string& piece :
       {std::string("\x0a\x7f", 2), wire::field(1, "ADDED"),
        wire::field(2, wire::field(1, "no envelope")),
        wire::field(2, wire::field(1, wire::envelope("v1", "Service", "\x0a\x7f")))}) {
    EXPECT_TRUE(absl::IsInvalidArgument(decode(Encoding::kProtobuf, piece).status())) << piece;
  }
}

TEST(DecodeObject, HasAName) {
  const auto& prototype = kubernetes::Node::default_instance();
  const auto named = decode_object(Encoding::kJson, R"({"metadata":{"name":"n1"}})", prototype);
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_EQ(metadata_of(**named).name(), "n1");
  EXPECT_TRUE(
      decode_object(Encoding::kProtobuf, wire::field(1, wire::field(1, "n1")), prototype).ok());
  for (const auto& none : {decode_object(Encoding::kJson, "{}", prototype),
                           decode_object(Encoding::kProtobuf, "", prototype)}) {
    EXPECT_EQ(none.status().message(), "metadata.name: is not there");
  }
}

TEST(DecodeListHeader, InBothEncodings) {
  const std::string json =
      R"({"kind":"ServiceList","apiVersion":"v1",
          "metadata":{"resourceVersion":"48213","continue":"more"},"items":[{}]})";
  const std::string bytes = wire::list("v1", "ServiceList", "48213", "more", {"x"});
  for (const Encoding encoding : {Encoding::kJson, Encoding::kProtobuf}) {
    const auto splitter = make_list_splitter(encoding);
    ASSERT_TRUE(splitter->feed(encoding == Encoding::kJson ? json : bytes, [](auto) {}).ok());
    const absl::StatusOr<ListHeader> header = decode_list_header(encoding, *splitter);
    ASSERT_TRUE(header.ok()) << header.status();
    EXPECT_EQ(header->type, (TypeName{"v1", "ServiceList"}));
    EXPECT_EQ(header->metadata.resource_version(), "48213");
    EXPECT_EQ(header->metadata.continue_(), "more");
  }
}

TEST(DecodeBody, IsOfItsTypeOnly) {
  const TypeName versions{"v1", "APIVersions"};
  kubernetes::APIVersions read;
  EXPECT_TRUE(decode_body("application/json; charset=utf-8",
                          R"({"kind":"APIVersions","apiVersion":"v1","versions":["v1"]})", versions,
                          &read)
                  .ok());
  EXPECT_EQ(read.versions(0), "v1");
  EXPECT_THAT(std::string(decode_body("application/json", R"({"kind":"Other","apiVersion":"v2"})",
                                      versions, &read)
                              .message()),
              HasSubstr("is of kind \"Other\" in \"v2\", not APIVersions in v1"));
  EXPECT_THAT(std::string(decode_body("text/html", "<html>", versions, &read).message()),
              HasSubstr("is of content type \"text/html\""));
}

TEST(DecodeError, IsAStatusInAnyCase) {
  const auto json = decode_error(403, "application/json",
                                 R"({"kind":"Status","apiVersion":"v1","reason":"Forbidden",
                                     "message":"services is forbidden","code":403})");
  EXPECT_EQ(json.message(), "services is forbidden");
  EXPECT_EQ(json.reason(), "Forbidden");
  const auto protobuf =
      decode_error(410, "application/vnd.kubernetes.protobuf",
                   wire::envelope("v1", "Status", wire::field(4, "Gone") + wire::number(6, 410)));
  EXPECT_EQ(protobuf.reason(), "Gone");
  const auto text = decode_error(502, "text/plain", "bad\x1b gateway\n");
  EXPECT_EQ(text.code(), 502);
  EXPECT_EQ(text.message(), "bad\\x1b gateway");
  EXPECT_EQ(decode_error(500, "application/json", std::string(5000, '{')).message().size(), 200u);
}

}  // namespace
}  // namespace portico
