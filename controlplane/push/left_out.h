#pragma once

// What one gateway has refused, and is done without.

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "controlplane/push/desired_state.h"
#include "proto/portico/v1/push.pb.h"

namespace portico {

// # Theory of operation
//
// A gateway refuses a revision as a whole, and names what is wrong. An object that it names is kept
// here as it was, and left out of each state that is sent from then on, a Service with its
// endpoints, until it is another: then it is let in again, for the gateway to judge. So what the
// gateway has follows from the state and the gateway's judgement, and one object never holds up the
// others.
class LeftOut {
 public:
  // Leaves out what the refusal of `state` names. False, and nothing is changed, if it names
  // something that is not in `state` or nothing at all, as when a table is full: then nobody knows
  // what to do without.
  bool add(const v1::Refusal& refusal, const DesiredState& state);
  // `state` without what is left out; what is another by now, or gone, is so no longer.
  DesiredState apply(DesiredState state);

  // "service default/web", as Violation.object has it.
  bool contains(const std::string& object) const;
  std::size_t size() const { return services_.size() + endpoints_.size() + routes_.size(); }
  bool empty() const { return size() == 0; }

 private:
  bool add(const std::string& object, const DesiredState& state);

  using EndpointKey = std::pair<std::string, std::string>;  // Service, name

  std::map<std::string, std::shared_ptr<const v1::Service>> services_;
  std::map<EndpointKey, std::shared_ptr<const v1::Endpoint>> endpoints_;
  std::map<std::string, std::shared_ptr<const v1::Route>> routes_;
};

}  // namespace portico
