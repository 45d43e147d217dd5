#include "infer/event_time.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "duck/pch.h"

namespace laminar::infer {

namespace {

// Without case and underscores, the likeliest first.
constexpr std::string_view kNames[] = {"eventtime",  "eventtimestamp", "eventts",   "ts",      "timestamp", "time",
                                       "occurredat", "datetime",       "createdat", "created", "date",      "at",
                                       "loggedat",   "recordedat",     "updatedat"};
constexpr std::string_view kEndings[] = {"timestamp", "time", "ts", "at"};

std::string Plain(const std::string& name) {
  std::string plain = duckdb::StringUtil::Lower(name);
  std::erase_if(plain, [](char c) { return c == '_' || c == '-' || c == ' '; });
  return plain;
}

// Lower is likelier; a name that says nothing comes last.
size_t Rank(const std::string& name) {
  const std::string plain = Plain(name);
  const size_t known = static_cast<size_t>(std::find(std::begin(kNames), std::end(kNames), plain) - std::begin(kNames));
  if (known < std::size(kNames)) return known;
  const auto* const ending = std::find_if(std::begin(kEndings), std::end(kEndings),
                                          [&](std::string_view end) { return plain.ends_with(end); });
  return std::size(kNames) + static_cast<size_t>(ending - std::begin(kEndings));
}

constexpr size_t kUnknown = std::size(kNames) + std::size(kEndings);

}  // namespace

bool SoundsLikeTime(const std::string& name) {
  return Rank(name) < kUnknown;
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
