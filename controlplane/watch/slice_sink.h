#pragma once

// Takes the endpoints of an older API server, and hands them on as EndpointSlices of v1.

#include <string>
#include <unordered_map>
#include <vector>

#include "controlplane/watch/object_sink.h"
#include "proto/kubernetes/discovery.pb.h"

namespace portico {

// One object of the server may be any number of slices, and another number when it has changed: so
// it is remembered which ones came of it.
class SliceSink : public ObjectSink {
 public:
  // `slices` takes EndpointSlices and must outlive this.
  explicit SliceSink(ObjectSink* slices) : slices_(slices) {}

  void begin_list() override;
  void end_list() override;
  // Of an EndpointSliceV1beta1 or Endpoints.
  void set(MessagePtr object) override;
  void erase(const kubernetes::ObjectMeta& metadata) override;
  void keep(const kubernetes::ObjectMeta& metadata) override;
  void warn(const std::string& text) override { slices_->warn(text); }
  void inform(const std::string& text) override { slices_->inform(text); }

 private:
  // By the key of the server's object, the names of the slices.
  using Names = std::unordered_map<std::string, std::vector<std::string>>;

  Names& names() { return listing_ ? listed_ : names_; }

  ObjectSink* const slices_;
  Names names_;
  Names listed_;
  bool listing_ = false;
};

}  // namespace portico
