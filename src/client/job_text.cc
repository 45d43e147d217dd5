#include "client/job_text.h"

#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/units.h"
#include "client/display_text.h"
#include "client/pipeline_text.h"

namespace laminar::client {

namespace {

using Align = TextTable::Align;

constexpr size_t kMostData = 400;  // characters of a bad record

std::string CountOf(const Json& object, const char* name) {
  return FormatCount(static_cast<uint64_t>(NumberOf(object, name)));
}

std::string BytesOf(const Json& object, const char* name) {
  return object.is_object() && object.contains(name) && object[name].is_number()
             ? FormatBytes(static_cast<uint64_t>(NumberOf(object, name)))
             : "";
}

// "" where the API has no value.
std::string DelayOf(const Json& object, const char* name) {
  return TextOf(object, name).empty() ? "" : FormatDuration(NumberOf(object, name) * kMicrosPerMilli);
}

std::string ShareOf(const Json& object, const char* name) {
  if (!object.contains(name) || !object[name].is_number()) return "";
  return std::to_string(std::lround(object[name].get<double>() * 100)) + " %";
}

// Figures by their names: rates, sizes and delays by how these end.
std::string FigureText(const std::string& name, const Json& totals) {
  const char* const key = name.c_str();
  if (name.ends_with("_bytes") || name.starts_with("bytes_")) return BytesOf(totals, key);
  if (name.ends_with("_ms")) return DelayOf(totals, key);
  if (name.ends_with("_micros")) return "";
  return CountOf(totals, key);
}

std::string RecordText(const Json& record) {
  if (!record.is_object()) return "";
  std::string place = TextOf(record, "stream");  // "stream orders", or a file
  if (const std::string shard = TextOf(record, "shard_id"); !shard.empty()) place += ", shard " + shard;
  if (const std::string number = TextOf(record, "sequence_number"); !number.empty())
    place += ", sequence number " + number;
  if (const std::string number = TextOf(record, "sub_sequence_number"); !number.empty())
    place += ", record " + number + " in it";
  if (NumberOf(record, "line") > 0) place += ", line " + TextOf(record, "line");
  const std::string text = TextOf(record, "text");
  const std::string data = CutToWidth(Printable(text.empty() ? TextOf(record, "data_base64") : text), kMostData);
  return "  record: " + Printable(place) + "\n" +
         (data.empty() ? "" : std::string("  ") + (text.empty() ? "data in base64: " : "data: ") + data + "\n");
}

// As base/log.cc writes a field's value.
std::string FieldText(const std::string& value) {
  const bool quoted = value.empty() || value.find_first_of(" \"\n\t=") != std::string::npos;
  return Printable(quoted ? Json(value).dump(-1, ' ', false, Json::error_handler_t::replace) : value);
}

std::string SourcesText(const Json& sources, const TableStyle& style) {
  if (!sources.is_array() || sources.empty()) return "";
  TextTable table({{"SOURCE"},
                   {"SHARD"},
                   {"STATE"},
                   {"ROWS", Align::kRight},
                   {"BYTES", Align::kRight},
                   {"LAG", Align::kRight},
                   {"WATERMARK"},
                   {"EVENT LAG", Align::kRight},
                   {"LATE", Align::kRight}});
  for (const Json& source : sources) {
    const std::string late = NumberOf(source, "late_rows") > 0 ? CountOf(source, "late_rows") : "";
    table.Add({TextOf(source, "table"), "", "", CountOf(source, "rows"), BytesOf(source, "bytes"),
               DelayOf(source, "lag_ms"), ShownTime(TextOf(source, "watermark")), DelayOf(source, "event_lag_ms"),
               late});
    for (const Json& shard : source.value("shards", Json::array()))
      table.Add({"", TextOf(shard, "shard_id"), TextOf(shard, "state"), CountOf(shard, "rows"), BytesOf(shard, "bytes"),
                 DelayOf(shard, "lag_ms"), ShownTime(TextOf(shard, "watermark")), "", ""});
  }
  return "\n" + table.Render(style);
}

std::string OperatorsText(const Json& operators, const TableStyle& style) {
  if (!operators.is_array() || operators.empty()) return "";
  TextTable table({{"NODE"},
                   {"ROWS IN", Align::kRight},
                   {"ROWS OUT", Align::kRight},
                   {"STATE", Align::kRight},
                   {"BACK-PRESSURE", Align::kRight},
                   {"OPERATOR"}});
  for (const Json& each : operators)
    table.Add({TextOf(each, "node_id"), CountOf(each, "rows_in"), CountOf(each, "rows_out"),
               NumberOf(each, "state_bytes") > 0 ? BytesOf(each, "state_bytes") : "", ShareOf(each, "backpressure"),
               FirstLine(TextOf(each, "operator"))});
  return "\n" + table.Render(style);
}

std::string SinksText(const Json& sinks, const TableStyle& style) {
  if (!sinks.is_array() || sinks.empty()) return "";
  TextTable table({{"SINK"},
                   {"ROWS", Align::kRight},
                   {"BYTES", Align::kRight},
                   {"REQUESTS", Align::kRight},
                   {"LATENCY", Align::kRight}});
  for (const Json& sink : sinks) {
    const Json latency = sink.value("send_latency", Json());
    char mean[32] = "";
    if (NumberOf(latency, "count") > 0) std::snprintf(mean, sizeof mean, "%.1f ms", latency.value("mean_ms", 0.0));
    table.Add({TextOf(sink, "table"), CountOf(sink, "rows"), BytesOf(sink, "bytes"), CountOf(sink, "requests"), mean});
  }
  return "\n" + table.Render(style);
}

}  // namespace

TextTable JobTable(const Json& list) {
  TextTable table({{"JOB"}, {"PIPELINE"}, {"STATE"}, {"STARTED"}, {"FINISHED"}, {"RESTARTS", Align::kRight}, {"NOTE"}});
  for (const Json& job : list["data"])
    table.Add({TextOf(job, "id"), TextOf(job, "pipeline_name"), StateCell(TextOf(job, "state")),
               ShownTime(TextOf(job, "started_at")), ShownTime(TextOf(job, "finished_at")), TextOf(job, "restarts"),
               FirstLine(TextOf(job, "failure_message"))});
  return table;
}

std::string JobDetails(const Json& job) {
  const Json failure = job.value("failure", Json());
  std::string place;
  if (NumberOf(failure, "line") > 0)
    place = "line " + TextOf(failure, "line") + ", column " + TextOf(failure, "column") + " of the query";
  return RenderFields({{"id", TextOf(job, "id")},
                       {"pipeline", TextOf(job, "pipeline_name")},
                       {"pipeline id", TextOf(job, "pipeline_id")},
                       {"state", TextOf(job, "state")},
                       {"run", TextOf(job, "run_id")},
                       {"restarts", TextOf(job, "restarts")},
                       {"created", ShownTime(TextOf(job, "created_at"))},
                       {"started", ShownTime(TextOf(job, "started_at"))},
                       {"finished", ShownTime(TextOf(job, "finished_at"))},
                       {"failure", TextOf(job, "failure_message")},
                       {"hint", InCommandWords(TextOf(failure, "hint"))},
                       {"place", place},
                       {"query", TextOf(job, "query")}});
}

std::string ErrorsText(const Json& list) {
  std::string out;
  for (const Json& error : list["data"]) {
    const std::string table = TextOf(error, "table");
    out += ShownTime(TextOf(error, "at")) + " " + TextOf(error, "kind") + (table.empty() ? "" : " in " + table) + ": " +
           TextOf(error, "message") + "\n";
    if (const std::string hint = TextOf(error, "hint"); !hint.empty()) out += "  hint: " + InCommandWords(hint) + "\n";
    if (NumberOf(error, "line") > 0)
      out += "  at line " + TextOf(error, "line") + ", column " + TextOf(error, "column") + " of the query\n";
    if (error.contains("record")) out += RecordText(error["record"]);
  }
  return PrintableLines(out);
}

TextTable CheckpointTable(const Json& list) {
  TextTable table({{"ID"}, {"TAKEN"}, {"SIZE", Align::kRight}, {"SOURCES"}, {"NOTE"}});
  for (const Json& each : list["data"]) {
    std::string sources, note;
    for (const Json& source : each.value("sources", Json::array()))
      sources += (sources.empty() ? "" : ", ") + TextOf(source, "table");
    if (each.value("finished", false)) note = "the sources had ended";
    if (each.value("damaged", false)) note = "damaged: " + FirstLine(TextOf(each, "problem"));
    table.Add({TextOf(each, "id"), ShownTime(TextOf(each, "taken_at")), BytesOf(each, "bytes"), sources, note});
  }
  return table;
}

std::string MetricsText(const Json& metrics, const TableStyle& style) {
  std::vector<std::pair<std::string, std::string>> fields = {{"job", TextOf(metrics, "job_id")},
                                                             {"at", ShownTime(TextOf(metrics, "at"))}};
  const Json totals = metrics.value("totals", Json::object());
  for (const auto& [name, value] : totals.items()) {
    const bool is_basic = name == "rows_in" || name == "rows_out";
    if (is_basic || (value.is_number() && value != 0)) fields.emplace_back(name, FigureText(name, totals));
  }
  return RenderFields(fields) + SourcesText(metrics.value("sources", Json()), style) +
         OperatorsText(metrics.value("operators", Json()), style) + SinksText(metrics.value("sinks", Json()), style);
}

std::string LogLineText(const Json& line) {
  std::string out = TextOf(line, "at") + " " + TextOf(line, "level") + " " + Printable(TextOf(line, "message"));
  const Json fields = line.value("fields", Json::object());
  for (const auto& [name, value] : fields.items())
    out += " " + Printable(name) + "=" + FieldText(TextOf(fields, name.c_str()));
  return out;
}

}  // namespace laminar::client
