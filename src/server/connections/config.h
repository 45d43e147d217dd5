// The config of connection tables and profiles: options as a client sends them, as objects within objects.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "formats/option.h"

namespace laminar::server {

using nlohmann::json;

// An option of config, by the name that it has there with its objects' names in front: "type.offset".
struct ConfigOption {
  std::string name, value;
};
// Errors have the field that is to blame as their code: "config.type.offset".
// Error (kUser): a list, or null.
Result<std::vector<ConfigOption>> FlattenConfig(const json& config);

// The same options with the names of NameInConfig; what no spec is stays as it is. null is kept, for merging.
json WithUsualNames(const json& config, const std::vector<OptionSpec>& specs);

// Makes of a secret what is kept instead of it.
using KeepSecret = std::function<Result<std::string>(std::string_view option, std::string_view value)>;
// Puts what is kept in the place of each secret. {"set": true}, which stands for secrets in answers, stands for what
// `before` has there. Error (kUser): `keep`'s, or there is nothing that it stands for.
Status KeepSecrets(const std::vector<OptionSpec>& specs, const KeepSecret& keep, const json& before, json* config);
// For clients: what is sealed as {"set": true}.
json WithoutSecrets(const json& config);

}  // namespace laminar::server
