#include "controlplane/watch/splitter.h"

#include "controlplane/watch/json_splitter.h"
#include "controlplane/watch/protobuf_splitter.h"

namespace portico {

std::unique_ptr<Splitter> make_watch_splitter(Encoding encoding, const SplitterLimits& limits) {
  if (encoding == Encoding::kProtobuf) return std::make_unique<FrameSplitter>(limits);
  return std::make_unique<JsonSplitter>(JsonSplitter::Pieces::kOutermost, limits);
}

std::unique_ptr<Splitter> make_list_splitter(Encoding encoding, const SplitterLimits& limits) {
  if (encoding == Encoding::kProtobuf) return std::make_unique<ProtobufListSplitter>(limits);
  return std::make_unique<JsonSplitter>(JsonSplitter::Pieces::kItems, limits);
}

}  // namespace portico
