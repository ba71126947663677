#pragma once

// YAML tree -> protobuf message, by reflection.
//
// | field                     | YAML                                                             |
// |---------------------------|------------------------------------------------------------------|
// | int32 ... uint64          | decimal number in range, not quoted, no leading zero             |
// | float, double             | finite number, not quoted                                        |
// | bool                      | true or false, not quoted (YAML 1.1's yes, no, on, off are not)  |
// | string                    | any scalar, as it is written: 80 is "80", 1.10 is "1.10"         |
// | bytes                     | base64 text                                                      |
// | enum                      | its name, see FieldNames                                         |
// | message                   | mapping                                                          |
// | repeated                  | list; an item may not be null                                    |
// | map<K, V>                 | mapping                                                          |
// | google.protobuf.Duration  | "200us", "1m30s", "24h": units ns us ms s m h; not negative     |
// | a message named           | a plain number goes to its field int_val (or intVal), any other  |
// | IntOrString               | scalar to str_val; `type`, if it has one, is 0 or 1 as           |
// |                           | Kubernetes' (apimachinery/pkg/util/intstr) says                  |
//
// null, `~` or no value means that the field is absent. Two fields of one oneof are a fault.

#include <cstdint>
#include <string>

#include "controlplane/yaml/faults.h"
#include "controlplane/yaml/node.h"
#include "google/protobuf/message.h"

namespace portico {

// What happens to a key that the message has no field for.
enum class UnknownFields : std::uint8_t {
  kRefuse,  // a fault: our own files, where it is a slip of the pen
  kIgnore,  // Kubernetes objects, of which we declare only what we read
};

// How fields and enum values are called in the YAML.
enum class FieldNames : std::uint8_t {
  // As in the .proto: snake_case. An enum value in lower case without its enum's name in front:
  // `uplink` for PORT_ROLE_UPLINK of enum PortRole. A value named ..._UNSPECIFIED cannot be
  // written.
  kProto,
  // By json_name (lowerCamelCase unless the .proto says otherwise). Enum values as in the .proto.
  kJson,
};

struct YamlReadOptions {
  UnknownFields unknown_fields = UnknownFields::kRefuse;
  FieldNames field_names = FieldNames::kProto;
  // Where `node` stands in its document, for the paths in faults: "items[3]".
  std::string path = "";
  // If not null, gets the place of each field that was read.
  YamlLocations* locations = nullptr;
};

// Reads `node` into `message`, which should be empty. Returns true when there was no fault; else
// every fault has been added, and `message` holds the fields without one.
bool read_yaml(const YamlNode& node, google::protobuf::Message* message,
               const YamlReadOptions& options, Faults* faults);

}  // namespace portico
