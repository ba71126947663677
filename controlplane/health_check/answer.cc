#include "controlplane/health_check/answer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace portico {

HealthAnswer health_answer(absl::string_view service, std::size_t local_endpoints) {
  const std::pair<absl::string_view, absl::string_view> name =
      absl::StrSplit(service, absl::MaxSplits('/', 1));
  HealthAnswer answer;
  answer.status = local_endpoints == 0 ? 503 : 200;
  // Names are RFC 1123 labels, which need no escapes.
  answer.body = absl::StrFormat(
      "{\n"
      "\t\"service\": {\n"
      "\t\t\"namespace\": \"%s\",\n"
      "\t\t\"name\": \"%s\"\n"
      "\t},\n"
      "\t\"localEndpoints\": %d,\n"
      "\t\"serviceProxyHealthy\": true\n"
      "}",
      name.first, name.second, local_endpoints);
  answer.weight = absl::StrCat(local_endpoints);
  return answer;
}

}  // namespace portico
