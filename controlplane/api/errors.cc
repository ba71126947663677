#include "controlplane/api/errors.h"

#include "absl/strings/str_cat.h"
#include "proto/portico/rpc/v1/error_details.pb.h"

namespace portico {

grpc::Status to_grpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

grpc::Status invalid_field(const std::string& field, const std::string& description) {
  rpc::v1::BadRequest bad_request;
  auto& violation = *bad_request.add_field_violations();
  violation.set_field(field);
  violation.set_description(description);

  rpc::v1::Status status;
  status.set_code(static_cast<int>(grpc::StatusCode::INVALID_ARGUMENT));
  status.set_message(absl::StrCat(field, ": ", description));
  google::protobuf::Any& detail = *status.add_details();
  detail.set_type_url("type.googleapis.com/google.rpc.BadRequest");
  detail.set_value(bad_request.SerializeAsString());
  return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, status.message(),
                      status.SerializeAsString());
}

}  // namespace portico
