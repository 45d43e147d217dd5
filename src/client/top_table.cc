#include "client/top_table.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>

#include "base/clock.h"
#include "base/units.h"
#include "client/pipeline_text.h"

namespace laminar::client {

namespace {

using Align = TextTable::Align;

// Of figures that the API draws a line of, the newest; nullopt: none yet.
std::optional<double> Newest(const Json& metrics, const char* name) {
  const Json* series = nullptr;
  if (metrics.is_object() && metrics.contains("series") && metrics["series"].is_object() &&
      metrics["series"].contains(name))
    series = &metrics["series"][name];
  if (series == nullptr || !series->is_array() || series->empty() || !series->back().is_number()) return std::nullopt;
  return series->back().get<double>();
}

std::string RateText(const Json& metrics, const char* name) {
  const auto rate = Newest(metrics, name);
  return rate ? FormatCount(static_cast<uint64_t>(std::max(0.0, std::round(*rate)))) : "";
}

std::string Duration(int64_t millis) {
  return FormatDuration(millis * kMicrosPerMilli);
}

// Over all sources: the watermark that is furthest back, and how far it is behind the clock.
struct EventTime {
  std::string watermark, lag;
};

EventTime EventTimeOf(const Json& metrics) {
  EventTime out;
  int64_t lag = -1;
  for (const Json& source : metrics.value("sources", Json::array())) {
    const std::string watermark = TextOf(source, "watermark");
    // Equal in form, so that the order of the texts is that of the times.
    if (!watermark.empty() && (out.watermark.empty() || watermark < out.watermark)) out.watermark = watermark;
    if (!watermark.empty()) lag = std::max(lag, NumberOf(source, "event_lag_ms"));
  }
  if (lag >= 0) out.lag = Duration(lag);
  out.watermark = ShownTime(out.watermark);
  return out;
}

TextTable::Cell Pressure(const Json& metrics) {
  double most = 0;
  for (const Json& each : metrics.value("operators", Json::array())) {
    if (each.contains("backpressure") && each["backpressure"].is_number())
      most = std::max(most, each["backpressure"].get<double>());
  }
  const std::string text = std::to_string(std::lround(most * 100)) + " %";
  return {text, most >= 0.8 ? Colour::kWarning : Colour::kNone};
}

// Milliseconds since 1970 of "2026-01-31T12:00:00.250Z"; 0: it is none.
int64_t MillisOf(const std::string& time) {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0, millis = 0;
  if (std::sscanf(time.c_str(), "%4d-%2u-%2uT%2u:%2u:%2u.%3uZ", &year, &month, &day, &hour, &minute, &second, &millis) <
      6)
    return 0;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok()) return 0;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60'000 + second * 1'000 + millis;
}

// Since the last checkpoint, by the server's clock.
std::string CheckpointAge(const Json& metrics) {
  const Json totals = metrics.value("totals", Json::object());
  const int64_t taken = NumberOf(totals, "last_checkpoint_micros") / kMicrosPerMilli;
  const int64_t now = MillisOf(TextOf(metrics, "at"));
  return taken == 0 || now == 0 ? "" : Duration(std::max<int64_t>(0, now - taken));
}

// What is wrong with it while it runs.
std::string Trouble(const Json& pipeline, const Json& totals) {
  const std::string failure = FirstLine(TextOf(pipeline, "failure_message"));
  const int64_t failing = NumberOf(totals, "failing_requests");
  if (!failure.empty() || failing == 0) return failure;
  return std::to_string(failing) + (failing == 1 ? " request fails" : " requests fail") +
         " again and again: laminar logs says why";
}

void AddRow(const TopRow& row, TextTable* table) {
  const Json& pipeline = row.pipeline;
  const std::string restarts = NumberOf(pipeline, "restarts") > 0 ? TextOf(pipeline, "restarts") : "";
  if (!IsRunning(pipeline) || !row.metrics.is_object()) {
    table->Add({TextOf(pipeline, "name"), StateCell(TextOf(pipeline, "state")), "", "", "", "", "", "", "", restarts,
                "", FirstLine(TextOf(pipeline, "failure_message"))});
    return;
  }
  const Json& metrics = row.metrics;
  const Json totals = metrics.value("totals", Json::object());
  const EventTime time = EventTimeOf(metrics);
  table->Add({TextOf(pipeline, "name"), StateCell(TextOf(pipeline, "state")), RateText(metrics, "rows_in"),
              RateText(metrics, "rows_out"), Duration(NumberOf(totals, "lag_ms")), time.lag, time.watermark,
              FormatBytes(static_cast<uint64_t>(NumberOf(totals, "state_bytes"))), CheckpointAge(metrics), restarts,
              Pressure(metrics), Trouble(pipeline, totals)});
}

}  // namespace

void SortRows(std::vector<TopRow>* rows) {
  const auto rank = [](const Json& pipeline) {
    const std::string state = TextOf(pipeline, "state");
    return state == "Failed" ? 0 : state == "Running" ? 2 : IsRunning(pipeline) ? 1 : 3;
  };
  std::stable_sort(rows->begin(), rows->end(), [&](const TopRow& a, const TopRow& b) {
    const int of_a = rank(a.pipeline), of_b = rank(b.pipeline);
    if (of_a != of_b) return of_a < of_b;
    return Newest(a.metrics, "rows_in").value_or(0) > Newest(b.metrics, "rows_in").value_or(0);
  });
}

std::string TopText(const std::vector<TopRow>& rows, size_t most, const TableStyle& style) {
  TextTable table({{"PIPELINE"},
                   {"STATE"},
                   {"IN/S", Align::kRight},
                   {"OUT/S", Align::kRight},
                   {"LAG", Align::kRight},
                   {"EVENT LAG", Align::kRight},
                   {"WATERMARK"},
                   {"STATE SIZE", Align::kRight},
                   {"CHECKPOINT", Align::kRight},
                   {"RESTARTS", Align::kRight},
                   {"PRESSURE", Align::kRight},
                   {"NOTE"}});
  const size_t shown = rows.size() > most ? (most == 0 ? 0 : most - 1) : rows.size();
  for (size_t i = 0; i < shown; i++) AddRow(rows[i], &table);
  std::string out = table.Render(style);
  if (shown < rows.size()) out += "and " + std::to_string(rows.size() - shown) + " more\n";
  return out;
}

}  // namespace laminar::client
