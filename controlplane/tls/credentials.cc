#include "controlplane/tls/credentials.h"

#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace portico {

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> channel_credentials(
    const ChannelTls& tls, grpc::ChannelArguments* arguments) {
  if (!tls.is_there()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  for (const auto& [path, text] : {std::pair(tls.ca, &options.pem_root_certs),
                                   std::pair(tls.certificate, &options.pem_cert_chain),
                                   std::pair(tls.key, &options.pem_private_key)}) {
    std::ifstream file(path);
    *text = std::string(std::istreambuf_iterator<char>(file), {});
    if (!file || text->empty()) {
      return absl::FailedPreconditionError(absl::StrCat(path, ": can't be read, or is empty"));
    }
  }
  if (!tls.server_name.empty()) arguments->SetSslTargetNameOverride(tls.server_name);
  return grpc::SslCredentials(options);
}

}  // namespace portico
