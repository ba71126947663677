// Sockets, health and reflection. The two standard services are spoken to in bytes, as their
// generated code isn't packaged.

#include <grpcpp/generic/generic_stub.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "gmock/gmock.h"
#include "tests/unit/controlplane/api/api_fixture.h"

namespace portico {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ServerTest : public ApiTest {
 protected:
  absl::Status serve_another() {
    ControlPlane another(data_plane_, options_);
    return another.serve();
  }

  // One request of a unary or streaming method, and the first response.
  static std::string ask(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                         const std::string& request) {
    grpc::GenericStub stub(channel);
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const auto wait = [&] {
      void* tag = nullptr;
      bool good = false;
      queue.Next(&tag, &good);
      return good;
    };
    const auto call = stub.PrepareCall(&context, method, &queue);
    call->StartCall(nullptr);
    wait();
    call->WriteLast(grpc::ByteBuffer(std::vector{grpc::Slice(request)}.data(), 1), {}, nullptr);
    wait();
    grpc::ByteBuffer response;
    call->Read(&response, nullptr);
    const bool got = wait();
    grpc::Status status;
    call->Finish(&status, nullptr);
    wait();
    if (!got) return "";
    grpc::Slice slice;
    EXPECT_TRUE(response.DumpToSingleSlice(&slice).ok());
    return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }

  static mode_t mode_of(const std::string& path) {
    struct stat about {};
    EXPECT_EQ(::lstat(path.c_str(), &about), 0) << path;
    return about.st_mode & 07777;
  }

  // A socket that somebody bound and left.
  static int bind_socket(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
};

TEST_F(ServerTest, TheSocketIsForUserAndGroupAndGoneAfterwards) {
  const mode_t before = ::umask(0);
  ::umask(before);
  start();
  EXPECT_EQ(mode_of(options_.api.socket), 0660u);
  EXPECT_EQ(::umask(before), before);  // as it was
  control_->shutdown();
  EXPECT_FALSE(std::filesystem::exists(options_.api.socket));
}

TEST_F(ServerTest, ASocketThatIsAliveIsLeftAlone) {
  start();
  const absl::Status status = serve_another();
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(options_.api.socket));
  push("kubernetes");  // the first one goes on
}

TEST_F(ServerTest, AStaleSocketIsReplaced) {
  std::filesystem::create_directories(folder_ + "/run");
  ::close(bind_socket(options_.api.socket));
  start();
  push("kubernetes");
}

TEST_F(ServerTest, AFileIsNoSocket) {
  std::filesystem::create_directories(folder_ + "/run");
  std::ofstream(options_.api.socket) << "precious";
  EXPECT_TRUE(absl::IsFailedPrecondition(serve_another()));
  EXPECT_TRUE(std::filesystem::is_regular_file(options_.api.socket));
}

TEST_F(ServerTest, ASocketPathThatIsImpossible) {
  options_.api.socket = folder_ + "/" + std::string(120, 'x');
  EXPECT_TRUE(absl::IsInvalidArgument(serve_another()));
  options_.api.socket = "porticod.sock";
  EXPECT_TRUE(absl::IsInvalidArgument(serve_another()));
}

TEST_F(ServerTest, TcpOnlyWhenConfiguredAndATakenPortIsNamed) {
  // A port that is free: the kernel's choice for somebody else, kept busy.
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  options_.api.tcp = {"127.0.0.1:" + std::to_string(ntohs(address.sin_port))};
  const absl::Status status = serve_another();
  EXPECT_THAT(std::string(status.message()), HasSubstr("can't listen on " + options_.api.tcp[0]));
  EXPECT_FALSE(std::filesystem::exists(options_.api.socket));

  ::close(fd);
  start();
  const auto over_tcp =
      grpc::CreateChannel(options_.api.tcp[0], grpc::InsecureChannelCredentials());
  EXPECT_TRUE(PushClient(over_tcp).ask(open_as("kubernetes")).has_opened());
}

TEST_F(ServerTest, HealthIsServing) {
  start();
  // grpc.health.v1: HealthCheckResponse.status = 1 is SERVING.
  const std::string serving("\x08\x01", 2);
  EXPECT_EQ(ask(channel_, "/grpc.health.v1.Health/Check", ""), serving);
  for (const std::string& service :
       std::vector<std::string>{"portico.v1.Push", "portico.v1.Gateway"}) {
    std::string request("\x0a", 1);  // HealthCheckRequest.service = 1
    request.push_back(static_cast<char>(service.size()));
    EXPECT_EQ(ask(channel_, "/grpc.health.v1.Health/Check", request + service), serving) << service;
  }
}

TEST_F(ServerTest, ReflectionListsTheServices) {
  start();
  // grpc.reflection.v1alpha: ServerReflectionRequest.list_services = 7, the empty string.
  const std::string response =
      ask(channel_, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
          std::string("\x3a\x00", 2));
  EXPECT_THAT(response, AllOf(HasSubstr("portico.v1.Push"), HasSubstr("portico.v1.Gateway"),
                              HasSubstr("grpc.health.v1.Health")));
}

TEST_F(ServerTest, ASecondStartRightAfter) {
  for (int i = 0; i < 3; ++i) {
    start();
    push("kubernetes");
    control_.reset();
  }
}

}  // namespace
}  // namespace portico
