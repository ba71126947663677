#pragma once

// A response of an API server, in either encoding: it is taken apart into the same pieces however
// it is cut, and each piece is an object or refused.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/watch/decode.h"
#include "controlplane/watch/splitter.h"
#include "proto/kubernetes/core.pb.h"
#include "tests/fuzz/require.h"

namespace portico {

struct ApiResponsePieces {
  bool ok = true;
  std::vector<std::string> pieces;
  std::unique_ptr<Splitter> splitter;
};

inline ApiResponsePieces split_response(Encoding encoding, bool list, absl::string_view body,
                                        std::size_t chunk) {
  const SplitterLimits limits{.max_piece = 4096, .max_surroundings = 4096};
  ApiResponsePieces result;
  result.splitter =
      list ? make_list_splitter(encoding, limits) : make_watch_splitter(encoding, limits);
  for (std::size_t at = 0; result.ok && at < body.size(); at += chunk) {
    // A copy of its own, so that a sanitizer sees who looks beyond it.
    const std::string part(body.substr(at, chunk));
    result.ok =
        result.splitter
            ->feed(part, [&result](absl::string_view piece) { result.pieces.emplace_back(piece); })
            .ok();
  }
  result.ok = result.ok && result.splitter->finish().ok();
  return result;
}

// The first byte chooses between list and watch, the second how it is cut.
inline void check_api_response(Encoding encoding, const std::uint8_t* data, std::size_t size) {
  if (size < 2) return;
  const bool list = data[0] % 2 == 0;
  const absl::string_view body(reinterpret_cast<const char*>(data + 2), size - 2);
  const ApiResponsePieces whole =
      split_response(encoding, list, body, std::max<std::size_t>(body.size(), 1));
  const ApiResponsePieces cut = split_response(encoding, list, body, std::size_t{1} + data[1] % 32);
  PORTICO_FUZZ_REQUIRE(whole.ok == cut.ok);
  PORTICO_FUZZ_REQUIRE(whole.pieces == cut.pieces);
  PORTICO_FUZZ_REQUIRE(whole.splitter->passed_over() == cut.splitter->passed_over());
  const auto& prototype = kubernetes::Service::default_instance();
  for (const std::string& piece : whole.pieces) {
    PORTICO_FUZZ_REQUIRE(piece.size() <= 4096);
    if (list) {
      const absl::StatusOr<MessagePtr> object = decode_object(encoding, piece, prototype);
      PORTICO_FUZZ_REQUIRE(!object.ok() || !metadata_of(**object).name().empty());
    } else {
      const auto event = decode_event(encoding, piece, {"v1", "Service"}, prototype);
      PORTICO_FUZZ_REQUIRE(event.ok() || absl::IsInvalidArgument(event.status()));
    }
  }
  if (list && whole.ok) decode_list_header(encoding, *whole.splitter).status().IgnoreError();
  decode_error(
      500, encoding == Encoding::kJson ? "application/json" : "application/vnd.kubernetes.protobuf",
      body);
}

}  // namespace portico
