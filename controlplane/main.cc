// portico-controller: what starts, in order.

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "controlplane/controller/controller.h"
#include "controlplane/controller/options.h"
#include "controlplane/controller/print_tables.h"
#include "controlplane/kubernetes/manifest_parser.h"
#include "controlplane/kubernetes/manifest_source.h"
#include "controlplane/push/push_client.h"
#include "controlplane/status/controller_metrics.h"
#include "controlplane/status/status_server.h"
#include "controlplane/translate/translate.h"
#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"

namespace portico {
namespace {

void start_log(const std::string& level) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("portico-controller"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
  spdlog::set_level(spdlog::level::from_str(level));
}

void print(const char* prefix, const std::vector<ObjectFault>& faults) {
  for (const ObjectFault& fault : faults) std::printf("%s%s\n", prefix, fault.to_string().c_str());
}

// Faults are what was asked for, so they go to standard output.
int check(const ControllerOptions& options) {
  const ManifestReading reading = read_manifests(options.manifests);
  const Translation translation = translate(reading.objects, options.translate);
  const Reports& reports = translation.reports;
  const std::vector<ObjectFault>& faults = reading.faults.empty() ? reports.faults : reading.faults;
  print("", faults);
  if (!faults.empty()) return 1;
  print("warning: ", reports.warnings);
  print("passed over: ", reading.skipped);
  print("passed over: ", reports.passed_over);
  const DesiredState& desired = translation.desired;
  std::printf("%s: %zu Services, %zu endpoints, %zu routes\n", options.manifests.c_str(),
              desired.services().size(), desired.endpoint_count(), desired.routes().size());
  return 0;
}

// What would be pushed; the faults, if there are any, to standard error.
int print(const ControllerOptions& options) {
  const ManifestReading reading = read_manifests(options.manifests);
  const Translation translation = translate(reading.objects, options.translate);
  const std::vector<ObjectFault>& faults =
      reading.faults.empty() ? translation.reports.faults : reading.faults;
  for (const ObjectFault& fault : faults) std::fprintf(stderr, "%s\n", fault.to_string().c_str());
  if (!faults.empty()) return 1;
  std::fputs(print_tables(translation.desired).c_str(), stdout);
  return 0;
}

std::vector<std::unique_ptr<PushClient>> make_clients(const ControllerOptions& options,
                                                      ControllerMetrics* metrics) {
  std::vector<std::unique_ptr<PushClient>> clients;
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

// Reads, pushes, waits for the gateways' answers or a signal.
int push_once(const ControllerOptions& options, const sigset_t& signals, Controller* controller,
              const std::vector<PushClient*>& clients) {
  const ManifestReading reading = read_manifests(options.manifests);
  if (reading.faults.empty()) {
    controller->on_update(reset_to(reading.objects, std::chrono::steady_clock::now()));
  } else {
    controller->on_faults(reading.faults);
  }
  const std::uint64_t revision = controller->revision();
  if (revision == 0) return 1;
  bool all_acknowledged = true;
  std::thread waiter([&] {
    for (PushClient* client : clients) all_acknowledged &= client->wait_for(revision);
    kill(getpid(), SIGTERM);  // to the thread that waits below, as all others block it
  });
  wait_for_signal(signals);
  for (PushClient* client : clients) client->release();
  waiter.join();
  return all_acknowledged ? 0 : 1;
}

int follow(const ControllerOptions& options, const sigset_t& signals, Controller* controller) {
  ManifestSource source(options.manifests);
  const absl::Status started = source.start(controller);
  if (!started.ok()) {
    spdlog::error("cannot watch {}: {}", options.manifests, std::string(started.message()));
    return 1;
  }
  const int signal = wait_for_signal(signals);
  spdlog::info("{}: ending; what the gateways run goes on", sigabbrev_np(signal));
  source.stop();
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
  start_log(options.log_level);
  // Before any thread is made, so that all inherit it and only wait_for_signal() takes them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  ControllerMetrics metrics;
  std::unique_ptr<StatusServer> status_server;
  if (!options.status_address.empty()) {
    auto started = StatusServer::start(options.status_address, pages_of(metrics));
    if (!started.ok()) {
      spdlog::error("--status-address: {}", std::string(started.status().message()));
      return 1;
    }
    status_server = *std::move(started);
  }
  const std::vector<std::unique_ptr<PushClient>> owned = make_clients(options, &metrics);
  std::vector<PushClient*> clients;
  for (const auto& client : owned) {
    client->start();
    clients.push_back(client.get());
  }
  Controller controller(options.translate, FaultPolicy::kRefuseAll, clients, &metrics);
  const int status = options.once ? push_once(options, signals, &controller, clients)
                                  : follow(options, signals, &controller);
  for (PushClient* client : clients) client->stop();
  return status;
}

}  // namespace
}  // namespace portico

int main(int argc, char** argv) {
  const auto parsed = portico::parse_command_line(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  const auto& options = std::get<portico::ControllerOptions>(parsed);
  if (options.check) return portico::check(options);
  return options.print ? portico::print(options) : portico::run(options);
}
