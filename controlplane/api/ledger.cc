#include "controlplane/api/ledger.h"

#include <iterator>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controlplane/store/expand.h"

namespace portico {
namespace {

// For how long people can still see that an empty source was there, and was refused perhaps.
constexpr absl::Duration kMemory = absl::Minutes(10);

bool is_idle(const SourceStatus& status, absl::Time now) {
  return status.streams == 0 && status.services + status.endpoints + status.routes == 0 &&
         now - status.closed_at > kMemory;
}

}  // namespace

Ledger::Ledger(DataPlane& data_plane, store::GatewayFacts facts)
    : data_plane_(data_plane), store_(std::move(facts)) {}

void Ledger::on_accepted(std::function<void(const std::string& source)> callback) {
  on_accepted_ = std::move(callback);
}

void Ledger::on_services_changed(std::function<void()> callback) {
  on_services_changed_ = std::move(callback);
}

SourceStatus& Ledger::status_of(const std::string& source) {
  SourceStatus& status = statuses_[source];
  status.name = source;
  return status;
}

AcceptResult Ledger::accept(const std::string& source, const store::Pending& pending,
                            std::uint64_t revision, absl::Time accepted_at,
                            std::size_t violation_limit) {
  absl::MutexLock one_at_a_time(&sync_mutex_);
  store::Plan plan = store_.plan(source, pending, violation_limit);
  AcceptResult result;
  result.violations = plan.violations.kept();
  result.violation_count = plan.violations.count();
  {
    absl::WriterMutexLock lock(&mutex_);
    SourceStatus& status = status_of(source);
    if (plan.violations.empty() && !plan.tables.empty()) {
      result.applied = data_plane_.apply(plan.tables);
    }
    if (!result.ok()) {
      ++status.refusals;
      result.refused = std::move(plan.tables);
      return result;
    }
    store_.commit(plan);
    result.changed = !plan.objects.empty();
    const store::ObjectSet& objects = store_.objects_of(source);
    status.revision = revision;
    status.accepted_at = accepted_at;
    status.services = objects.services.size();
    status.endpoints = objects.endpoint_count;
    status.routes = objects.routes.size();
  }
  if (on_accepted_) on_accepted_(source);
  if (on_services_changed_ && !plan.objects.services.empty()) on_services_changed_();
  return result;
}

std::optional<std::uint64_t> Ledger::open(const std::string& source,
                                          const std::string& user_agent) {
  absl::WriterMutexLock lock(&mutex_);
  forget_idle_sources();
  SourceStatus& status = status_of(source);
  ++status.streams;
  status.user_agent = user_agent;
  return status.revision;
}

void Ledger::close(const std::string& source) {
  absl::WriterMutexLock lock(&mutex_);
  SourceStatus& status = status_of(source);
  --status.streams;
  status.closed_at = absl::Now();
  // A source that never pushed anything leaves no trace.
  if (status.streams == 0 && !status.revision && status.refusals == 0) statuses_.erase(source);
}

void Ledger::set_user_agent(const std::string& source, const std::string& user_agent) {
  absl::WriterMutexLock lock(&mutex_);
  status_of(source).user_agent = user_agent;
}

void Ledger::forget_idle_sources() {
  const absl::Time now = absl::Now();
  for (auto at = statuses_.begin(); at != statuses_.end();) {
    at = is_idle(at->second, now) ? statuses_.erase(at) : std::next(at);
  }
}

std::vector<SourceStatus> Ledger::sources(absl::Time now) const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<SourceStatus> sources;
  for (const auto& [name, status] : statuses_) {
    if (!is_idle(status, now)) sources.push_back(status);
  }
  return sources;
}

SourceSnapshot Ledger::snapshot(const std::string& source) const {
  absl::ReaderMutexLock lock(&mutex_);
  SourceSnapshot snapshot;
  snapshot.source = source;
  if (const auto status = statuses_.find(source); status != statuses_.end()) {
    snapshot.user_agent = status->second.user_agent;
    snapshot.revision = status->second.revision.value_or(0);
    snapshot.accepted_at = status->second.accepted_at;
  }
  const store::ObjectSet& objects = store_.objects_of(source);
  snapshot.services.reserve(objects.services.size());
  snapshot.endpoints.reserve(objects.endpoint_count);
  for (const auto& [name, service] : objects.services) snapshot.services.push_back(service);
  for (const auto& [service, endpoints] : objects.endpoints) {
    for (const auto& [name, endpoint] : endpoints) snapshot.endpoints.push_back(endpoint);
  }
  for (const auto& [key, route] : objects.routes) snapshot.routes.push_back(route);
  return snapshot;
}

std::vector<std::string> Ledger::service_names(const std::string& after,
                                               const std::string& name_space,
                                               std::size_t limit) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto& services = store_.index().services();
  const std::string prefix = name_space.empty() ? "" : absl::StrCat(name_space, "/");
  std::vector<std::string> names;
  auto next = after < prefix ? services.lower_bound(prefix) : services.upper_bound(after);
  for (; next != services.end() && names.size() < limit; ++next) {
    if (!absl::StartsWith(next->first, prefix)) break;
    names.push_back(next->first);
  }
  return names;
}

std::optional<ServiceEntry> Ledger::service(const std::string& name) const {
  absl::ReaderMutexLock lock(&mutex_);
  const std::string* source = store_.index().source_of_service(name);
  if (!source) return std::nullopt;
  const store::ObjectSet& objects = store_.objects_of(*source);
  ServiceEntry entry;
  entry.source = *source;
  entry.service = objects.service(name);
  entry.ports =
      store::expand(*entry.service, objects.endpoints_of(name), store_.facts().node_ports);
  for (const ServicePort& port : entry.ports) {
    std::vector<EndpointCounters> counters = data_plane_.endpoint_counters(port.id);
    counters.resize(port.endpoints.size());
    entry.counters.push_back(std::move(counters));
  }
  return entry;
}

absl::btree_map<std::uint16_t, std::string> Ledger::health_check_ports() const {
  absl::ReaderMutexLock lock(&mutex_);
  return store_.index().health_check_ports();
}

std::optional<std::size_t> Ledger::local_endpoints(const std::string& service,
                                                   Family family) const {
  absl::ReaderMutexLock lock(&mutex_);
  const std::string* source = store_.index().source_of_service(service);
  if (!source) return std::nullopt;
  absl::flat_hash_set<IpAddress> addresses;
  for (const auto& [name, endpoint] : store_.objects_of(*source).endpoints_of(service)) {
    const bool is_active = endpoint->local_state == store::EndpointState::kActive;
    if (!is_active || endpoint->terminating) continue;
    const IpAddress address = IpAddress::parse(endpoint->address).value();
    if (address.family() == family) addresses.insert(address);
  }
  return addresses.size();
}

}  // namespace portico
