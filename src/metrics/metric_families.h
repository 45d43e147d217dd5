// MetricFamilies: samples by the name of what they measure, as a text of Prometheus wants them: each name once, with
// its help and type, and all of its samples behind it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/pipeline_figures.h"

namespace laminar {

// `a="1",b="2"`, values escaped.
class MetricLabels {
 public:
  MetricLabels With(std::string_view name, std::string_view value) const;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class MetricFamilies {
 public:
  // prefix: between "laminar_" and the figure's own name.
  void Add(std::string_view prefix, const std::vector<Figure>& figures, const MetricLabels& labels);
  void Add(std::string_view prefix, const Figure& figure, const MetricLabels& labels);
  // name: as it is exported.
  void AddCounter(const std::string& name, std::string_view help, const MetricLabels& labels, const std::string& value);
  void AddGauge(const std::string& name, std::string_view help, const MetricLabels& labels, const std::string& value);
  // In seconds. name: without the suffix of its parts.
  void AddHistogram(const std::string& name, std::string_view help, const MetricLabels& labels,
                    const LatencyFigures& latency);
  std::string Text() const;

 private:
  struct Family {
    std::string name, help;
    const char* type;
    std::string samples;
  };
  std::string* Samples(const std::string& name, std::string_view help, const char* type);

  std::vector<Family> families_;  // in the order in which they came
  std::map<std::string, size_t> by_name_;
};

// A number of so many a second, in seconds, exactly and without an exponent: 1234 of 1,000 is 1.234.
std::string SecondsText(int64_t value, int64_t per_second);

}  // namespace laminar
