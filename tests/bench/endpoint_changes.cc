// A controller that changes endpoints of a gateway as often as it is told:
//
//   endpoint_changes TARGET SERVICES ENDPOINTS RATE RECORD
//
// tells the gateway at TARGET (unix:PATH) of SERVICES Services of UDP with ENDPOINTS endpoints
// each, and prints "ready" when all of it is in the tables. For each line of its input, a number of
// seconds, it then changes an endpoint of one Service after the other, RATE times a second, each
// change a Sync of its own: another Pod, with an address that none has had, takes the place of one.
// When all are acknowledged it prints how many there were. At the end of its input it writes
// RECORD: of each change a line with the Service's number, the old address, the new one, and when
// it was sent and acknowledged, in nanoseconds since 1970. Addresses are those of
// forwarding/packets.py.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "proto/portico/v1/push.grpc.pb.h"

namespace portico {
namespace {

constexpr std::uint32_t kServiceAddress = 0x0a60000a;   // 10.96.0.10
constexpr std::uint32_t kEndpointAddress = 0x0ac80001;  // 10.200.0.1
constexpr std::uint32_t kNewAddress = 0x0ad20001;       // 10.210.0.1
constexpr std::uint32_t kServicePort = 80, kPodPort = 8080;

struct Size {
  std::uint32_t services, endpoints;  // endpoints of each Service
};

struct Change {
  std::uint32_t service, before, after;
  std::int64_t sent;
  std::atomic<std::int64_t> acknowledged{0};
};

std::string text(std::uint32_t address) {
  return std::to_string(address >> 24) + "." + std::to_string(address >> 16 & 255) + "." +
         std::to_string(address >> 8 & 255) + "." + std::to_string(address & 255);
}
std::string service_name(std::uint32_t service) {
  return "default/bench-" + std::to_string(service);
}
std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class Controller {
 public:
  Controller(const std::string& target, Size size)
      : size_(size),
        stub_(v1::Push::NewStub(grpc::CreateChannel(target, grpc::InsecureChannelCredentials()))),
        stream_(stub_->Push(&context_)) {
    v1::PushRequest open;
    open.mutable_open()->set_source("bench");
    write(open);
    v1::PushResponse opened;
    if (!stream_->Read(&opened)) end("the gateway does not answer");
    reader_ = std::thread([this] { read(); });
  }
  // Nothing is under way.
  ~Controller() {
    ended_ = true;
    context_.TryCancel();
    reader_.join();
  }

  void tell_everything() {
    v1::PushRequest reset;
    reset.mutable_reset();
    write(reset);
    for (std::uint32_t service = 0; service < size_.services; ++service) {
      v1::PushRequest request;
      set_service(service, *request.mutable_changes()->add_changes()->mutable_set());
      for (std::uint32_t i = 0; i < size_.endpoints; ++i) {
        addresses_.push_back(kEndpointAddress + service * size_.endpoints + i);
        set_endpoint(service, addresses_.back(),
                     *request.mutable_changes()->add_changes()->mutable_set());
      }
      write(request);
    }
    sync(0);
    wait_for(1);
  }

  // Returns how many changes there were.
  std::size_t change(double seconds, double rate) {
    using Clock = std::chrono::steady_clock;
    const auto step = std::chrono::duration<double>(1 / rate);
    const auto begin = Clock::now();
    const auto count = static_cast<std::size_t>(seconds * rate);
    for (std::size_t i = 0; i < count; ++i) {
      std::this_thread::sleep_until(
          begin + std::chrono::duration_cast<Clock::duration>(step * static_cast<double>(i)));
      replace_one();
    }
    wait_for(made_ + 1);
    return count;
  }

  void record(const std::string& path) const {
    std::ofstream file(path);
    for (std::size_t i = 0; i < made_; ++i) {
      const Change& change = *changes_[i];
      file << change.service << ' ' << text(change.before) << ' ' << text(change.after) << ' '
           << change.sent << ' ' << change.acknowledged << '\n';
    }
  }

 private:
  static constexpr std::size_t kMostChanges = 1u << 20;

  [[noreturn]] static void end(const std::string& why) {
    std::cerr << "endpoint_changes: " << why << std::endl;
    std::_Exit(EXIT_FAILURE);
  }
  void write(const v1::PushRequest& request) {
    if (!stream_->Write(request)) end("the gateway has ended the stream");
  }
  void sync(std::uint64_t revision) {
    v1::PushRequest request;
    request.mutable_sync()->set_revision(revision);
    write(request);
  }
  void wait_for(std::uint64_t answers) {
    for (std::uint64_t seen; (seen = answers_) < answers;) answers_.wait(seen);
  }

  void replace_one() {
    if (made_ == kMostChanges) end("too many changes");
    const std::uint32_t service = static_cast<std::uint32_t>(made_ % size_.services);
    const std::size_t round = made_ / size_.services;
    std::uint32_t& place = addresses_[service * size_.endpoints + round % size_.endpoints];
    Change& change = *(changes_[made_] = std::make_unique<Change>());
    change.service = service;
    change.before = place;
    change.after = place = kNewAddress + static_cast<std::uint32_t>(made_);
    v1::PushRequest request;
    v1::EndpointKey& key =
        *request.mutable_changes()->add_changes()->mutable_delete_()->mutable_endpoint();
    key.set_service(service_name(service));
    key.set_name(text(change.before));
    set_endpoint(service, change.after, *request.mutable_changes()->add_changes()->mutable_set());
    change.sent = now();
    write(request);
    sync(++made_);
  }

  static void set_service(std::uint32_t number, v1::Set& set) {
    v1::Service& service = *set.mutable_service();
    service.set_name(service_name(number));
    v1::ServiceAddress& address = *service.add_addresses();
    address.set_address(text(kServiceAddress + number));
    address.set_source_address(v1::SOURCE_ADDRESS_PRESERVE);  // so that a packet tells its client
    v1::ServicePort& port = *service.add_ports();
    port.set_protocol(v1::PROTOCOL_UDP);
    port.set_port(kServicePort);
  }
  static void set_endpoint(std::uint32_t service, std::uint32_t address, v1::Set& set) {
    v1::Endpoint& endpoint = *set.mutable_endpoint();
    endpoint.set_service(service_name(service));
    endpoint.set_name(text(address));
    endpoint.set_address(text(address));
    endpoint.add_ports()->set_port(kPodPort);
  }

  // One answer for each Sync, in order; revision 0 is the one with everything.
  void read() {
    v1::PushResponse response;
    while (stream_->Read(&response)) {
      if (response.has_refusal()) end("refused: " + response.refusal().ShortDebugString());
      const std::uint64_t revision = response.acknowledgement().revision();
      if (revision > 0) changes_[revision - 1]->acknowledged = now();
      ++answers_;
      answers_.notify_all();
    }
    if (!ended_) end("the gateway has ended the stream");
  }

  const Size size_;
  grpc::ClientContext context_;
  std::unique_ptr<v1::Push::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::PushRequest, v1::PushResponse>> stream_;
  std::thread reader_;
  std::atomic<bool> ended_{false};
  std::atomic<std::uint64_t> answers_{0};
  std::vector<std::uint32_t> addresses_;  // of the endpoints that there are, Service by Service
  // Written by the thread that makes them, but for their acknowledgement.
  std::vector<std::unique_ptr<Change>> changes_ =
      std::vector<std::unique_ptr<Change>>(kMostChanges);
  std::size_t made_ = 0;
};

void run(char** argv) {
  Controller controller(argv[1], {static_cast<std::uint32_t>(std::stoul(argv[2])),
                                  static_cast<std::uint32_t>(std::stoul(argv[3]))});
  controller.tell_everything();
  std::cout << "ready" << std::endl;
  for (double seconds; std::cin >> seconds;) {
    std::cout << controller.change(seconds, std::stod(argv[4])) << std::endl;
  }
  controller.record(argv[5]);
}

}  // namespace
}  // namespace portico

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: endpoint_changes TARGET SERVICES ENDPOINTS RATE RECORD\n";
    return 2;
  }
  portico::run(argv);
}
