#include "infer/event_time.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "duck/pch.h"
#include "duck/quote.h"

namespace laminar::infer {

namespace {

// Without case and underscores, the likeliest first.
constexpr std::string_view kNames[] = {"eventtime",  "eventtimestamp", "eventts",   "ts",      "timestamp", "time",
                                       "occurredat", "datetime",       "createdat", "created", "date",      "at",
                                       "loggedat",   "recordedat",     "updatedat"};
constexpr std::string_view kEndings[] = {"timestamp", "time", "ts", "at"};

std::string PlainName(const std::string& name) {
  std::string plain = duckdb::StringUtil::Lower(name);
  std::erase_if(plain, [](char c) { return c == '_' || c == '-' || c == ' '; });
  return plain;
}

// Lower is likelier; a name that says nothing comes last.
size_t Rank(const std::string& name) {
  const std::string plain = PlainName(name);
  const size_t known = static_cast<size_t>(std::find(std::begin(kNames), std::end(kNames), plain) - std::begin(kNames));
  if (known < std::size(kNames)) return known;
  const auto* const ending = std::find_if(std::begin(kEndings), std::end(kEndings),
                                          [&](std::string_view end) { return plain.ends_with(end); });
  return std::size(kNames) + static_cast<size_t>(ending - std::begin(kEndings));
}

constexpr size_t kUnknown = std::size(kNames) + std::size(kEndings);

// Of a column of numbers; the unit may stand behind the name.
bool SoundsLikeTime(const std::string& name) {
  std::string plain = PlainName(name);
  if (plain.find("epoch") != plain.npos || plain.find("unix") != plain.npos) return true;
  if (Rank(plain) < kUnknown) return true;
  for (const std::string_view unit : {"ms", "us", "ns", "s", "millis", "micros", "nanos", "sec", "secs", "seconds"}) {
    if (plain.ends_with(unit) && Rank(plain.substr(0, plain.size() - unit.size())) < kUnknown) return true;
  }
  return false;
}

struct EpochUnit {
  const char* name;
  int64_t second;          // in this unit
  const char* expression;  // of a TIMESTAMP; $ is the column
};

constexpr EpochUnit kUnits[] = {{"seconds", 1, "make_timestamp($::BIGINT * 1000000)"},
                                {"milliseconds", 1'000, "epoch_ms($)"},
                                {"microseconds", 1'000'000, "make_timestamp($)"},
                                {"nanoseconds", 1'000'000'000, "make_timestamp($ // 1000)"}};
// Seconds, of 2001 and of 2065.
constexpr int64_t kFirstEpoch = 1'000'000'000, kLastEpoch = 3'000'000'000;

}  // namespace

std::string EpochNote(const std::string& column, const NumberRange& values, const std::string& format) {
  if (values.low > values.high) return "";
  const auto* const unit = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const EpochUnit& each) {
    return values.low >= each.second * kFirstEpoch && values.high <= each.second * kLastEpoch;
  });
  if (unit == std::end(kUnits) || !SoundsLikeTime(column)) return "";
  const std::string what = std::string(unit->name) + " since 1970? ";
  if (format == "json") return what + "Declared as TIMESTAMP it is read as a time";
  std::string time = unit->expression;
  time.replace(time.find('$'), 1, QuotedIfNeeded(column));
  return what + "One more column has its time: event_time TIMESTAMP AS (" + time + ")";
}

std::optional<size_t> FindEventTime(const std::vector<InferredColumn>& columns) {
  std::optional<size_t> best;
  size_t best_rank = kUnknown, times = 0;
  for (size_t i = 0; i < columns.size(); i++) {
    const auto type = columns[i].type->id();
    if (columns[i].nulls > 0 ||
        (type != duckdb::LogicalTypeId::TIMESTAMP && type != duckdb::LogicalTypeId::TIMESTAMP_TZ))
      continue;
    times++;
    const size_t rank = Rank(columns[i].name);
    if (best && rank >= best_rank) continue;
    best = i;
    best_rank = rank;
  }
  return best_rank < kUnknown || times == 1 ? best : std::nullopt;
}

}  // namespace laminar::infer
