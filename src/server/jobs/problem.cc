#include "server/jobs/problem.h"

#include <string_view>
#include <utility>

#include "duck/bytes_text.h"

namespace laminar::server {

namespace {

// Options of `laminar run` that are fields of a request here.
constexpr std::pair<std::string_view, std::string_view> kWords[] = {
    {"--fresh", "a restart with \"fresh\": true"},
    {"--accept-duplicates", "a restart with \"accept_duplicates\": true"},
    {"--memory-limit", "memory_limit_bytes"},
    {"SET pipeline.name = '...' or another --state-dir keeps both", "another pipeline keeps both"},
};

}  // namespace

std::string InApiWords(std::string text) {
  for (const auto& [option, field] : kWords) {
    for (size_t at = text.find(option); at != std::string::npos; at = text.find(option, at + field.size()))
      text.replace(at, option.size(), field);
  }
  return text;
}

nlohmann::json ProblemOf(const Status& status) {
  nlohmann::json out = {{"message", InApiWords(status.message())},
                        {"hint", InApiWords(status.hint())},
                        {"line", nullptr},
                        {"column", nullptr}};
  if (!status.position().known()) return out;
  out["line"] = status.position().line;
  out["column"] = status.position().column;
  return out;
}

std::string BadRecordText(const BadRecordEvent& event) {
  nlohmann::json record = nullptr;
  if (!event.position.source.empty()) {
    const RowPosition& at = event.position;
    record = {
        {"stream", at.source},
        {"shard_id", at.shard},
        {"sequence_number", at.sequence_number},
        {"sub_sequence_number", at.sub_sequence_number < 0 ? nlohmann::json() : nlohmann::json(at.sub_sequence_number)},
        {"line", at.line},
        {"partition_key", at.partition_key},
        {"bytes", event.record_bytes},
        {"data_base64", Base64Of(event.record)},
        {"text", IsUtf8(event.record) ? nlohmann::json(event.record) : nlohmann::json()}};
  }
  constexpr std::string_view kFates[] = {"The pipeline stops with it: bad_data = 'drop' or 'dead_letter' lets it go on",
                                         "Dropped, by bad_data = 'drop'", "Kept as a dead letter"};
  const nlohmann::json out = {{"kind", "bad_record"},
                              {"message", event.reason},
                              {"hint", kFates[static_cast<size_t>(event.fate)]},
                              {"line", nullptr},
                              {"column", nullptr},
                              {"table", event.table},
                              {"rows_like_it", event.rows_like_it},
                              {"record", std::move(record)}};
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string ProblemText(const Status& status) {
  return ProblemOf(status).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace laminar::server
