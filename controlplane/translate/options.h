#pragma once

#include "controlplane/translate/availability.h"

namespace portico {

struct TranslateOptions {
  // Whether Nodes' Pod networks become routes.
  bool node_routes = true;
  Standpoint standpoint{};
};

}  // namespace portico
