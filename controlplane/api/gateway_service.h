#pragma once

// What people and scripts ask: views of the ledger and of the data plane.

#include <chrono>
#include <string>

#include "proto/portico/v1/gateway.grpc.pb.h"

namespace portico {

class DataPlane;
class Ledger;

class GatewayService final : public v1::Gateway::Service {
 public:
  GatewayService(Ledger& ledger, DataPlane& data_plane)
      : ledger_(ledger), data_plane_(data_plane), started_(std::chrono::steady_clock::now()) {}

  grpc::Status GetStatus(grpc::ServerContext* context, const v1::GetStatusRequest* request,
                         v1::Status* response) override;
  grpc::Status ListServices(grpc::ServerContext* context, const v1::ListServicesRequest* request,
                            v1::ListServicesResponse* response) override;
  grpc::Status GetService(grpc::ServerContext* context, const v1::GetServiceRequest* request,
                          v1::ServiceView* response) override;
  grpc::Status ListConnections(grpc::ServerContext* context,
                               const v1::ListConnectionsRequest* request,
                               grpc::ServerWriter<v1::Connection>* writer) override;
  grpc::Status DeleteConnections(grpc::ServerContext* context,
                                 const v1::DeleteConnectionsRequest* request,
                                 v1::DeleteConnectionsResponse* response) override;
  grpc::Status ListRoutes(grpc::ServerContext* context, const v1::ListRoutesRequest* request,
                          v1::ListRoutesResponse* response) override;
  grpc::Status ListNeighbors(grpc::ServerContext* context, const v1::ListNeighborsRequest* request,
                             v1::ListNeighborsResponse* response) override;
  grpc::Status ListPorts(grpc::ServerContext* context, const v1::ListPortsRequest* request,
                         v1::ListPortsResponse* response) override;
  grpc::Status GetCounters(grpc::ServerContext* context, const v1::GetCountersRequest* request,
                           v1::Counters* response) override;
  grpc::Status ListDrops(grpc::ServerContext* context, const v1::ListDropsRequest* request,
                         v1::ListDropsResponse* response) override;
  grpc::Status Explain(grpc::ServerContext* context, const v1::ExplainRequest* request,
                       v1::ExplainResponse* response) override;

 private:
  Ledger& ledger_;
  DataPlane& data_plane_;
  const std::chrono::steady_clock::time_point started_;
};

}  // namespace portico
