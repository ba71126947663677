#include "controlplane/kubeconfig/find_access.h"

#include <sys/stat.h>

#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"

namespace portico {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class FindAccessTest : public testing::Test {
 protected:
  absl::StatusOr<AccessConfig> find(const std::string& kubeconfig = "",
                                    const std::string& context = "") {
    AccessEnvironment environment;
    environment.variable = [&](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      if (found == variables_.end()) return std::nullopt;
      return found->second;
    };
    environment.service_account = "/run/account";
    return find_access({.kubeconfig = kubeconfig, .context = context}, environment);
  }
  std::string write(const std::string& name, const std::string& server) {
    folder_.write(name,
                  absl::StrCat("current-context: x\ncontexts: [{name: x, context: {cluster: c, "
                               "user: u}}]\nclusters: [{name: c, cluster: {server: '",
                               server, "'}}]\nusers: [{name: u, user: {token: t}}]\n"));
    return folder_ / name;
  }

  TemporaryFolder folder_;
  std::map<std::string, std::string> variables_;
};

TEST_F(FindAccessTest, TheOptionThenTheVariableThenHomeThenThePod) {
  variables_ = {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}};
  EXPECT_EQ(find()->server, "https://10.96.0.1:443");
  variables_["HOME"] = folder_.path();
  EXPECT_EQ(find()->server, "https://10.96.0.1:443");
  std::filesystem::create_directory(folder_ / ".kube");
  write(".kube/config", "https://home");
  EXPECT_EQ(find()->server, "https://home:443");
  variables_["KUBECONFIG"] = absl::StrCat("/nowhere::", write("first", "https://first"), ":",
                                          write("second", "https://second"));
  EXPECT_EQ(find()->server, "https://first:443");
  EXPECT_EQ(find(folder_ / "second")->server, "https://second:443");
}

TEST_F(FindAccessTest, ServiceAccountsAreReadLaterAndWarnedOf) {
  variables_ = {{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "6443"}};
  const AccessConfig config = find().value();
  EXPECT_EQ(config.server, "https://[fd00::1]:6443");
  EXPECT_EQ(config.ca.file, "/run/account/ca.crt");
  EXPECT_EQ(config.token.file, "/run/account/token");
  EXPECT_THAT(config.warnings,
              ElementsAre(AllOf(HasSubstr("cluster IP"), HasSubstr("https://[fd00::1]:6443"))));
  variables_["KUBERNETES_SERVICE_PORT"] = "what";
  EXPECT_THAT(find().status().message(), HasSubstr("KUBERNETES_SERVICE_PORT"));
}

TEST_F(FindAccessTest, AContextIsOfAnyKubeconfigAndOfNoPod) {
  const std::string path = write("k", "https://a");
  EXPECT_EQ(find(path, "x")->server, "https://a:443");
  EXPECT_EQ(find(path, "y").status().message(),
            path + ": --context: there is no context \"y\"; contexts are \"x\"");
  variables_["KUBECONFIG"] = path;
  EXPECT_THAT(find("", "y").status().message(), HasSubstr("contexts are \"x\""));
  variables_ = {{"HOME", folder_.path()},
                {"KUBERNETES_SERVICE_HOST", "10.96.0.1"},
                {"KUBERNETES_SERVICE_PORT", "443"}};
  EXPECT_EQ(find("", "x").status().message(),
            "--context: there is no kubeconfig to have \"x\": no --kubeconfig, no KUBECONFIG, no "
            "file " +
                (folder_ / ".kube/config").string());
  std::filesystem::create_directory(folder_ / ".kube");
  write(".kube/config", "https://home");
  EXPECT_THAT(find("", "y").status().message(), HasSubstr("contexts are \"x\""));
}

TEST_F(FindAccessTest, SaysWhereItLooked) {
  variables_["HOME"] = "/home/nobody-here";
  EXPECT_EQ(find().status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(find().status().message(), HasSubstr("/home/nobody-here/.kube/config"));
  variables_["KUBECONFIG"] = "/nowhere/a:/nowhere/b";
  EXPECT_EQ(find().status().message(), "KUBECONFIG: there is no file /nowhere/a, /nowhere/b");
  EXPECT_EQ(find("/nowhere/c").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(find("/nowhere/c").status().message(), HasSubstr("/nowhere/c"));
  EXPECT_THAT(find(folder_.path()).status().message(), HasSubstr("is no regular file"));
}

TEST_F(FindAccessTest, TheProxyIsTheEnvironmentsUnlessNamed) {
  const std::string path = write("k", "https://10.0.0.1:6443");
  variables_["HTTPS_PROXY"] = "http://proxy:3128";
  EXPECT_EQ(find(path)->settings.proxy, "http://proxy:3128");
  variables_["NO_PROXY"] = "10.0.0.0/8";
  EXPECT_EQ(find(path)->settings.proxy, "");
  EXPECT_EQ(find(write("l", "https://11.0.0.1'\n, proxy-url: 'http://own"))->settings.proxy,
            "http://own");
  variables_["HTTPS_PROXY"] = "gopher://u:secret@x";
  const auto refused = find(write("m", "https://11.0.0.1"));
  EXPECT_THAT(refused.status().message(),
              AllOf(HasSubstr("HTTPS_PROXY"), Not(HasSubstr("secret"))));
}

}  // namespace
}  // namespace portico
