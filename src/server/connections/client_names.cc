#include "server/connections/client_names.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <utility>

#include "server/connections/option_names.h"

namespace laminar::server {

namespace {

constexpr std::string_view kIts = " to its WITH";  // where hints say that an option belongs

bool IsOfName(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
}

// Calls `each` for every word of the text that may be a name of SQL, in order: for "csv" only in quotes, as it is a
// word of English too, for "source.offset" anywhere. What follows "= '" is a value.
void ForEachName(std::string_view text, const std::function<void(size_t begin, size_t end)>& each) {
  for (size_t begin = 0; begin < text.size();) {
    if (!IsOfName(text[begin])) {
      begin++;
      continue;
    }
    size_t next = begin;
    while (next < text.size() && IsOfName(text[next])) next++;
    size_t end = next;
    while (end > begin && text[end - 1] == '.') end--;
    const bool quoted = begin > 0 && text[begin - 1] == '\'' && end < text.size() && text[end] == '\'';
    const bool is_value = begin >= 3 && text.substr(begin - 3, 3) == "= '";
    const bool is_word = text.substr(begin, end - begin).find_first_of("._") == text.npos;
    if (!is_value && (quoted || !is_word)) each(begin, end);
    begin = next;
  }
}

}  // namespace

ClientNames::ClientNames(const std::vector<OptionSpec>& specs, const std::vector<ConfigOption>& sent) {
  for (const OptionSpec& spec : specs) {
    // These are fields beside config.
    if (spec.name == "connector" || spec.name == "type" || spec.name == "format") continue;
    names_[std::string(spec.name)] = {NameInConfig(spec), true};
  }
  for (const ConfigOption& option : sent)
    names_[NameInSql(option.name, specs)] = {option.name, FindSpec(option.name, specs) != nullptr};
}

std::string ClientNames::InConfig(const std::string& name_in_sql) const {
  const auto found = names_.find(name_in_sql);
  return found == names_.end() ? name_in_sql : found->second.in_config;
}

std::string ClientNames::InText(std::string_view text) const {
  std::string out;
  size_t copied = 0;
  ForEachName(text, [&](size_t begin, size_t end) {
    const auto found = names_.find(text.substr(begin, end - begin));
    if (found == names_.end()) return;
    out += text.substr(copied, begin - copied);
    out += found->second.in_config;
    copied = end;
  });
  out += text.substr(copied);
  return out;
}

const ClientNames::Name* ClientNames::FirstIn(std::string_view text) const {
  const Name* first = nullptr;
  ForEachName(text, [&](size_t begin, size_t end) {
    const auto found = names_.find(text.substr(begin, end - begin));
    if (first == nullptr && found != names_.end() && found->second.is_option) first = &found->second;
  });
  return first;
}

Status ClientNames::Told(const Status& problem) const {
  const std::string message = InText(problem.message());
  std::string hint = InText(problem.hint());
  if (hint.ends_with(kIts)) hint.replace(hint.size() - kIts.size(), kIts.size(), " to its config");
  if (problem.kind() != StatusKind::kUser) return Status::Environment(message, hint).WithCode(problem.code());
  std::string field = problem.code();
  if (field.empty()) {
    const Name* first = FirstIn(problem.message());
    if (first == nullptr) first = FirstIn(problem.hint());
    if (first != nullptr) field = "config." + first->in_config;
  }
  return Status::User(message, hint).WithCode(std::move(field));
}

}  // namespace laminar::server
