// The files in configs/kubernetes, read by what they are for.

#include <string>
#include <variant>
#include <vector>

#include "controlplane/controller/options.h"
#include "controlplane/kubeconfig/kubeconfig.h"
#include "controlplane/yaml/load.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace portico {
namespace {

constexpr char kFolder[] = PORTICO_SOURCE_ROOT "/configs/kubernetes/";

std::string text_of(const std::string& file) {
  const auto text = read_text_file(kFolder + file, 1 << 20);
  EXPECT_TRUE(text.ok()) << text.status();
  return text.value_or("");
}

void expect_kubeconfig(const std::string& path, const std::string& text) {
  const auto access = resolve_kubeconfig({{path, text}});
  ASSERT_TRUE(access.ok()) << access.status();
  EXPECT_EQ(access->server, "https://192.0.2.10:6443");
  EXPECT_FALSE(access->token.file.empty());
  EXPECT_FALSE(access->ca.file.empty());
  EXPECT_TRUE(access->warnings.empty());
}

class Manifests {
 public:
  explicit Manifests(const std::string& file) : faults_(file) {
    documents_ = load_yaml(text_of(file), {}, &faults_);
    EXPECT_TRUE(faults_.empty()) << faults_.to_string();
  }
  // The first object of a kind.
  const YamlNode& get(const std::string& kind) const {
    for (const YamlNode* root : documents_.roots()) {
      if (root->text_of("kind") == kind) return *root;
    }
    ADD_FAILURE() << "no " << kind;
    return *documents_.roots()[0];
  }

 private:
  Faults faults_;
  YamlDocuments documents_;
};

TEST(KubernetesExamples, KubeconfigsAreTaken) {
  expect_kubeconfig("/etc/portico/kubeconfig", text_of("outside.kubeconfig"));
  const Manifests deployment("deployment.yaml");
  const YamlNode* data = deployment.get("ConfigMap").find("data");
  ASSERT_NE(data, nullptr);
  expect_kubeconfig("/etc/portico/kubeconfig", std::string(data->text_of("kubeconfig")));
}

TEST(KubernetesExamples, TheDeploymentsCommandLineIsTaken) {
  const Manifests deployment("deployment.yaml");
  const YamlNode* at = &deployment.get("Deployment");
  for (const char* key : {"spec", "template", "spec", "containers"}) at = at->find(key);
  const YamlNode* arguments = at->items[0]->find("args");
  ASSERT_NE(arguments, nullptr);
  std::vector<std::string> words = {"portico-controller"};
  for (const YamlNode* item : arguments->items) words.emplace_back(item->text);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  const auto parsed = parse_command_line(static_cast<int>(pointers.size()), pointers.data());
  const auto* options = std::get_if<ControllerOptions>(&parsed);
  ASSERT_NE(options, nullptr);
  EXPECT_EQ(options->source, "kubernetes");
  EXPECT_EQ(options->gateways.size(), 2u);
  EXPECT_TRUE(options->gateway_tls.is_there());
}

}  // namespace
}  // namespace portico
