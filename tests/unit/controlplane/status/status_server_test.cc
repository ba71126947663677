#include "controlplane/status/status_server.h"

#include <curl/curl.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

using testing::HasSubstr;

struct Answer {
  long status = 0;
  std::string type, text;
};

std::size_t take(char* bytes, std::size_t size, std::size_t count, void* text) {
  static_cast<std::string*>(text)->append(bytes, size * count);
  return size * count;
}

Answer get(const std::string& url, const char* method = "GET") {
  Answer answer;
  CURL* curl = curl_easy_init();
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.text);
  EXPECT_EQ(curl_easy_perform(curl), CURLE_OK) << url;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  char* type = nullptr;
  curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
  answer.type = type == nullptr ? "" : type;
  curl_easy_cleanup(curl);
  return answer;
}

StatusServer::Pages pages() {
  return {{"/a",
           [] {
             return StatusPage{200, "text/x-a", "one\n"};
           }},
          {"/b", [] {
             return StatusPage{503, "text/plain", "not yet\n"};
           }}};
}

TEST(StatusServer, AnswersWithItsPages) {
  for (const char* host : {"127.0.0.1", "[::1]"}) {
    const auto server = StatusServer::start(absl::StrCat(host, ":0"), pages());
    ASSERT_TRUE(server.ok()) << server.status();
    const std::string url = absl::StrCat("http://", host, ":", (*server)->port());
    const Answer a = get(url + "/a");
    EXPECT_EQ(a.status, 200);
    EXPECT_EQ(a.type, "text/x-a");
    EXPECT_EQ(a.text, "one\n");
    EXPECT_EQ(get(url + "/b").status, 503);
    EXPECT_EQ(get(url + "/a", "DELETE").status, 405);
    const Answer none = get(url + "/");
    EXPECT_EQ(none.status, 404);
    EXPECT_THAT(none.text, HasSubstr("/a\n/b\n"));
  }
}

TEST(StatusServer, NamesAnAddressThatItCannotListenOn) {
  const auto server = StatusServer::start("127.0.0.1:0", pages());
  ASSERT_TRUE(server.ok());
  const std::string taken = absl::StrCat("127.0.0.1:", (*server)->port());
  EXPECT_THAT(std::string(StatusServer::start(taken, pages()).status().message()),
              HasSubstr("can't listen on " + taken));
  for (const char* address : {"", "9127", "localhost:9127", "127.0.0.1:70000", "::1:9127",
                              "[127.0.0.1]:9127", "127.0.0.1:"}) {
    EXPECT_EQ(StatusServer::start(address, pages()).status().code(),
              absl::StatusCode::kInvalidArgument)
        << address;
  }
}

}  // namespace
}  // namespace portico
