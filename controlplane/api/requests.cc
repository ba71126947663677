#include "controlplane/api/requests.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controlplane/api/convert.h"

namespace portico {
namespace {

constexpr std::uint32_t kDefaultSourcePort = 40000;
constexpr std::uint32_t kSyn = 0x02;
constexpr std::uint32_t kDefaultTtl = 64;
constexpr std::uint32_t kDefaultMtu = 1280;

absl::Status fault(absl::string_view field, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", what));
}

absl::StatusOr<L4Port> parse_port(absl::string_view field, std::uint32_t port) {
  if (port == 0 || port > 65535) {
    return fault(field, absl::StrCat("must be 1 to 65535, is ", port));
  }
  return L4Port::from_host(static_cast<std::uint16_t>(port));
}

absl::StatusOr<IpAddress> parse_address(absl::string_view field, const std::string& text) {
  const absl::StatusOr<IpAddress> address = IpAddress::parse(text);
  return address.ok() ? address : fault(field, address.status().message());
}

absl::StatusOr<Protocol> parse_protocol(absl::string_view field, v1::Protocol protocol) {
  const std::optional<Protocol> parsed = from_proto(protocol);
  if (!parsed) return fault(field, "must be TCP, UDP or SCTP");
  return *parsed;
}

absl::StatusOr<Family> parse_family(absl::string_view field, v1::IpFamily family) {
  if (family == v1::IP_FAMILY_IPV4) return Family::kIpv4;
  if (family == v1::IP_FAMILY_IPV6) return Family::kIpv6;
  return fault(field, "must be IPv4 or IPv6");
}

absl::StatusOr<IpPrefix> parse_prefix(absl::string_view field, const std::string& text) {
  const absl::StatusOr<IpPrefix> prefix = IpPrefix::parse(text);
  return prefix.ok() ? prefix : fault(field, prefix.status().message());
}

// Fills `to`, and keeps the first error of several calls in `status`.
template <typename To, typename From>
void take(absl::Status& status, absl::StatusOr<From> from, To& to) {
  if (from.ok()) {
    to = *std::move(from);
  } else {
    status.Update(from.status());
  }
}

absl::StatusOr<ExplainedError::Kind> parse_kind(v1::ExplainRequest::IcmpError::Kind kind) {
  switch (kind) {
    case v1::ExplainRequest::IcmpError::KIND_TOO_BIG:
      return ExplainedError::Kind::kTooBig;
    case v1::ExplainRequest::IcmpError::KIND_TIME_EXCEEDED:
      return ExplainedError::Kind::kTimeExceeded;
    case v1::ExplainRequest::IcmpError::KIND_PORT_UNREACHABLE:
      return ExplainedError::Kind::kPortUnreachable;
    default:
      return fault("icmp_error.kind", "must be too big, time exceeded or port unreachable");
  }
}

// About the packet of `request`.
absl::StatusOr<ExplainedError> parse(const v1::ExplainRequest::IcmpError& m,
                                     const ExplainRequest& request) {
  ExplainedError error;
  absl::Status status;
  take(status, parse_kind(m.kind()), error.kind);
  error.sender = request.destination;
  if (!m.sender().empty())
    take(status, parse_address("icmp_error.sender", m.sender()), error.sender);
  if (status.ok() && error.sender.family() != request.source.family()) {
    status = fault("icmp_error.sender", "is not of the source's address family");
  }
  if (m.mtu() != 0 && m.kind() != v1::ExplainRequest::IcmpError::KIND_TOO_BIG) {
    status.Update(fault("icmp_error.mtu", "is only told by an error of the kind too big"));
  }
  if (m.mtu() > 65535) {
    status.Update(fault("icmp_error.mtu", absl::StrCat("must be 0 to 65535, is ", m.mtu())));
  }
  if (!status.ok()) return status;
  error.mtu = static_cast<std::uint16_t>(m.mtu() == 0 ? kDefaultMtu : m.mtu());
  return error;
}

}  // namespace

absl::StatusOr<ConnectionFilter> parse(const v1::ConnectionFilter& m) {
  ConnectionFilter filter;
  absl::Status status;
  if (m.has_family()) take(status, parse_family("filter.family", m.family()), filter.family);
  if (m.has_protocol()) {
    take(status, parse_protocol("filter.protocol", m.protocol()), filter.protocol);
  }
  if (m.has_client()) take(status, parse_prefix("filter.client", m.client()), filter.client);
  if (m.has_client_port()) {
    take(status, parse_port("filter.client_port", m.client_port()), filter.client_port);
  }
  if (m.has_service_address()) {
    take(status, parse_prefix("filter.service_address", m.service_address()),
         filter.service_address);
  }
  if (m.has_service_port()) {
    take(status, parse_port("filter.service_port", m.service_port()), filter.service_port);
  }
  if (m.has_endpoint_address()) {
    take(status, parse_prefix("filter.endpoint_address", m.endpoint_address()),
         filter.endpoint_address);
  }
  if (m.has_endpoint_port()) {
    take(status, parse_port("filter.endpoint_port", m.endpoint_port()), filter.endpoint_port);
  }
  if (m.has_service()) filter.service = m.service();
  if (!status.ok()) return status;
  return filter;
}

absl::StatusOr<ExplainRequest> parse(const v1::ExplainRequest& m) {
  ExplainRequest request;
  absl::Status status;
  const auto or_default = [](std::uint32_t value, std::uint32_t otherwise) {
    return value == 0 ? otherwise : value;
  };
  request.in_port = m.in_port();
  take(status, parse_protocol("protocol", m.protocol()), request.protocol);
  take(status, parse_address("source", m.source()), request.source);
  take(status, parse_port("source_port", or_default(m.source_port(), kDefaultSourcePort)),
       request.source_port);
  take(status, parse_address("destination", m.destination()), request.destination);
  take(status, parse_port("destination_port", m.destination_port()), request.destination_port);
  if (m.tcp_flags() > 0xff) {
    status.Update(fault("tcp_flags", absl::StrCat("must be 0 to 255, is ", m.tcp_flags())));
  }
  if (m.sctp_chunk() > 0xff) {
    status.Update(fault("sctp_chunk", absl::StrCat("must be 0 to 255, is ", m.sctp_chunk())));
  }
  if (m.ttl() > 255) status.Update(fault("ttl", absl::StrCat("must be 1 to 255, is ", m.ttl())));
  if (status.ok() && request.source.family() != request.destination.family()) {
    status = fault("destination", "is not of the source's address family");
  }
  if (status.ok() && m.has_icmp_error()) {
    take(status, parse(m.icmp_error(), request), request.error);
  }
  if (!status.ok()) return status;
  request.tcp_flags = static_cast<std::uint8_t>(or_default(m.tcp_flags(), kSyn));
  if (m.has_sctp_chunk()) request.sctp_chunk = static_cast<std::uint8_t>(m.sctp_chunk());
  request.ttl = static_cast<std::uint8_t>(or_default(m.ttl(), kDefaultTtl));
  return request;
}

}  // namespace portico
