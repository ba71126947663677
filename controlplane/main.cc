// portico-controller: what starts, in order.

#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "controlplane/controller/controller.h"
#include "controlplane/controller/first_update.h"
#include "controlplane/controller/log.h"
#include "controlplane/controller/options.h"
#include "controlplane/controller/print_tables.h"
#include "controlplane/kubeconfig/find_access.h"
#include "controlplane/kubernetes/manifest_parser.h"
#include "controlplane/kubernetes/manifest_source.h"
#include "controlplane/push/push_client.h"
#include "controlplane/status/controller_metrics.h"
#include "controlplane/status/event_writer.h"
#include "controlplane/status/status_server.h"
#include "controlplane/status/watch_metrics.h"
#include "controlplane/translate/translate.h"
#include "controlplane/watch/cluster_source.h"
#include "include/portico/memory_arena.h"
#include "spdlog/spdlog.h"

namespace portico {
namespace {

void print(const char* prefix, const std::vector<ObjectFault>& faults) {
  for (const ObjectFault& fault : faults) std::printf("%s%s\n", prefix, fault.to_string().c_str());
}

// Faults are what was asked for, so they go to standard output.
int check_manifests(const ControllerOptions& options) {
  const ManifestReading reading = read_manifests(options.manifests);
  const Translation translation = translate(reading.objects, options.translate);
  const Reports& reports = translation.reports;
  const std::vector<ObjectFault>& faults = reading.faults.empty() ? reports.faults : reading.faults;
  print("", faults);
  if (!faults.empty()) return 1;
  for (const std::string& warning : warnings_of(options)) {
    std::printf("warning: %s\n", warning.c_str());
  }
  print("warning: ", reports.warnings);
  print("passed over: ", reading.skipped);
  print("passed over: ", reports.passed_over);
  const DesiredState& desired = translation.desired;
  std::printf("%s: %zu Services, %zu endpoints, %zu routes\n", options.manifests.c_str(),
              desired.services().size(), desired.endpoint_count(), desired.routes().size());
  return 0;
}

// Where the objects come from, with what belongs to it.
struct Origin {
  std::unique_ptr<ObjectSource> source;
  FaultPolicy policy = FaultPolicy::kRefuseAll;
  // Of a cluster:
  std::unique_ptr<WatchMetrics> metrics;
  std::unique_ptr<EventWriter> events;
};

absl::StatusOr<Origin> find_origin(const ControllerOptions& options) {
  Origin origin;
  if (!options.manifests.empty()) {
    origin.source = std::make_unique<ManifestSource>(options.manifests);
    return origin;
  }
  const auto access = find_access({.kubeconfig = options.kubeconfig, .context = options.context},
                                  AccessEnvironment::of_process());
  if (!access.ok()) return access.status();
  spdlog::info("{}: the API server is {}", access->name, access->server);
  for (const std::string& warning : access->warnings) {
    spdlog::warn("{}: {}", access->name, warning);
  }
  ClusterSourceOptions cluster;
  cluster.nodes = options.translate.node_routes;
  auto source = std::make_unique<ClusterSource>(*access, cluster);
  origin.metrics =
      std::make_unique<WatchMetrics>([watched = source.get()] { return watched->statistics(); });
  if (options.events && !options.once) origin.events = std::make_unique<EventWriter>(*access);
  origin.policy = FaultPolicy::kLeaveOut;
  origin.source = std::move(source);
  return origin;
}

using Clients = std::vector<std::unique_ptr<PushClient>>;

Clients make_clients(const ControllerOptions& options, ControllerMetrics* metrics) {
  Clients clients;
  for (const std::string& gateway : options.gateways) {
    PushOptions push;
    push.target = gateway;
    push.source = options.source;
    push.user_agent = "portico-controller/" PORTICO_VERSION;
    push.tls = options.gateway_tls;
    push.observer = metrics->add_gateway(gateway);
    clients.push_back(std::make_unique<PushClient>(std::move(push)));
  }
  return clients;
}

int wait_for_signal(const sigset_t& signals) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  return signal;
}

bool start(ObjectSource* source, ObjectListener* listener) {
  const absl::Status started = source->start(listener);
  if (!started.ok()) spdlog::error("can't watch: {}", std::string(started.message()));
  return started.ok();
}

// Takes all there is, waits for the gateways' answers or a signal; prints, if there are none.
int run_once(const ControllerOptions& options, const sigset_t& signals, ObjectSource* source,
             Controller* controller, const std::vector<PushClient*>& clients) {
  FirstUpdate first(controller);
  if (!start(source, &first)) return 1;
  bool is_good = false;
  std::thread waiter([&] {
    first.wait();
    const std::uint64_t revision = controller->revision();
    is_good = revision != 0;
    for (PushClient* client : clients) is_good = is_good && client->wait_for(revision);
    kill(getpid(), SIGTERM);  // to the thread that waits below, as all others block it
  });
  wait_for_signal(signals);
  first.release();
  for (PushClient* client : clients) client->release();
  waiter.join();
  source->stop();
  if (is_good && options.print) std::fputs(print_tables(controller->desired()).c_str(), stdout);
  return is_good ? 0 : 1;
}

int follow(const sigset_t& signals, ObjectSource* source, Controller* controller) {
  if (!start(source, controller)) return 1;
  const int signal = wait_for_signal(signals);
  spdlog::info("{}: ending; what the gateways run goes on", sigabbrev_np(signal));
  source->stop();
  return 0;
}

StatusServer::Pages pages_of(const ControllerMetrics& metrics) {
  return {{"/healthz",
           [] {
             return StatusPage{200, "text/plain; charset=utf-8", "ok\n"};
           }},
          {"/metrics",
           [&metrics] {
             return StatusPage{200, "text/plain; version=0.0.4; charset=utf-8", metrics.to_text()};
           }},
          {"/readyz", [&metrics] { return metrics.readiness(); }}};
}

int run(const ControllerOptions& options) {
  start_log(options.log_level, options.log_format);
  for (const std::string& warning : warnings_of(options)) spdlog::warn("{}", warning);
  // Before any thread is made, so that all inherit it and only wait_for_signal() takes them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const absl::StatusOr<Origin> origin = find_origin(options);
  if (!origin.ok()) {
    spdlog::error("{}", std::string(origin.status().message()));
    return 1;
  }
  ControllerMetrics metrics;
  if (origin->metrics != nullptr) metrics.add_source(origin->metrics.get());
  if (origin->events != nullptr) metrics.add_source(origin->events.get());
  const auto owned = options.print ? Clients() : make_clients(options, &metrics);
  std::unique_ptr<StatusServer> status_server;
  if (!options.status_address.empty()) {
    auto started = StatusServer::start(options.status_address, pages_of(metrics));
    if (!started.ok()) {
      spdlog::error("--status-address: {}", std::string(started.status().message()));
      return 1;
    }
    status_server = *std::move(started);
  }
  std::vector<PushClient*> clients;
  for (const auto& client : owned) {
    client->start();
    clients.push_back(client.get());
  }
  std::vector<ControllerObserver*> observers = {&metrics};
  if (origin->events != nullptr) {
    origin->events->start();
    observers.push_back(origin->events.get());
  }
  Controller controller(options.translate, origin->policy, clients, observers);
  const int status = options.once
                         ? run_once(options, signals, origin->source.get(), &controller, clients)
                         : follow(signals, origin->source.get(), &controller);
  for (PushClient* client : clients) client->stop();
  return status;
}

}  // namespace
}  // namespace portico

int main(int argc, char** argv) {
  portico::use_one_arena();
  const auto parsed = portico::parse_command_line(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  const auto& options = std::get<portico::ControllerOptions>(parsed);
  return options.check ? portico::check_manifests(options) : portico::run(options);
}
