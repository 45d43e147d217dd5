#include "metrics/metric_families.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "base/clock.h"
#include "metrics/prometheus_text.h"

namespace laminar {

namespace {

struct Unit {
  std::string_view suffix;  // of our name
  std::string_view word;    // in our help
  int64_t per_second;
};
constexpr Unit kTimes[] = {{"_ms", "milliseconds", kMicrosPerSecond / kMicrosPerMilli},
                           {"_micros", "microseconds", kMicrosPerSecond}};

const Unit* TimeOf(std::string_view name) {
  const auto* unit =
      std::find_if(std::begin(kTimes), std::end(kTimes), [&](const Unit& u) { return name.ends_with(u.suffix); });
  return unit == std::end(kTimes) ? nullptr : unit;
}

std::string Escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    out += c;
  }
  return out;
}

std::string HelpOf(const Figure& figure) {
  std::string text(figure.help);
  const Unit* const unit = TimeOf(figure.name);
  if (unit == nullptr) return text;
  if (const size_t at = text.find(unit->word); at != std::string::npos) text.replace(at, unit->word.size(), "seconds");
  return text;
}

void Sample(const std::string& name, const MetricLabels& labels, const std::string& value, std::string* samples) {
  *samples += name;
  if (!labels.text().empty()) *samples += "{" + labels.text() + "}";
  *samples += " " + value + "\n";
}

// 0.25, as short as it is exact.
std::string BoundText(int64_t micros) {
  std::string text = SecondsText(micros, kMicrosPerSecond);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

std::string SecondsText(int64_t value, int64_t per_second) {
  const uint64_t size = value < 0 ? uint64_t{0} - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  const auto unit = static_cast<uint64_t>(per_second);
  char text[48];
  std::snprintf(text, sizeof text, "%s%llu.%0*llu", value < 0 ? "-" : "", static_cast<unsigned long long>(size / unit),
                per_second == kMicrosPerSecond ? 6 : 3, static_cast<unsigned long long>(size % unit));
  return text;
}

std::string ExportedName(std::string_view name, bool is_counter) {
  const Unit* const unit = TimeOf(name);
  std::string out = "laminar_";
  out += unit == nullptr ? name : name.substr(0, name.size() - unit->suffix.size());
  if (unit != nullptr) out += "_seconds";
  if (is_counter) out += "_total";
  return out;
}

MetricLabels MetricLabels::With(std::string_view name, std::string_view value) const {
  MetricLabels labels = *this;
  if (!labels.text_.empty()) labels.text_ += ',';
  labels.text_ += std::string(name) + "=\"" + Escaped(value, /*quotes=*/true) + "\"";
  return labels;
}

std::string* MetricFamilies::Samples(const std::string& name, std::string_view help, const char* type) {
  const auto [known, is_new] = by_name_.try_emplace(name, families_.size());
  if (is_new) families_.push_back({name, std::string(help), type, ""});
  return &families_[known->second].samples;
}

void MetricFamilies::Add(std::string_view prefix, const std::vector<Figure>& figures, const MetricLabels& labels) {
  for (const Figure& figure : figures) Add(prefix, figure, labels);
}

void MetricFamilies::Add(std::string_view prefix, const Figure& figure, const MetricLabels& labels) {
  const std::string name = ExportedName(std::string(prefix) + std::string(figure.name), figure.is_counter);
  const Unit* const unit = TimeOf(figure.name);
  Sample(name, labels, unit == nullptr ? std::to_string(figure.value) : SecondsText(figure.value, unit->per_second),
         Samples(name, HelpOf(figure), figure.is_counter ? "counter" : "gauge"));
}

void MetricFamilies::AddCounter(const std::string& name, std::string_view help, const MetricLabels& labels,
                                const std::string& value) {
  Sample(name, labels, value, Samples(name, help, "counter"));
}

void MetricFamilies::AddGauge(const std::string& name, std::string_view help, const MetricLabels& labels,
                              const std::string& value) {
  Sample(name, labels, value, Samples(name, help, "gauge"));
}

void MetricFamilies::AddHistogram(const std::string& name, std::string_view help, const MetricLabels& labels,
                                  const LatencyFigures& latency) {
  std::string* const samples = Samples(name, help, "histogram");
  for (const LatencyFigures::Bucket& bucket : latency.buckets) {
    Sample(name + "_bucket", labels.With("le", BoundText(bucket.at_most_micros)), std::to_string(bucket.count),
           samples);
  }
  Sample(name + "_bucket", labels.With("le", "+Inf"), std::to_string(latency.count), samples);
  Sample(name + "_sum", labels, SecondsText(latency.sum_micros, kMicrosPerSecond), samples);
  Sample(name + "_count", labels, std::to_string(latency.count), samples);
}

std::string MetricFamilies::Text() const {
  std::string text;
  for (const Family& family : families_) {
    text += "# HELP " + family.name + " " + Escaped(family.help, /*quotes=*/false) + "\n# TYPE " + family.name + " " +
            family.type + "\n" + family.samples;
  }
  return text;
}

}  // namespace laminar
