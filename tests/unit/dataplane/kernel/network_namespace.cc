#include "tests/unit/dataplane/kernel/network_namespace.h"

#include <sched.h>
#include <unistd.h>

namespace portico {
namespace {

class NetworkNamespace : public testing::Environment {
 public:
  void SetUp() override {
    const int flags = CLONE_NEWNET | (geteuid() == 0 ? 0 : CLONE_NEWUSER);
    ASSERT_EQ(unshare(flags), 0) << "no network namespace of one's own: run as root";
    run("ip link set lo up");
  }
};

const auto* const registered = testing::AddGlobalTestEnvironment(new NetworkNamespace);

}  // namespace
}  // namespace portico
