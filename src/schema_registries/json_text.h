// Members of JSON that a registry answers with.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace laminar {

// The text under `key`; "" = `json` is no object, or has none there.
inline std::string TextIn(const nlohmann::json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace laminar
