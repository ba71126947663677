#pragma once

// From a source of objects to the gateways.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/kubernetes/object_source.h"
#include "controlplane/push/push_client.h"
#include "controlplane/translate/translate.h"

namespace portico {

// Takes resets alone. Each set of objects that can be translated without a fault is the next
// revision, for every gateway. With a fault there is none: the fault is told and what the gateways
// run goes on.
class Controller : public ObjectListener {
 public:
  // `gateways` must outlive the controller.
  Controller(const TranslateOptions& options, std::vector<PushClient*> gateways)
      : options_(options), gateways_(std::move(gateways)) {}

  void on_update(const ObjectUpdate& update) override;
  void on_faults(const std::vector<ObjectFault>& faults) override;

  // The revision that was made last; 0: none. To be asked while nothing calls on_...().
  std::uint64_t revision() const { return revision_; }

 private:
  void tell_warnings(const std::vector<ObjectFault>& warnings);
  void tell_loss(const DesiredState& desired);

  const TranslateOptions options_;
  const std::vector<PushClient*> gateways_;
  std::uint64_t revision_ = 0;
  std::shared_ptr<const DesiredState> last_;
  std::vector<std::string> warnings_;  // as last told
};

}  // namespace portico
