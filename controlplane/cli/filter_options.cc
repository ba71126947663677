#include "controlplane/cli/filter_options.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "include/portico/ip_address.h"

namespace portico::cli {
namespace {

using SetNumber = void (v1::ConnectionFilter::*)(std::uint32_t);

OptionInfo prefix_option(const std::string& name, const std::string& whose,
                         std::string* (v1::ConnectionFilter::*field)()) {
  return {name,
          "ADDRESS|PREFIX",
          whose + " address, or a prefix that holds it",
          {},
          [field](absl::string_view text, Options& options) {
            const absl::StatusOr<IpPrefix> prefix = IpPrefix::parse(text);
            if (prefix.ok()) *(options.filter.*field)() = std::string(text);
            return prefix.status();
          }};
}

OptionInfo port_option(const std::string& name, const std::string& whose, SetNumber set) {
  return {name, "PORT", whose + " port", {}, [set](absl::string_view text, Options& options) {
            const absl::StatusOr<std::uint32_t> port = parse_number(text, 65535);
            if (port.ok()) (options.filter.*set)(*port);
            return port.status();
          }};
}

}  // namespace

std::string qualified_name(const std::string& name, const std::string& name_space) {
  if (absl::StrContains(name, '/')) return name;
  return absl::StrCat(name_space.empty() ? "default" : name_space, "/", name);
}

std::vector<OptionInfo> filter_options() {
  using Filter = v1::ConnectionFilter;
  return {
      prefix_option("--client", "The client's", &Filter::mutable_client),
      port_option("--client-port", "The client's", &Filter::set_client_port),
      {"--service",
       "NAME",
       "The Service; without a namespace, default/NAME",
       {},
       [](absl::string_view text, Options& options) {
         options.filter.set_service(qualified_name(std::string(text), ""));
         return absl::OkStatus();
       }},
      prefix_option("--service-address", "The Service's", &Filter::mutable_service_address),
      port_option("--service-port", "The Service's", &Filter::set_service_port),
      prefix_option("--endpoint", "The endpoint's", &Filter::mutable_endpoint_address),
      port_option("--endpoint-port", "The endpoint's", &Filter::set_endpoint_port),
      {"--protocol",
       "PROTOCOL",
       "The protocol",
       {"tcp", "udp", "sctp"},
       [](absl::string_view text, Options& options) {
         v1::Protocol protocol{};
         v1::Protocol_Parse(absl::StrCat("PROTOCOL_", absl::AsciiStrToUpper(text)), &protocol);
         options.filter.set_protocol(protocol);
         return absl::OkStatus();
       }},
      {"--family",
       "FAMILY",
       "The IP family",
       {"ipv4", "ipv6"},
       [](absl::string_view text, Options& options) {
         options.filter.set_family(absl::EqualsIgnoreCase(text, "ipv4") ? v1::IP_FAMILY_IPV4
                                                                        : v1::IP_FAMILY_IPV6);
         return absl::OkStatus();
       }},
  };
}

}  // namespace portico::cli
