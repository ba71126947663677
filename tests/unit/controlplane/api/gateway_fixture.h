#pragma once

// What the tests of the Gateway service start from: a client that calls it.

#include "gmock/gmock.h"
#include "proto/portico/rpc/v1/error_details.pb.h"
#include "tests/unit/controlplane/api/api_fixture.h"

namespace portico {

// Each unary method is called by its name, so that a test reads like a client.
#define PORTICO_CALL(Method, Response)                                               \
  std::pair<grpc::Status, v1::Response> Method(const v1::Method##Request& request) { \
    grpc::ClientContext context;                                                     \
    v1::Response response;                                                           \
    const grpc::Status status = gateway_->Method(&context, request, &response);      \
    return {status, response};                                                       \
  }

class GatewayTest : public ApiTest {
 protected:
  void SetUp() override { start(); }

  PORTICO_CALL(GetStatus, Status)
  PORTICO_CALL(ListServices, ListServicesResponse)
  PORTICO_CALL(GetService, ServiceView)
  PORTICO_CALL(DeleteConnections, DeleteConnectionsResponse)
  PORTICO_CALL(ListRoutes, ListRoutesResponse)
  PORTICO_CALL(ListNeighbors, ListNeighborsResponse)
  PORTICO_CALL(ListPorts, ListPortsResponse)
  PORTICO_CALL(GetCounters, Counters)
  PORTICO_CALL(ListDrops, ListDropsResponse)
  PORTICO_CALL(Explain, ExplainResponse)

  static void expect_invalid(const grpc::Status& status, const std::string& field) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), testing::HasSubstr(field + ": "));
    rpc::v1::Status details;
    rpc::v1::BadRequest bad_request;
    ASSERT_TRUE(details.ParseFromString(status.error_details()));
    ASSERT_EQ(details.details_size(), 1);
    EXPECT_EQ(details.details(0).type_url(), "type.googleapis.com/google.rpc.BadRequest");
    ASSERT_TRUE(bad_request.ParseFromString(details.details(0).value()));
    EXPECT_EQ(bad_request.field_violations(0).field(), field);
  }

  static IpAddress address(const char* text) { return IpAddress::parse(text).value(); }
  static L4Port port(std::uint16_t number) { return L4Port::from_host(number); }

  // Names on each page, until the last one.
  std::vector<std::vector<std::string>> service_pages(v1::ListServicesRequest request) {
    std::vector<std::vector<std::string>> pages;
    do {
      const auto [status, response] = ListServices(request);
      EXPECT_TRUE(status.ok()) << status.error_message();
      pages.emplace_back();
      for (const v1::ServiceView& view : response.services()) {
        pages.back().push_back(view.service().name());
      }
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty() && pages.size() < 10);
    return pages;
  }

  void push_services(const std::vector<std::string>& names) {
    const auto client = push("kubernetes");
    int host = 0;
    for (const std::string& name : names) {
      client->send(set_service(name, "10.0.0." + std::to_string(++host)));
    }
    ASSERT_TRUE(client->ask(sync(1)).has_acknowledgement());
  }
};

#undef PORTICO_CALL

}  // namespace portico
