// Linked whole into a gtest program: starts DPDK's environment before its first test.

#include <gtest/gtest.h>

#include "tests/support/eal_environment.h"

namespace portico {
namespace {

class EalEnvironment : public testing::Environment {
 public:
  void SetUp() override { start_eal(); }
};

[[maybe_unused]] const testing::Environment* const kRegistered =
    testing::AddGlobalTestEnvironment(new EalEnvironment);  // NOLINT: gtest owns it

}  // namespace
}  // namespace portico
