#include "controlplane/cli/environment.h"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <cstring>

namespace portico::cli {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Environment Environment::of_process() {
  Environment environment;
  environment.gateway = variable("PORTICO_GATEWAY");
  environment.tls = {.ca = variable("PORTICO_GATEWAY_CA"),
                     .certificate = variable("PORTICO_GATEWAY_CERTIFICATE"),
                     .key = variable("PORTICO_GATEWAY_KEY"),
                     .server_name = variable("PORTICO_GATEWAY_NAME")};
  const bool forced = !variable("CLICOLOR_FORCE").empty();
  if (isatty(STDOUT_FILENO) == 0 && !forced) return environment;

  environment.color = variable("NO_COLOR").empty() && (forced || variable("TERM") != "dumb");
  std::setlocale(LC_CTYPE, "");
  environment.unicode = std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) environment.width = size.ws_col;
  return environment;
}

}  // namespace portico::cli
