#include "controlplane/watch/slice_sink.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "controlplane/kubernetes/object_set.h"
#include "controlplane/watch/slice_conversion.h"

namespace portico {
namespace {

using kubernetes::EndpointSlice;

std::vector<EndpointSlice> convert(const google::protobuf::Message& object) {
  if (const auto* endpoints = dynamic_cast<const kubernetes::Endpoints*>(&object)) {
    return from_endpoints(*endpoints);
  }
  return {from_v1beta1(dynamic_cast<const kubernetes::EndpointSliceV1beta1&>(object))};
}

}  // namespace

void SliceSink::begin_list() {
  listing_ = true;
  listed_.clear();
  slices_->begin_list();
}

void SliceSink::end_list() {
  listing_ = false;
  names_ = std::exchange(listed_, {});
  slices_->end_list();
}

void SliceSink::set(MessagePtr object) {
  std::vector<std::string> now;
  for (EndpointSlice& slice : convert(*object)) {
    now.push_back(slice.metadata().name());
    slices_->set(std::make_unique<EndpointSlice>(std::move(slice)));
  }
  kubernetes::ObjectMeta metadata = metadata_of(*object);
  std::vector<std::string>& before = names()[key_of(metadata)];
  for (const std::string& name : before) {
    if (std::find(now.begin(), now.end(), name) != now.end()) continue;
    metadata.set_name(name);
    slices_->erase(metadata);
  }
  before = std::move(now);
}

void SliceSink::erase(const kubernetes::ObjectMeta& metadata) {
  const auto found = names().find(key_of(metadata));
  if (found == names().end()) return;
  kubernetes::ObjectMeta slice = metadata;
  for (const std::string& name : found->second) {
    slice.set_name(name);
    slices_->erase(slice);
  }
  names().erase(found);
}

void SliceSink::keep(const kubernetes::ObjectMeta& metadata) {
  const auto known = names_.find(key_of(metadata));
  if (!listing_ || known == names_.end() || !listed_.insert(*known).second) return;
  kubernetes::ObjectMeta slice = metadata;
  for (const std::string& name : known->second) {
    slice.set_name(name);
    slices_->keep(slice);
  }
}

}  // namespace portico
