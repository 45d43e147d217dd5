// Reading written options against their specs. Names are matched as SQL matches identifiers, without regard to case:
// 'streamName', 'streamname' and 'STREAM_NAME' all name stream_name. Messages repeat the user's own spelling.
#include "formats/option.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/units.h"

namespace laminar {

namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out.push_back('\'');
    out.push_back(c);
  }
  out.push_back('\'');
  return out;
}

// A name as it stands in SQL: with a dot it needs quotes.
std::string NameInSql(std::string_view name) {
  return name.find('.') == std::string_view::npos ? std::string(name) : Quoted(name);
}

bool Applies(OptionUse spec_use, OptionUse use) {
  return spec_use == OptionUse::kBoth || use == OptionUse::kBoth || spec_use == use;
}

// "'a'", "'a' or 'b'", "'a', 'b' or 'c'"
template <class Strings>
std::string Alternatives(const Strings& names) {
  std::string out;
  for (size_t i = 0; i < names.size(); i++) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += Quoted(names[i]);
  }
  return out;
}

std::string NumberText(double value) {
  if (value == std::floor(value) && std::abs(value) < 9e15) return std::to_string(static_cast<int64_t>(value));
  std::string out = std::to_string(value);
  out.erase(out.find_last_not_of('0') + 1);
  return out;
}

// What a value of this option may be: "a whole number from 1 to 500".
std::string Describe(const OptionSpec& spec) {
  std::string what, unit;
  switch (spec.type) {
    case OptionType::kString:
      return "text";
    case OptionType::kBoolean:
      return "'true' or 'false'";
    case OptionType::kEnum:
      return Alternatives(spec.choices);
    case OptionType::kInteger:
      what = "a whole number";
      break;
    case OptionType::kNumber:
      what = "a number";
      break;
    case OptionType::kBytes:
      what = "a size";
      unit = " bytes";
      break;
    case OptionType::kMillis:
      what = "a duration";
      unit = " ms";
      break;
  }
  if (spec.max != 0) return what + " from " + NumberText(spec.min) + " to " + NumberText(spec.max) + unit;
  if (spec.min != 0) return what + " of at least " + NumberText(spec.min) + unit;
  switch (spec.type) {
    case OptionType::kBytes:
      return "a size like 4000000, '64KiB' or '1.5GB'";
    case OptionType::kMillis:
      return "a duration like 500 (milliseconds), '5 s' or '2 minutes'";
    default:
      return what + " of at least 0";
  }
}

std::string_view Trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::optional<bool> ParseBoolean(std::string_view text) {
  const std::string word = Lower(text);
  for (const char* yes : {"true", "t", "yes", "on", "1"}) {
    if (word == yes) return true;
  }
  for (const char* no : {"false", "f", "no", "off", "0"}) {
    if (word == no) return false;
  }
  return std::nullopt;
}

enum class Verdict { kGood, kWrongType, kOutOfRange };

Verdict InRange(const OptionSpec& spec, double value) {
  return value < spec.min || (spec.max != 0 && value > spec.max) ? Verdict::kOutOfRange : Verdict::kGood;
}

}  // namespace

// Fills OptionValues, whose members nobody else may write.
class OptionParser {
 public:
  OptionParser(std::span<const OptionSpec> specs, OptionUse use, std::string_view what, std::vector<Status>* problems,
               const Secrets* secrets)
      : specs_(specs), use_(use), what_(what), problems_(problems), secrets_(secrets) {
    values_.secrets_ = secrets;
    for (const OptionSpec& spec : specs_) {
      if (IsShadowed(spec)) continue;
      Index(spec.name, spec);
      for (const std::string_view alias : spec.aliases) Index(alias, spec);
    }
  }

  OptionValues Parse(std::span<const WrittenOption> written) {
    std::map<const OptionSpec*, const WrittenOption*> first;
    for (const WrittenOption& option : written) {
      const auto found = by_name_.find(Lower(option.name));
      if (found == by_name_.end()) {
        Problem(Unknown(option), option);
        continue;
      }
      const OptionSpec& spec = *found->second;
      const auto [earlier, is_first] = first.emplace(&spec, &option);
      if (!is_first) {
        Problem(Twice(*earlier->second, option), option);
      } else if (!Applies(spec.use, use_)) {
        const bool for_sink = spec.use == OptionUse::kSink;
        Problem(Status::User("option " + Quoted(option.name) + " is for " + (for_sink ? "sinks" : "sources") +
                                 " only, and this table is a " + (for_sink ? "source" : "sink"),
                             "Remove it"),
                option);
      } else {
        Read(spec, option);
      }
    }
    for (const OptionSpec& spec : specs_) {
      if (first.contains(&spec) || !Applies(spec.use, use_) || IsShadowed(spec)) continue;
      if (!spec.default_value.empty()) {
        OptionValues::Value value = Typed(spec);
        CHECK_MSG(Convert(spec, spec.default_value, &value) == Verdict::kGood, std::string(spec.name).c_str());
        value.has = true;
        values_.values_[std::string(spec.name)] = std::move(value);
      } else {
        values_.values_[std::string(spec.name)] = Typed(spec);
        // Where the direction is not known yet, only what both need is missing; what is misspelt has been reported.
        if (spec.required && !meant_.contains(&spec) && (use_ != OptionUse::kBoth || spec.use == OptionUse::kBoth))
          problems_->push_back(Missing(spec));
      }
    }
    return std::move(values_);
  }

 private:
  // An option that sources and sinks have in different meanings has two specs, of which one counts.
  bool IsShadowed(const OptionSpec& spec) const {
    return std::any_of(specs_.begin(), specs_.end(), [&](const OptionSpec& other) {
      return &other != &spec && other.name == spec.name && Applies(other.use, use_) &&
             (!Applies(spec.use, use_) || &other < &spec);
    });
  }

  void Index(std::string_view name, const OptionSpec& spec) {
    const bool is_new = by_name_.emplace(Lower(name), &spec).second;
    CHECK_MSG(is_new, std::string(name).c_str());
  }

  void Problem(Status status, const WrittenOption& option) {
    problems_->push_back(std::move(status).At(option.position));
  }

  Status Unknown(const WrittenOption& option) {
    const std::string message = "unknown option " + Quoted(option.name);
    std::vector<std::string> candidates;
    std::string all;
    for (const OptionSpec& spec : specs_) {
      if (!Applies(spec.use, use_)) continue;
      candidates.emplace_back(spec.name);
      all += (all.empty() ? "" : ", ") + std::string(spec.name);
    }
    // "stream" for "stream_name"; "offset" for "source.offset".
    for (const std::string& name : candidates) {
      if (name.starts_with(Lower(option.name) + "_") && name.find('.') == std::string::npos)
        return Status::User(message, DidYouMean(name));
    }
    for (const std::string& name : candidates) {
      const auto dot = name.find('.');
      if (dot != std::string::npos && name.substr(dot + 1) == Lower(option.name)) {
        return Status::User(message, DidYouMean(name));
      }
    }
    // Aliases after the names: a name that is as near wins.
    for (const OptionSpec& spec : specs_) {
      if (!Applies(spec.use, use_)) continue;
      for (const std::string_view alias : spec.aliases) candidates.emplace_back(alias);
    }
    if (const auto nearest = NearestName(option.name, candidates)) {
      return Status::User(message, DidYouMean(*nearest));
    }
    return Status::User(message, std::string(what_) + " takes: " + all);
  }

  static Status Twice(const WrittenOption& first, const WrittenOption& second) {
    if (Lower(first.name) == Lower(second.name)) {
      return Status::User("option " + Quoted(second.name) + " is written twice", "Remove one of them");
    }
    return Status::User(Quoted(first.name) + " and " + Quoted(second.name) + " are the same option",
                        "Remove one of them");
  }

  Status Missing(const OptionSpec& spec) const {
    std::string value = spec.example.empty() ? "..." : std::string(spec.example);
    if (spec.example.empty() && !spec.choices.empty()) value = spec.choices.front();
    std::string hint = "Add " + NameInSql(spec.name) + " = " + Quoted(value);
    if (spec.type == OptionType::kEnum) hint += "; it takes " + Describe(spec);
    return Status::User(std::string(what_) + " needs the option " + Quoted(spec.name), std::move(hint));
  }

  std::string DidYouMean(const std::string& name) {
    meant_.insert(by_name_.at(Lower(name)));
    return "Did you mean " + Quoted(name) + "?";
  }

  static OptionValues::Value Typed(const OptionSpec& spec) {
    OptionValues::Value value;
    value.type = spec.type;
    value.secret = spec.secret;
    return value;
  }

  void Read(const OptionSpec& spec, const WrittenOption& option) {
    OptionValues::Value value = Typed(spec);
    value.position = option.position;
    value.written = true;
    const std::string shown = Quoted(option.name) + " = " + (spec.secret ? "'***'" : Quoted(option.value));
    if (spec.required && Trim(option.value).empty()) {
      Problem(Status::User("option " + Quoted(option.name) + " is empty", "It takes " + Describe(spec)), option);
    } else if (Status reference = CheckReference(spec, option); !reference.ok()) {
      Problem(std::move(reference), option);
    } else {
      switch (Convert(spec, option.value, &value)) {
        case Verdict::kGood:
          value.has = true;
          break;
        case Verdict::kOutOfRange:
          Problem(Status::User(shown + " is out of range", "It takes " + Describe(spec)), option);
          break;
        case Verdict::kWrongType:
          Problem(WrongType(spec, option.value, shown), option);
          break;
      }
    }
    values_.values_[std::string(spec.name)] = std::move(value);
  }

  // Of an option that is no secret, only what is clearly meant as a reference is refused: the value may be any text.
  Status CheckReference(const OptionSpec& spec, const WrittenOption& option) const {
    const auto reference = ParseSecretReference(option.value);
    if (spec.secret) {
      if (secrets_ != nullptr) return secrets_->Check(spec.name, option.value);
      return reference.ok() ? Status::Ok() : Status(reference.status()).WithContext(std::string(spec.name));
    }
    if (!reference.ok() || !*reference || Trim(option.value).starts_with('$')) return Status::Ok();
    std::string secret;
    for (const OptionSpec& each : specs_) {
      if (each.secret) secret += (secret.empty() ? "" : ", ") + std::string(each.name);
    }
    return Status::User(
        "option " + Quoted(option.name) + " is a reference, and only secrets may be",
        secret.empty() ? "Write the value itself" : "Write the value itself; references are for " + secret);
  }

  static Status WrongType(const OptionSpec& spec, const std::string& text, const std::string& shown) {
    switch (spec.type) {
      case OptionType::kEnum: {
        const std::vector<std::string> choices(spec.choices.begin(), spec.choices.end());
        const auto nearest = NearestName(text, choices);
        return Status::User(
            shown + " is not one of its values",
            (nearest ? "Did you mean " + Quoted(*nearest) + "? " : std::string()) + "It takes " + Describe(spec));
      }
      case OptionType::kBoolean:
        return Status::User(shown + " is neither true nor false", "It takes 'true' or 'false'");
      case OptionType::kInteger:
        return Status::User(shown + " is not a whole number", "It takes " + Describe(spec));
      case OptionType::kNumber:
        return Status::User(shown + " is not a number", "It takes " + Describe(spec));
      case OptionType::kBytes:
        return Status::User(shown + " is not a size", "It takes " + Describe(spec));
      case OptionType::kMillis:
        return Status::User(shown + " is not a duration", "It takes " + Describe(spec));
      case OptionType::kString:
        break;
    }
    return Status::User(shown + " is not valid");
  }

  static Verdict Convert(const OptionSpec& spec, std::string_view written, OptionValues::Value* value) {
    value->text = std::string(written);
    const std::string_view text = Trim(written);
    const char* const end = text.data() + text.size();
    switch (spec.type) {
      case OptionType::kString:
        return Verdict::kGood;
      case OptionType::kInteger: {
        const auto [stop, error] = std::from_chars(text.data(), end, value->integer);
        if (stop != end || text.empty() || error == std::errc::invalid_argument) return Verdict::kWrongType;
        if (error == std::errc::result_out_of_range) return Verdict::kOutOfRange;
        return InRange(spec, static_cast<double>(value->integer));
      }
      case OptionType::kNumber: {
        const auto [stop, error] = std::from_chars(text.data(), end, value->number);
        if (stop != end || error != std::errc() || !std::isfinite(value->number)) return Verdict::kWrongType;
        return InRange(spec, value->number);
      }
      case OptionType::kBytes:
      case OptionType::kMillis: {
        const bool negative = text.starts_with('-');
        const std::string_view digits = negative ? text.substr(1) : text;
        const Result<int64_t> parsed = spec.type == OptionType::kBytes ? ParseBytes(digits) : ParseMillis(digits);
        if (!parsed.ok()) return Verdict::kWrongType;
        value->integer = negative ? -*parsed : *parsed;
        return InRange(spec, static_cast<double>(value->integer));
      }
      case OptionType::kBoolean: {
        const std::optional<bool> parsed = ParseBoolean(text);
        if (!parsed) return Verdict::kWrongType;
        value->integer = *parsed ? 1 : 0;
        return Verdict::kGood;
      }
      case OptionType::kEnum: {
        const std::string word = Lower(text);
        for (const std::string_view choice : spec.choices) {
          if (Lower(choice) == word) {
            value->text = std::string(choice);
            return Verdict::kGood;
          }
        }
        return Verdict::kWrongType;
      }
    }
    return Verdict::kWrongType;
  }

  const std::span<const OptionSpec> specs_;
  const OptionUse use_;
  const std::string_view what_;
  std::vector<Status>* const problems_;
  const Secrets* const secrets_;
  std::map<std::string, const OptionSpec*> by_name_;  // lower case; names and aliases
  std::set<const OptionSpec*> meant_;                 // by misspelt options
  OptionValues values_;
};

OptionValues ParseOptions(std::span<const OptionSpec> specs, std::span<const WrittenOption> written, OptionUse use,
                          std::string_view what, std::vector<Status>* problems, const Secrets* secrets) {
  return OptionParser(specs, use, what, problems, secrets).Parse(written);
}

bool OptionValues::Has(std::string_view name) const {
  const auto found = values_.find(name);
  return found != values_.end() && found->second.has;
}

bool OptionValues::Written(std::string_view name) const {
  const auto found = values_.find(name);
  return found != values_.end() && found->second.written;
}

const OptionValues::Value& OptionValues::Get(std::string_view name, std::initializer_list<OptionType> types) const {
  const auto found = values_.find(name);
  CHECK_MSG(found != values_.end() && found->second.has, std::string(name).c_str());
  const bool right_type = std::find(types.begin(), types.end(), found->second.type) != types.end();
  CHECK_MSG(right_type, std::string(name).c_str());
  return found->second;
}

const std::string& OptionValues::String(std::string_view name) const {
  return Get(name, {OptionType::kString, OptionType::kEnum}).text;
}

int64_t OptionValues::Integer(std::string_view name) const {
  return Get(name, {OptionType::kInteger, OptionType::kBytes, OptionType::kMillis}).integer;
}

double OptionValues::Number(std::string_view name) const {
  return Get(name, {OptionType::kNumber}).number;
}

bool OptionValues::Boolean(std::string_view name) const {
  return Get(name, {OptionType::kBoolean}).integer != 0;
}

std::string OptionValues::StringOr(std::string_view name, std::string fallback) const {
  return Has(name) ? String(name) : std::move(fallback);
}

Result<std::string> OptionValues::Revealed(std::string_view name) const {
  const std::string written = StringOr(name, "");
  if (written.empty()) return written;
  if (secrets_ == nullptr) {
    ASSIGN_OR_RETURN(const auto reference, ParseSecretReference(written));
    if (!reference) return written;
    return Status::User(std::string(name) + " is a reference, and there are none here").At(position(name));
  }
  Result<std::string> revealed = secrets_->Reveal(name, written);
  if (revealed.ok()) return revealed;
  return Status(revealed.status()).At(position(name));
}

Status OptionValues::CheckSecrets() const {
  for (const auto& [name, value] : values_) {
    if (value.secret && value.has) RETURN_IF_ERROR(Revealed(name).status());
  }
  return Status::Ok();
}

SqlPosition OptionValues::position(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? SqlPosition{} : found->second.position;
}

}  // namespace laminar
