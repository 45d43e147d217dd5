#include "server/connections/option_names.h"

#include <algorithm>
#include <cctype>

namespace laminar::server {

namespace {

// "eventTime.maxDelay" as event_time.max_delay.
std::string InSnakeCase(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0) out.push_back('_');
    out.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  return out;
}

}  // namespace

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string NameInConfig(const OptionSpec& spec) {
  if (!spec.aliases.empty()) return std::string(spec.aliases.front());
  std::string out;
  bool upper = false;
  for (const char c : spec.name) {
    if (c == '_') {
      upper = true;
      continue;
    }
    out.push_back(upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c);
    upper = false;
  }
  return out;
}

const OptionSpec* FindSpec(std::string_view name, const std::vector<OptionSpec>& specs) {
  const std::string in_snake_case = InSnakeCase(name);
  for (const OptionSpec& spec : specs) {
    const bool is_it = SameName(spec.name, name) || spec.name == in_snake_case ||
                       std::any_of(spec.aliases.begin(), spec.aliases.end(),
                                   [&](std::string_view alias) { return SameName(alias, name); });
    if (is_it) return &spec;
  }
  return nullptr;
}

std::string NameInSql(std::string_view name, const std::vector<OptionSpec>& specs) {
  const OptionSpec* const spec = FindSpec(name, specs);
  return spec != nullptr ? std::string(spec->name) : InSnakeCase(name);
}

}  // namespace laminar::server
