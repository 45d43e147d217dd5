#include "server/connections/config.h"

#include <utility>

#include "formats/secrets.h"
#include "server/connections/option_names.h"

namespace laminar::server {

namespace {

std::string FieldOf(const std::string& name) {
  return name.empty() ? "config" : "config." + name;
}

std::string Joined(const std::string& name, const std::string& member) {
  return name.empty() ? member : name + "." + member;
}

bool IsScalar(const json& value) {
  return value.is_string() || value.is_boolean() || value.is_number();
}

std::string TextOf(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool IsSealed(const json& value) {
  if (!value.is_string()) return false;
  const auto reference = ParseSecretReference(value.get_ref<const std::string&>());
  return reference.ok() && *reference && (*reference)->kind == SecretReference::Kind::kSealed;
}

const json& SetMark() {
  static const json kMark = {{"set", true}};
  return kMark;
}

// Calls `each` for every member that is no object, with its name; of an object that has no members too.
void ForEachMember(const json& value, const std::string& name,
                   const std::function<void(const std::string& name, const json& value)>& each) {
  if (!value.is_object() || value.empty()) return each(name, value);
  for (const auto& [key, member] : value.items()) ForEachMember(member, Joined(name, key), each);
}

json& At(const std::string& name, json* object) {
  json* at = object;
  size_t begin = 0;
  for (size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', begin)) {
    json& member = (*at)[name.substr(begin, dot - begin)];
    if (!member.is_object()) member = json::object();
    at = &member;
    begin = dot + 1;
  }
  return (*at)[name.substr(begin)];
}

// nullptr: there is none.
const json* FindOption(const OptionSpec& spec, const std::vector<OptionSpec>& specs, const json& value,
                       const std::string& name) {
  if (!name.empty() && FindSpec(name, specs) == &spec) return &value;
  if (!value.is_object()) return nullptr;
  for (const auto& [key, member] : value.items()) {
    if (const json* found = FindOption(spec, specs, member, Joined(name, key))) return found;
  }
  return nullptr;
}

Status Keep(const std::vector<OptionSpec>& specs, const KeepSecret& keep, const json& before, const std::string& name,
            json* value) {
  const OptionSpec* const spec = FindSpec(name, specs);
  if (spec == nullptr || !spec->secret) {
    if (!value->is_object()) return Status::Ok();
    for (auto& [key, member] : value->items()) RETURN_IF_ERROR(Keep(specs, keep, before, Joined(name, key), &member));
    return Status::Ok();
  }
  if (*value == SetMark()) {
    const json* const kept = FindOption(*spec, specs, before, "");
    if (kept == nullptr) {
      return Status::User(name + " is said to be set, and nothing is known that it could be",
                          "Send the secret, a reference to it, or leave it out")
          .WithCode(FieldOf(name));
    }
    *value = *kept;
    return Status::Ok();
  }
  if (!IsScalar(*value)) return Status::Ok();  // told when it is flattened
  Result<std::string> kept = keep(spec->name, TextOf(*value));
  if (!kept.ok()) return Status(kept.status()).WithCode(FieldOf(name));
  *value = std::move(*kept);
  return Status::Ok();
}

}  // namespace

Result<std::vector<ConfigOption>> FlattenConfig(const json& config) {
  std::vector<ConfigOption> options;
  Status status;
  ForEachMember(config, "", [&](const std::string& name, const json& value) {
    if (value.is_object()) return;
    if (IsScalar(value)) {
      options.push_back({name, TextOf(value)});
    } else if (status.ok()) {
      status = Status::User(name + " is neither a text, a number, a truth value nor an object of them",
                            "Leave it out, or correct it")
                   .WithCode(FieldOf(name));
    }
  });
  RETURN_IF_ERROR(status);
  return options;
}

json WithUsualNames(const json& config, const std::vector<OptionSpec>& specs) {
  json usual = json::object();
  ForEachMember(config, "", [&](const std::string& name, const json& value) {
    if (name.empty()) return;
    // {"set": true} is a secret's value.
    const size_t dot = name.rfind('.');
    if (dot != name.npos && name.substr(dot) == ".set" && value == json(true)) {
      const OptionSpec* const spec = FindSpec(name.substr(0, dot), specs);
      if (spec != nullptr && spec->secret) {
        At(NameInConfig(*spec), &usual) = SetMark();
        return;
      }
    }
    const OptionSpec* const spec = FindSpec(name, specs);
    At(spec != nullptr ? NameInConfig(*spec) : name, &usual) = value;
  });
  return usual;
}

Status KeepSecrets(const std::vector<OptionSpec>& specs, const KeepSecret& keep, const json& before, json* config) {
  return Keep(specs, keep, before, "", config);
}

json WithoutSecrets(const json& config) {
  if (IsSealed(config)) return SetMark();
  if (!config.is_object()) return config;
  json shown = json::object();
  for (const auto& [key, member] : config.items()) shown[key] = WithoutSecrets(member);
  return shown;
}

}  // namespace laminar::server
