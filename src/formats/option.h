// OptionSpec: an option of a connector or a format is declared once - name, type, default, bounds, help - and SQL,
// error messages, `laminar connectors`, docs/connectors.md and (later) REST are generated from it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "formats/secrets.h"

namespace laminar {

enum class OptionType { kString, kInteger, kNumber, kBytes, kMillis, kBoolean, kEnum };
enum class OptionUse { kSource, kSink, kBoth };

struct OptionSpec {
  std::string_view name;  // as in SQL: "sink.records_per_batch"
  OptionType type = OptionType::kString;
  OptionUse use = OptionUse::kBoth;
  std::string_view default_value = "";  // as a user would write it; "" = none
  bool required = false;
  double min = 0, max = 0;                     // inclusive, for numbers, bytes and millis; max = 0: no upper bound
  std::vector<std::string_view> choices = {};  // for kEnum
  std::string_view help = "";                  // one sentence
  std::string_view example = "";
  std::vector<std::string_view> aliases = {};  // other accepted spellings: "streamName", "type.recordsPerBatch"
  bool secret = false;                         // never printed; may be a reference (secrets.h)
  // It says how to reach a service: many tables have the same, and a connection profile may hold it.
  bool connection = false;
};

// An option as the user wrote it.
struct WrittenOption {
  std::string name;  // the user's spelling
  std::string value;
  SqlPosition position;  // of the name
};

// Validated values, by spec name. Defaults are filled in.
class OptionValues {
 public:
  bool Has(std::string_view name) const;  // written by the user, or has a default
  bool Written(std::string_view name) const;
  // The getters CHECK that the option is declared with that type and Has() a value.
  const std::string& String(std::string_view name) const;  // kString; kEnum: in the spelling of OptionSpec::choices
  int64_t Integer(std::string_view name) const;            // kInteger, kBytes (bytes), kMillis (milliseconds)
  double Number(std::string_view name) const;
  bool Boolean(std::string_view name) const;
  std::string StringOr(std::string_view name, std::string fallback) const;
  // A kString whose value may be a reference, which the getters above give as it is written: what it refers to; "" =
  // not Has. Errors: as Secrets::Reveal, with the option's position.
  Result<std::string> Revealed(std::string_view name) const;
  // That all secrets can be had.
  Status CheckSecrets() const;
  SqlPosition position(std::string_view name) const;  // unknown when not written

  // How many columns the table's records have, also those that no query uses; 0: nobody said.
  size_t record_columns() const { return record_columns_; }
  void set_record_columns(size_t count) { record_columns_ = count; }

 private:
  friend class OptionParser;
  struct Value {
    OptionType type = OptionType::kString;
    std::string text;
    int64_t integer = 0;
    double number = 0;
    bool has = false, written = false, secret = false;
    SqlPosition position;
  };
  const Value& Get(std::string_view name,
                   std::initializer_list<OptionType> types) const;  // CHECKs as the getters promise
  std::map<std::string, Value, std::less<>> values_;
  const Secrets* secrets_ = nullptr;  // borrowed
  size_t record_columns_ = 0;
};

// Checks `written` against `specs` for a source or a sink. Every problem becomes one Status (kUser) with the option's
// position, in the spelling that the user wrote: unknown (with the nearest known name), not of its type, out of range,
// missing, only for the other direction. Names and enum values are matched without regard to case. use = kBoth: the
// direction is not known (yet); options of both are taken. what: who takes the options, as the subject of a sentence:
// "connector 'kinesis'". secrets: what references mean, borrowed, outlives the values and their copies; nullptr: there
// are none. Result: the values; `problems` gets all that is wrong (appended; position unknown for what is missing), and
// the values are then incomplete.
OptionValues ParseOptions(std::span<const OptionSpec> specs, std::span<const WrittenOption> written, OptionUse use,
                          std::string_view what, std::vector<Status>* problems, const Secrets* secrets = nullptr);

// The candidate nearest to `word` (edit distance, without regard to case; the first of several), if it is near enough
// to be a likely misspelling: at most a third of its letters, or one.
std::optional<std::string> NearestName(std::string_view word, std::span<const std::string> candidates);

}  // namespace laminar
