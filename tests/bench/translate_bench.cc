// How long it takes from an update of Kubernetes objects to the messages that are sent to a
// gateway, and how much memory it costs: the translation and the difference, without the wire.
//
// usage: translate_bench [SERVICES [ENDPOINTS_A_SERVICE [CHANGES]]]

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controlplane/push/difference.h"
#include "controlplane/translate/translator.h"

namespace portico {
namespace {

using std::chrono::steady_clock;

double milliseconds_since(steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(steady_clock::now() - start).count();
}

double mebibytes_in_use() {
  return static_cast<double>(mallinfo2().uordblks) / (1 << 20);
}

template <typename Message>
ObjectPtr<Message> object(Message message) {
  return std::make_shared<const Sourced<Message>>(Sourced<Message>{std::move(message), {}});
}

std::string address(int base, int number) {
  return absl::StrCat(base, ".", number >> 16, ".", (number >> 8) & 255, ".", number & 255);
}

ObjectPtr<kubernetes::Service> service(int number) {
  kubernetes::Service made;
  made.mutable_metadata()->set_name(absl::StrCat("service-", number));
  made.mutable_metadata()->set_namespace_(absl::StrCat("namespace-", number % 100));
  made.mutable_metadata()->set_uid(absl::StrCat("6ba7b810-9dad-11d1-80b4-", 100000000000 + number));
  (*made.mutable_metadata()->mutable_labels())["app.kubernetes.io/name"] =
      absl::StrCat("service-", number);
  kubernetes::ServiceSpec& spec = *made.mutable_spec();
  spec.set_type("ClusterIP");
  spec.set_cluster_ip(address(10, number + 1));
  spec.add_cluster_ips(address(10, number + 1));
  spec.add_ports()->set_name("http");
  spec.mutable_ports(0)->set_port(80);
  spec.mutable_ports(0)->set_protocol("TCP");
  return object(std::move(made));
}

// `draining`: of its first endpoint.
ObjectPtr<kubernetes::EndpointSlice> slice(int number, int endpoints, bool draining) {
  kubernetes::EndpointSlice made;
  made.mutable_metadata()->set_name(absl::StrCat("service-", number, "-x7k2p"));
  made.mutable_metadata()->set_namespace_(absl::StrCat("namespace-", number % 100));
  auto& labels = *made.mutable_metadata()->mutable_labels();
  labels["kubernetes.io/service-name"] = absl::StrCat("service-", number);
  labels["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io";
  made.set_address_type("IPv4");
  made.add_ports()->set_name("http");
  made.mutable_ports(0)->set_port(8080);
  made.mutable_ports(0)->set_protocol("TCP");
  for (int i = 0; i < endpoints; ++i) {
    const int pod = number * endpoints + i;
    kubernetes::Endpoint& endpoint = *made.add_endpoints();
    endpoint.add_addresses(address(20, pod + 1));
    endpoint.mutable_conditions()->set_ready(i != 0 || !draining);
    endpoint.mutable_conditions()->set_serving(true);
    endpoint.mutable_conditions()->set_terminating(i == 0 && draining);
    endpoint.set_node_name(absl::StrCat("worker-", pod % 1000));
    endpoint.set_zone("zone-a");
    endpoint.mutable_target_ref()->set_kind("Pod");
    endpoint.mutable_target_ref()->set_uid(
        absl::StrCat("7cb8c920-aebe-22e2-91c5-", 100000000000 + pod));
  }
  return object(std::move(made));
}

void print_percentiles(const char* what, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
  };
  std::printf("%-28s median %8.3f ms   99%% %8.3f ms   most %8.3f ms\n", what, at(0.5), at(0.99),
              times.back());
}

void run(int services, int endpoints, int changes) {
  ObjectSet all;
  for (int i = 0; i < services; ++i) all.services.push_back(service(i));
  for (int i = 0; i < services; ++i) all.endpoint_slices.push_back(slice(i, endpoints, false));
  std::printf("%d Services, %d endpoints: %.0f MiB of objects\n", services, services * endpoints,
              mebibytes_in_use());
  std::size_t bytes = 0;
  const auto send = [&bytes](const v1::PushRequest& request) {
    bytes += request.SerializeAsString().size();
    return true;
  };

  Translator translator({});
  auto start = steady_clock::now();
  translator.apply(reset_to(all, start));
  all = {};
  std::printf("%-28s %8.0f ms, %.0f MiB with the objects\n", "first list, translated",
              milliseconds_since(start), mebibytes_in_use());
  start = steady_clock::now();
  everything(translator.desired(), send);
  std::printf("%-28s %8.0f ms, %.0f MiB on the wire\n", "first list, encoded",
              milliseconds_since(start), static_cast<double>(bytes) / (1 << 20));

  std::vector<double> translated, difference_made;
  DesiredState before = translator.desired();
  for (int i = 0; i < changes; ++i) {
    ObjectUpdate update;
    const int number = static_cast<int>(7919LL * i % services);
    update.endpoint_slices.set = {slice(number, endpoints, i / services % 2 == 0)};
    start = steady_clock::now();
    translator.apply(update);
    translated.push_back(milliseconds_since(start));
    start = steady_clock::now();
    difference(before, translator.desired(), send);
    difference_made.push_back(milliseconds_since(start));
    before = translator.desired();
  }
  print_percentiles("one endpoint, translated", translated);
  print_percentiles("one endpoint, difference", difference_made);

  const DesiredState old = translator.desired();
  for (int i = 0; i < 1000; ++i) {
    ObjectUpdate update;
    update.endpoint_slices.set = {slice(static_cast<int>(104729LL * i % services), 1, false)};
    translator.apply(update);
  }
  start = steady_clock::now();
  difference(old, translator.desired(), send);
  std::printf("%-28s %8.3f ms\n", "1000 skipped revisions", milliseconds_since(start));
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%-28s %8.0f MiB\n", "most memory", static_cast<double>(usage.ru_maxrss) / 1024);
}

}  // namespace
}  // namespace portico

int main(int argc, char** argv) {
  const auto argument = [&](int index, int otherwise) {
    return argc > index ? std::max(1, std::atoi(argv[index])) : otherwise;
  };
  portico::run(argument(1, 50'000), argument(2, 5), argument(3, 10'000));
}
