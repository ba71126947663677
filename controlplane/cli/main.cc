#include <cstdlib>
#include <iostream>

#include "controlplane/cli/run.h"

int main(int argc, char** argv) {
  // What gRPC logs of a handshake that failed is part of our own message.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return static_cast<int>(
      portico::cli::run(arguments, portico::cli::Environment::of_process(), std::cout, std::cerr));
}
