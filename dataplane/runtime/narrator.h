#pragma once

#include <vector>

#include "dataplane/stage/pipeline.h"
#include "include/portico/data_plane.h"

namespace portico {

// Looks at a packet after each stage and says in a sentence what the stage decided. It only reads:
// the stages don't know that somebody watches.
template <typename Address>
class Narrator {
 public:
  // `connections` is the context's own; `timeouts` are its timeouts.
  Narrator(const Packet& packet, StageContext& context, const TimeoutConfig& timeouts)
      : packet_(packet), context_(context), timeouts_(timeout_ticks(timeouts)) {}

  void after(Stage stage);

  std::vector<ExplainStep> steps() && { return std::move(steps_); }

 private:
  std::string answer() const;
  std::string parsed() const;
  std::string steered() const;
  std::string connection_found() const;
  std::string error_related() const;
  std::string service_found();
  std::string endpoint_picked() const;
  std::string by_affinity(const EndpointSet<Address>& set) const;
  std::string how_chosen(const EndpointSet<Address>& set,
                         const ServiceEndpoint<Address>& endpoint) const;
  std::string connection_created() const;
  void find_who_makes_room();
  std::string tracked() const;
  std::string translated() const;
  std::string next_hop_found() const;
  const ServiceEntry<Address>& service() const {
    return *static_cast<const ServiceEntry<Address>*>(packet_.service);
  }
  const Connection<Address>& connection() const {
    return context_.tables<Address>().connections[packet_.connection];
  }

  const Packet& packet_;
  StageContext& context_;
  const TimeoutTicks timeouts_;
  std::vector<ExplainStep> steps_;
  std::string makes_room_;   // which connection, for the new one
  std::string before_;       // translation
  ConnectionState state_{};  // before track()
  EndpointRef last_;         // where the client's last connection went, by session affinity
  bool existed_ = false;     // the connection, before this packet
  bool over_ = false;
};

}  // namespace portico
