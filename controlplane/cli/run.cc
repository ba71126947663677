#include "controlplane/cli/run.h"

#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "controlplane/cli/client.h"
#include "controlplane/cli/command_line.h"
#include "controlplane/cli/help.h"
#include "controlplane/cli/text.h"

namespace portico::cli {
namespace {

ExitCode usage_error(const CommandLine& line, std::ostream& error) {
  error << line.path << ": " << printable(line.status.message()) << "\nTry `" << line.path
        << " --help`.\n";
  return ExitCode::kUsage;
}

// What the gateway said, with its code by the name that gRPC's documentation has.
std::string request_error(const absl::Status& status, const CommandLine& line) {
  const std::string code = absl::StatusCodeToString(status.code());
  if (status.code() == absl::StatusCode::kUnimplemented) {
    return absl::StrCat("the gateway at ", line.options.gateway.text,
                        " does not know this request: `porticoctl version` compares the two (",
                        code, ")");
  }
  return absl::StrCat(status.message().empty() ? "the gateway gave no reason" : status.message(),
                      " (", code, ")");
}

// Lines may be ours, whatever else is in them is not.
void print_error(absl::string_view message, std::ostream& error) {
  error << "porticoctl: ";
  for (const absl::string_view line : absl::StrSplit(message, '\n')) {
    error << printable(line) << '\n';
  }
}

ExitCode failure(const absl::Status& status, const CommandLine& line, std::ostream& error) {
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) {
    print_error(status.message(), error);
    return ExitCode::kGatewayUnreachable;
  }
  print_error(request_error(status, line), error);
  return ExitCode::kRequestFailed;
}

}  // namespace

ExitCode run(const std::vector<std::string>& arguments, const Environment& environment,
             std::ostream& out, std::ostream& error) {
  const CommandLine line = parse_command_line(arguments, environment);
  if (line.options.help) {
    out << help_text(*line.command, line.path);
    return ExitCode::kSuccess;
  }
  if (!line.status.ok()) return usage_error(line, error);
  if (line.options.version) {
    out << "porticoctl " PORTICO_VERSION "\n";
    return ExitCode::kSuccess;
  }

  Client client(line.options.gateway, line.options.tls, line.options.timeout);
  Context context{line.options, environment, client, out, error};
  const absl::Status status = line.command->run(context);
  out.flush();
  if (!status.ok()) return failure(status, line, error);
  if (!out) {
    error << "porticoctl: the output can't be written\n";
    return ExitCode::kRequestFailed;
  }
  return ExitCode::kSuccess;
}

}  // namespace portico::cli
