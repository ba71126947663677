#pragma once

// From a source of objects to the gateways.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/controller/line_limit.h"
#include "controlplane/kubernetes/object_source.h"
#include "controlplane/push/push_client.h"
#include "controlplane/translate/translator.h"
#include "spdlog/common.h"

namespace portico {

// What becomes of an object with a fault.
enum class FaultPolicy {
  // It refuses the update, which must be a reset, as a whole: what was there before stays. For
  // manifests, whose author is there to mend them.
  kRefuseAll,
  // It alone is left out. For a cluster, whose other users have nothing to do with it.
  kLeaveOut,
};

// Told of what the controller makes of updates, by the thread of the source.
class ControllerObserver {
 public:
  virtual ~ControllerObserver() = default;

  virtual void on_update(const ObjectUpdate& update, const Translator& translator) = 0;
  virtual void on_revision(const Revision& revision) = 0;
  // Faults that were not there before, of objects that are left out.
  virtual void on_left_out(const std::vector<ObjectFault>& faults,
                           const Translator& translator) = 0;
};

// Each update that changes what the gateways are to have is the next revision, for each of them.
class Controller : public ObjectListener {
 public:
  // `gateways` and `observers` must outlive the controller.
  Controller(TranslateOptions options, FaultPolicy policy, std::vector<PushClient*> gateways,
             std::vector<ControllerObserver*> observers = {})
      : options_(std::move(options)),
        policy_(policy),
        gateways_(std::move(gateways)),
        observers_(std::move(observers)),
        translator_(options_) {}

  void on_update(const ObjectUpdate& update) override;
  void on_faults(const std::vector<ObjectFault>& faults) override;

  // The revision that was made last; 0: none. To be asked while nothing calls on_...().
  std::uint64_t revision() const { return revision_; }
  const DesiredState& desired() const { return translator_.desired(); }

 private:
  // Whether the update was taken.
  bool translate(const ObjectUpdate& update);
  void tell_warnings(const std::vector<ObjectFault>& warnings);
  void tell_left_out(const std::vector<ObjectFault>& faults);
  void tell_one(spdlog::level::level_enum level, const ObjectFault& fault);
  void tell_loss(const DesiredState& before) const;

  const TranslateOptions options_;
  const FaultPolicy policy_;
  const std::vector<PushClient*> gateways_;
  const std::vector<ControllerObserver*> observers_;
  std::uint64_t revision_ = 0;
  Translator translator_;
  std::vector<std::string> warnings_;  // as last told, of manifests
  LineLimit line_limit_;
};

}  // namespace portico
