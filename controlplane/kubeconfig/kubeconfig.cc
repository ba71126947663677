#include "controlplane/kubeconfig/kubeconfig.h"

#include <deque>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controlplane/kubeconfig/entries.h"
#include "controlplane/kubeconfig/kubeconfig_file.h"
#include "controlplane/yaml/printable.h"

namespace portico {
namespace {

using Files = std::deque<KubeconfigFile>;

absl::Status faults_of(const Files& files) {
  std::vector<std::string> texts;
  for (const KubeconfigFile& file : files) {
    if (!file.faults.empty()) texts.push_back(file.faults.to_string());
  }
  return texts.empty() ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrJoin(texts, "\n"));
}

template <typename Message>
struct Found {
  KubeconfigEntry entry;
  const Message* message;
};

// `list_of` and `entry_of` are accessors of the messages.
template <typename Message, typename List, typename Get>
std::optional<Found<Message>> find(Files* files, absl::string_view list, absl::string_view kind,
                                   absl::string_view name, List list_of, Get entry_of) {
  for (KubeconfigFile& file : *files) {
    const auto& entries = list_of(file.message);
    for (int i = 0; i < entries.size(); ++i) {
      if (entries[i].name() != name) continue;
      return Found<Message>{KubeconfigEntry(&file, list, kind, i, name), &entry_of(entries[i])};
    }
  }
  return std::nullopt;
}

auto find_context(Files* files, absl::string_view name) {
  return find<kubernetes::Context>(
      files, "contexts", "context", name,
      [](const auto& file) -> const auto& { return file.contexts(); },
      [](const auto& entry) -> const auto& { return entry.context(); });
}

auto find_cluster(Files* files, absl::string_view name) {
  return find<kubernetes::Cluster>(
      files, "clusters", "cluster", name,
      [](const auto& file) -> const auto& { return file.clusters(); },
      [](const auto& entry) -> const auto& { return entry.cluster(); });
}

auto find_user(Files* files, absl::string_view name) {
  return find<kubernetes::User>(
      files, "users", "user", name, [](const auto& file) -> const auto& { return file.users(); },
      [](const auto& entry) -> const auto& { return entry.user(); });
}

std::string context_names(const Files& files) {
  std::vector<std::string> names;
  for (const KubeconfigFile& file : files) {
    for (const auto& context : file.message.contexts()) {
      if (names.size() < 20) names.push_back(absl::StrCat("\"", printable(context.name()), "\""));
    }
  }
  return names.empty() ? "none" : absl::StrJoin(names, ", ");
}

// The file that says which context counts; the first one if none does.
KubeconfigFile& deciding_file(Files* files) {
  for (KubeconfigFile& file : *files) {
    if (!file.message.current_context().empty()) return file;
  }
  return files->front();
}

// `chosen` goes before the current context.
void read_context(Files* files, const std::string& chosen, AccessConfig* config) {
  KubeconfigFile& deciding = deciding_file(files);
  const std::string& name = chosen.empty() ? deciding.message.current_context() : chosen;
  const auto refuse = [&](absl::string_view what) {
    const std::string message = absl::StrCat(what, "; contexts are ", context_names(*files));
    if (!chosen.empty()) return deciding.faults.add({}, "--context", message);
    deciding.faults.add(deciding.locations.find("current-context"), "current-context", message);
  };
  if (name.empty()) return refuse("is missing");
  const auto context = find_context(files, name);
  if (!context) return refuse(absl::StrCat("there is no context \"", name, "\""));

  const auto need = [&](absl::string_view field, const std::string& value, bool found) {
    if (value.empty()) context->entry.fault(field, "is missing");
    if (!value.empty() && !found) {
      context->entry.fault(field, absl::StrCat("there is no ", field, " \"", value, "\""));
    }
  };
  const auto cluster = find_cluster(files, context->message->cluster());
  const auto user = find_user(files, context->message->user());
  need("cluster", context->message->cluster(), cluster.has_value());
  need("user", context->message->user(), user.has_value());
  if (!faults_of(*files).ok()) return;

  config->name = context->entry.label();
  read_cluster(cluster->entry, *cluster->message, config);
  read_user(user->entry, *user->message, cluster->entry, config);
}

}  // namespace

absl::StatusOr<AccessConfig> resolve_kubeconfig(const std::vector<KubeconfigText>& texts,
                                                const std::string& context) {
  if (texts.empty()) return absl::InvalidArgumentError("there is no kubeconfig");
  Files files;
  for (const KubeconfigText& file : texts) files.emplace_back(file.path, file.text);
  if (const absl::Status status = faults_of(files); !status.ok()) return status;
  AccessConfig config;
  read_context(&files, context, &config);
  if (const absl::Status status = faults_of(files); !status.ok()) return status;
  return config;
}

}  // namespace portico
