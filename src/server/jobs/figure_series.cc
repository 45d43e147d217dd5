#include "server/jobs/figure_series.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/clock.h"

namespace laminar::server {

namespace {

using nlohmann::json;

// A counter that has become less has begun anew: the pipeline has been started again.
double Rate(uint64_t before, uint64_t now, double seconds) {
  const double more = static_cast<double>(now >= before ? now - before : now);
  return std::round(more / seconds * 100) / 100;
}

}  // namespace

void FigureSeries::Add(int64_t at_micros, const PipelineFigures& figures) {
  const PipelineValues& totals = figures.totals;
  Sample sample{at_micros,
                totals.rows_in,
                totals.rows_out,
                totals.bytes_in,
                totals.bytes_out,
                totals.lag_ms,
                0,
                totals.state_bytes,
                {}};
  for (const SourceFigures& source : figures.sources) {
    if (source.event_time) sample.event_lag_ms = std::max(sample.event_lag_ms, source.event_time->event_lag_ms);
  }
  for (const OperatorFigures& op : figures.operators) {
    sample.operators.push_back({op.node_id, static_cast<uint64_t>(op.values.rows_in),
                                static_cast<uint64_t>(op.values.rows_out), op.backpressure});
  }
  samples_.push_back(std::move(sample));
  if (samples_.size() > kMostSamples) samples_.pop_front();
}

json FigureSeries::ToJson(size_t most) const {
  json out = {{"interval_ms", kIntervalMicros / kMicrosPerMilli}, {"operators", json::object()}};
  for (const char* const name :
       {"at", "rows_in", "rows_out", "bytes_in", "bytes_out", "lag_ms", "event_lag_ms", "state_bytes"})
    out[name] = json::array();
  const size_t size = samples_.size();
  for (size_t i = size > most ? std::max<size_t>(size - most, 1) : 1; i < size; i++) {
    const Sample &before = samples_[i - 1], &now = samples_[i];
    const double seconds =
        static_cast<double>(std::max<int64_t>(now.at_micros - before.at_micros, 1)) / kMicrosPerSecond;
    out["at"].push_back(now.at_micros / kMicrosPerMilli);
    out["rows_in"].push_back(Rate(before.rows_in, now.rows_in, seconds));
    out["rows_out"].push_back(Rate(before.rows_out, now.rows_out, seconds));
    out["bytes_in"].push_back(Rate(before.bytes_in, now.bytes_in, seconds));
    out["bytes_out"].push_back(Rate(before.bytes_out, now.bytes_out, seconds));
    out["lag_ms"].push_back(now.lag_ms);
    out["event_lag_ms"].push_back(now.event_lag_ms);
    out["state_bytes"].push_back(now.state_bytes);
    for (size_t o = 0; o < now.operators.size(); o++) {
      const Operator& op = now.operators[o];
      const Operator was = o < before.operators.size() ? before.operators[o] : Operator();
      json& series = out["operators"][std::to_string(op.node_id)];
      series["rows_in"].push_back(Rate(was.rows_in, op.rows_in, seconds));
      series["rows_out"].push_back(Rate(was.rows_out, op.rows_out, seconds));
      series["backpressure"].push_back(op.backpressure);
    }
  }
  return out;
}

}  // namespace laminar::server
