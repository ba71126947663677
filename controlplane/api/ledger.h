#pragma once

// Theory of operation
//
// The ledger is the one place where the desired state changes. It holds the store, and what is
// known about each source; it makes the data plane follow, and everybody who asks reads from it.
//
//   accept()  one at a time:  plan  ->  DataPlane::apply  ->  commit  ->  on_accepted
//
// Two locks. `sync_mutex_` serialises accept(); while it is held nobody else changes the store, so
// that planning, the long part, needs no other lock and blocks no reader. `mutex_` is held for
// writing from the data plane's application to the commit, so that a reader never sees the one
// without the other: endpoint counters, which the data plane tells by position, belong to the
// endpoints they are shown with.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/store/store.h"
#include "include/portico/data_plane.h"

namespace portico {

// What is known about a source but its objects.
struct SourceStatus {
  std::string name;
  std::string user_agent;
  std::uint32_t streams = 0;              // open now
  std::optional<std::uint64_t> revision;  // the last one accepted
  absl::Time accepted_at;                 // when; meaningful with `revision`
  std::uint64_t services = 0;
  std::uint64_t endpoints = 0;
  std::uint64_t routes = 0;
  std::uint64_t refusals = 0;                   // since the gateway started
  absl::Time closed_at = absl::InfinitePast();  // when its last stream ended
};

// Everything that one source has, as it is kept on disk.
struct SourceSnapshot {
  std::string source;
  std::string user_agent;
  std::uint64_t revision = 0;
  absl::Time accepted_at;
  std::vector<store::ServicePtr> services;
  std::vector<store::EndpointPtr> endpoints;
  std::vector<store::RoutePtr> routes;
};

// A Service with all that is in the tables for it.
struct ServiceEntry {
  std::string source;
  store::ServicePtr service;
  std::vector<ServicePort> ports;
  // Of the endpoints of `ports`, in the same order.
  std::vector<std::vector<EndpointCounters>> counters;
};

struct AcceptResult {
  // What was wrong with the objects; `count` may exceed what is in the list.
  std::vector<store::Violation> violations;
  std::size_t violation_count = 0;
  // When the objects are good: what the data plane said.
  absl::Status applied;
  TableChange refused;   // what it was asked to do, when it said no
  bool changed = false;  // what the source has is not what it had

  bool ok() const { return violation_count == 0 && applied.ok(); }
};

class Ledger {
 public:
  // `data_plane` must outlive the ledger and have empty tables.
  Ledger(DataPlane& data_plane, store::GatewayFacts facts);

  // Called with the source after each accepted Sync, from the thread that accepted it. Set before
  // the first accept().
  void on_accepted(std::function<void(const std::string& source)> callback);

  // Called when Services have changed, likewise.
  void on_services_changed(std::function<void()> callback);

  // Makes `pending` of `source` take effect, whole or not at all. Returns when the data plane has
  // passed it. `accepted_at` is kept beside the revision.
  AcceptResult accept(const std::string& source, const store::Pending& pending,
                      std::uint64_t revision, absl::Time accepted_at = absl::Now(),
                      std::size_t violation_limit = 100);

  // A stream of `source` begins; returns the revision last accepted from it.
  std::optional<std::uint64_t> open(const std::string& source, const std::string& user_agent);
  void close(const std::string& source);
  void set_user_agent(const std::string& source, const std::string& user_agent);

  // By name. A source that has nothing, and no stream, is forgotten after a while.
  std::vector<SourceStatus> sources(absl::Time now = absl::Now()) const;
  SourceSnapshot snapshot(const std::string& source) const;

  // The names of up to `limit` Services after `after`, in their order, of one namespace if
  // `name_space` is not empty.
  std::vector<std::string> service_names(const std::string& after, const std::string& name_space,
                                         std::size_t limit) const;
  std::optional<ServiceEntry> service(const std::string& name) const;

  // The ports on which Services' health is asked, and the Service of each.
  absl::btree_map<std::uint16_t, std::string> health_check_ports() const;
  // What is answered there: how many addresses of its endpoints are active locally, but for Pods
  // that end. Absent when there is no such Service.
  std::optional<std::size_t> local_endpoints(const std::string& service, Family family) const;

 private:
  void forget_idle_sources() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  SourceStatus& status_of(const std::string& source) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  DataPlane& data_plane_;
  std::function<void(const std::string&)> on_accepted_;
  std::function<void()> on_services_changed_;
  absl::Mutex sync_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  mutable absl::Mutex mutex_;
  // Written with both locks, read with either.
  store::Store store_;
  absl::btree_map<std::string, SourceStatus> statuses_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace portico
