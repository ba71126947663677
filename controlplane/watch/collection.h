#pragma once

// The objects of one kind that an API server has, and which of them have changed since they were
// handed on last.

#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "controlplane/kubernetes/object_set.h"
#include "controlplane/watch/object_sink.h"
#include "controlplane/watch/watch_statistics.h"
#include "spdlog/spdlog.h"

namespace portico {

// # Theory of operation
//
// A list replaces what is there and makes changes of the differences: what it does not have is
// deleted, what has the resource version that we know is not decoded anew but the object that we
// have, so that a list of an unchanged cluster changes nothing and costs no memory.
//
// An object that changes several times before it is handed on is one change.
template <typename Message>
class Collection : public ObjectSink {
 public:
  explicit Collection(WatchStatistics* statistics) : statistics_(statistics) {}

  void begin_list() override {
    listing_ = true;
    listed_.clear();
  }
  void end_list() override;
  void set(MessagePtr object) override;
  void erase(const kubernetes::ObjectMeta& metadata) override;
  void keep(const kubernetes::ObjectMeta& metadata) override;
  void warn(const std::string& text) override { spdlog::warn("{}", text); }
  void inform(const std::string& text) override { spdlog::info("{}", text); }

  bool has_changes() const { return !changes_.empty(); }
  // What has changed since the last time; the first time that is all there is.
  KindUpdate<Message> take_changes();

 private:
  using Objects = absl::flat_hash_map<ObjectKey, ObjectPtr<Message>>;

  void count() { statistics_->objects = objects_.size(); }

  WatchStatistics* const statistics_;
  Objects objects_;
  Objects changes_;  // null: deleted
  Objects listed_;
  bool listing_ = false;
};

template <typename Message>
void Collection<Message>::set(MessagePtr object) {
  // Whole copies of objects, in what may be the largest of their annotations; nobody asks for it.
  constexpr char kLastApplied[] = "kubectl.kubernetes.io/last-applied-configuration";
  auto& message = dynamic_cast<Message&>(*object);
  message.mutable_metadata()->mutable_annotations()->erase(kLastApplied);
  ObjectKey key = key_of(message.metadata());
  const auto known = objects_.find(key);
  const std::string& version = message.metadata().resource_version();
  if (known != objects_.end() && !version.empty() &&
      known->second->message.metadata().resource_version() == version) {
    if (listing_) listed_[std::move(key)] = known->second;
    return;
  }
  auto sourced = std::make_shared<Sourced<Message>>();
  sourced->message = std::move(message);
  if (listing_) {
    listed_[std::move(key)] = std::move(sourced);
    return;
  }
  changes_[key] = sourced;
  objects_[std::move(key)] = std::move(sourced);
  count();
}

template <typename Message>
void Collection<Message>::erase(const kubernetes::ObjectMeta& metadata) {
  const ObjectKey key = key_of(metadata);
  if (listing_) {
    listed_.erase(key);
    return;
  }
  if (objects_.erase(key) > 0) changes_[key] = nullptr;
  count();
}

// What the list has said of it already is newer than what is there.
template <typename Message>
void Collection<Message>::keep(const kubernetes::ObjectMeta& metadata) {
  const auto known = objects_.find(key_of(metadata));
  if (listing_ && known != objects_.end()) listed_.try_emplace(known->first, known->second);
}

template <typename Message>
void Collection<Message>::end_list() {
  if (listed_.empty() && !objects_.empty()) {
    ++statistics_->emptied;
    spdlog::warn("the API server has no {} any more, of {} that there were: all are deleted",
                 Message::descriptor()->name(), objects_.size());
  }
  for (const auto& [key, object] : objects_) {
    if (!listed_.contains(key)) changes_[key] = nullptr;
  }
  for (const auto& [key, object] : listed_) {
    const auto known = objects_.find(key);
    if (known == objects_.end() || known->second != object) changes_[key] = object;
  }
  objects_ = std::exchange(listed_, Objects());
  listing_ = false;
  count();
}

template <typename Message>
KindUpdate<Message> Collection<Message>::take_changes() {
  KindUpdate<Message> update;
  for (auto& [key, object] : changes_) {
    if (object == nullptr) {
      update.deleted.push_back(key);
    } else {
      update.set.push_back(std::move(object));
    }
  }
  changes_ = Objects();  // and its memory
  return update;
}

}  // namespace portico
