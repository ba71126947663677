#pragma once

// Kubernetes objects -> what a gateway is to have, change by change.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/types/span.h"
#include "controlplane/kubernetes/object_set.h"
#include "controlplane/push/desired_state.h"
#include "controlplane/translate/claims.h"
#include "controlplane/translate/options.h"
#include "controlplane/translate/reporter.h"
#include "controlplane/translate/service.h"
#include "controlplane/translate/statements.h"
#include "proto/portico/v1/objects.pb.h"

namespace portico {

// # Theory of operation
//
// The translator keeps the objects there are, and does work for what an update touches only:
//
//   1. Each Service that was set or deleted is translated by itself. It *claims* its sockets:
//      (address, port, protocol), node ports and health-check ports.
//   2. A Service is *admitted* if an older one that is admitted has none of its sockets. Looked at
//      anew are those that have changed, and the younger ones that claim a socket of one that has
//      changed or whose admission did; oldest first, so each one once.
//   3. Each EndpointSlice is checked by itself and filed under the Service that its label names,
//      whether that is there or not; a change of the label takes it from the one to the other.
//   4. Each Service that has changed, was admitted or no longer is, or has other slices: its
//      endpoints are made of all its slices together, after all of the update is known. So an
//      endpoint that goes from one slice to another in one update is never away.
//   5. A Node's Pod networks are claimed likewise; each one's route is by the oldest Node.
//   6. An external or load-balancer IP that is a Node's own address is left out of the Service, as
//      long as it is: the gateway would answer for it, and the Node be cut off.
//
// An object with a fault is left out, with what depends on it, and all else is as if it were not
// there. The result depends on the objects alone, not on the way they came: a translation from
// scratch is the same.
//
// What did not change in a Service keeps its memory (desired_state.h), also through a reset.
class Translator {
 public:
  // `base`: what was desired before by somebody else, whose memory is shared where it is the same.
  explicit Translator(TranslateOptions options, DesiredState base = {});

  // What is to be said of the objects that are touched, and was not said of them already.
  Reports apply(const ObjectUpdate& update);

  const DesiredState& desired() const { return desired_; }
  // Objects that are left out for a fault of theirs.
  std::size_t left_out() const { return statements_.at_fault(); }
  // The object of which a report speaks ("Service default/web"); null when it is not there (any
  // more). Valid until the next apply().
  const kubernetes::ObjectMeta* find(const std::string& object) const;
  // How many objects of each kind there are.
  std::size_t services() const { return service_count_; }
  std::size_t endpoint_slices() const { return slices_.size(); }
  std::size_t nodes() const { return nodes_.size(); }

 private:
  // Address (empty: every address for node ports), port, protocol.
  using Socket = std::tuple<std::string, std::uint32_t, v1::Protocol>;
  using SlicePtr = ObjectPtr<kubernetes::EndpointSlice>;
  struct ServiceEntry {
    ObjectPtr<kubernetes::Service> object;  // nothing: there are only slices of it
    Seniority seniority;
    std::shared_ptr<const TranslatedService> translated;  // nothing: with a fault, or not served
    bool admitted = false;
    bool is_fresh = false;         // translated since it was last asked whether it is admitted
    std::vector<SlicePtr> slices;  // without fault
  };
  struct NodeEntry {
    ObjectPtr<kubernetes::Node> object;
    Seniority seniority;
    std::vector<v1::Route> routes;
    std::set<std::string> addresses;  // its own
  };
  template <typename Entry>
  struct ByAge {
    bool operator()(const Entry* a, const Entry* b) const { return a->seniority < b->seniority; }
  };
  template <typename Entry>
  using Queue = std::set<Entry*, ByAge<Entry>>;
  using SocketFields = std::vector<std::pair<Socket, std::string>>;

  void begin_anew();

  // translator_services.cc
  void take(const KindUpdate<kubernetes::Service>& update, Reports* out);
  void take_out(const ObjectKey& key);
  void take_in(const ObjectPtr<kubernetes::Service>& object, Reports* out);
  void admit(Reports* out);
  bool may_be_admitted(const ServiceEntry& entry, Reporter* reporter) const;
  static SocketFields sockets_of(const v1::Service& service);
  static std::vector<std::string> external_addresses(const v1::Service& service);

  // translator.cc
  void take(const KindUpdate<kubernetes::EndpointSlice>& update, Reports* out);
  void take_out_slice(const ObjectKey& key);
  void take_in_slice(const SlicePtr& object, Reports* out);
  void rebuild(const ObjectKey& key, Reports* out);
  void compare_ports(const ServiceEntry& entry, Reports* out);

  // translator_nodes.cc
  void take(const KindUpdate<kubernetes::Node>& update, Reports* out);
  void take_out_node(const ObjectKey& key);
  void take_in_node(const ObjectPtr<kubernetes::Node>& object, Reports* out);
  void settle_routes(Reports* out);
  static const NodeEntry* oldest(absl::Span<NodeEntry* const> nodes);
  const NodeEntry* holder_of(const std::string& prefix) const;
  // Has the Services rebuilt that have one of these addresses.
  void touch(const std::set<std::string>& addresses);
  std::shared_ptr<const v1::Service> without_addresses_of_nodes(const ServiceEntry& entry,
                                                                Reports* out);

  TranslateOptions options_;
  DesiredState desired_;
  Statements statements_;

  // Pointers to entries stay valid until they are erased.
  absl::node_hash_map<ObjectKey, ServiceEntry> services_;
  absl::flat_hash_map<ObjectKey, SlicePtr> slices_;
  absl::node_hash_map<ObjectKey, NodeEntry> nodes_;
  std::size_t service_count_ = 0;  // those of services_ that have an object
  Claims<Socket, ServiceEntry> sockets_;
  Claims<std::string, NodeEntry> prefixes_;
  // By address: whose external or load-balancer IP, and whose own it is.
  Claims<std::string, ServiceEntry> externals_;
  Claims<std::string, NodeEntry> addresses_;

  // Of the update that is under way:
  Queue<ServiceEntry> to_admit_;
  std::set<ObjectKey> to_rebuild_;   // Services
  std::set<std::string> to_settle_;  // Pod networks
  Queue<NodeEntry> to_tell_;         // those whose networks may be another's, or no more
};

}  // namespace portico
