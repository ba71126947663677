// What people ask about packets that were never sent.

#include "tests/unit/controlplane/api/gateway_fixture.h"

namespace portico {
namespace {

using ExplainTest = GatewayTest;

TEST_F(ExplainTest, APacket) {
  v1::ExplainRequest request;
  request.set_protocol(v1::PROTOCOL_TCP);
  request.set_source("10.20.0.10");
  request.set_destination("10.100.3.59");
  request.set_destination_port(81);
  Explanation explanation;
  explanation.worker = WorkerId{1};
  explanation.steps = {{"find_service", "no Service"}};
  explanation.verdict = "drop";
  explanation.drop_reason = DropReason::service_port_unknown;
  data_plane_.explanation = explanation;
  const auto [status, response] = Explain(request);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.verdict(), v1::ExplainResponse::VERDICT_DROP);
  EXPECT_EQ(response.drop_reason(), "service_port_unknown");
  EXPECT_EQ(response.steps(0).stage(), "find_service");
  EXPECT_EQ(data_plane_.explained.source_port, port(40000));
  EXPECT_EQ(data_plane_.explained.tcp_flags, 0x02);
  EXPECT_EQ(data_plane_.explained.ttl, 64);

  data_plane_.explanation = absl::InvalidArgumentError("there is no port \"x\"");
  EXPECT_EQ(Explain(request).first.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const auto with = [&](auto change) {
    v1::ExplainRequest changed = request;
    change(changed);
    return Explain(changed).first;
  };
  expect_invalid(with([](auto& r) { r.clear_protocol(); }), "protocol");
  expect_invalid(with([](auto& r) { r.set_source("x"); }), "source");
  expect_invalid(with([](auto& r) { r.set_destination("2001:db8::1"); }), "destination");
  expect_invalid(with([](auto& r) { r.set_destination_port(0); }), "destination_port");
  expect_invalid(with([](auto& r) { r.set_ttl(256); }), "ttl");
  expect_invalid(with([](auto& r) { r.set_tcp_flags(256); }), "tcp_flags");
  expect_invalid(with([](auto& r) { r.set_sctp_chunk(256); }), "sctp_chunk");

  data_plane_.explanation = explanation;
  EXPECT_TRUE(with([](auto& r) { r.set_protocol(v1::PROTOCOL_SCTP); }).ok());
  EXPECT_EQ(data_plane_.explained.sctp_chunk, 1);  // INIT
  EXPECT_TRUE(with([](auto& r) { r.set_sctp_chunk(0); }).ok());
  EXPECT_EQ(data_plane_.explained.sctp_chunk, 0);  // DATA
}

TEST_F(ExplainTest, AnIcmpError) {
  using Error = v1::ExplainRequest::IcmpError;
  v1::ExplainRequest request;
  request.set_protocol(v1::PROTOCOL_TCP);
  request.set_source("10.12.22.1");
  request.set_source_port(1024);
  request.set_destination("192.168.1.3");
  request.set_destination_port(8080);
  request.mutable_icmp_error()->set_kind(Error::KIND_TOO_BIG);
  Explanation explanation;
  explanation.verdict = "forward";
  explanation.source = address("192.168.1.3");
  explanation.destination = address("10.20.0.10");
  explanation.quoted = {address("10.20.0.10"), address("10.100.3.59"), port(40000), port(80)};
  data_plane_.explanation = explanation;
  const auto [status, response] = Explain(request);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.source().port(), 0u);
  EXPECT_EQ(response.quoted_source().address(), "10.20.0.10");
  EXPECT_EQ(response.quoted_source().port(), 40000u);
  EXPECT_EQ(response.quoted_destination().address(), "10.100.3.59");
  EXPECT_EQ(response.quoted_destination().port(), 80u);
  ASSERT_TRUE(data_plane_.explained.error.has_value());
  EXPECT_EQ(data_plane_.explained.error->kind, ExplainedError::Kind::kTooBig);
  EXPECT_EQ(data_plane_.explained.error->sender, address("192.168.1.3"));
  EXPECT_EQ(data_plane_.explained.error->mtu, 1280);

  const auto with = [&](auto change) {
    v1::ExplainRequest changed = request;
    change(*changed.mutable_icmp_error());
    return Explain(changed).first;
  };
  EXPECT_TRUE(with([](auto& e) {
                e.set_sender("10.12.22.151");
                e.set_mtu(65535);
              }).ok());
  EXPECT_EQ(data_plane_.explained.error->sender, address("10.12.22.151"));
  EXPECT_EQ(data_plane_.explained.error->mtu, 65535);
  EXPECT_TRUE(with([](auto& e) { e.set_kind(Error::KIND_TIME_EXCEEDED); }).ok());
  EXPECT_EQ(data_plane_.explained.error->kind, ExplainedError::Kind::kTimeExceeded);
  EXPECT_TRUE(with([](auto& e) { e.set_kind(Error::KIND_PORT_UNREACHABLE); }).ok());
  EXPECT_EQ(data_plane_.explained.error->kind, ExplainedError::Kind::kPortUnreachable);

  expect_invalid(with([](auto& e) { e.clear_kind(); }), "icmp_error.kind");
  expect_invalid(with([](auto& e) { e.set_sender("x"); }), "icmp_error.sender");
  expect_invalid(with([](auto& e) { e.set_sender("2001:db8::1"); }), "icmp_error.sender");
  expect_invalid(with([](auto& e) { e.set_mtu(65536); }), "icmp_error.mtu");
  expect_invalid(with([](auto& e) {
                   e.set_kind(Error::KIND_TIME_EXCEEDED);
                   e.set_mtu(1400);
                 }),
                 "icmp_error.mtu");
  request.clear_icmp_error();
  EXPECT_TRUE(Explain(request).first.ok());
  EXPECT_FALSE(data_plane_.explained.error.has_value());
}

}  // namespace
}  // namespace portico
