// The fields of the sensor rows, taken out by simdjson On-Demand alone: what JSON costs at the least.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace laminar {

class SimdjsonSensors {
 public:
  SimdjsonSensors();
  ~SimdjsonSensors();
  // The code that was chosen for this processor.
  static std::string Implementation();
  // Every field of every row into an array of its own, strings as views; the number of rows, 0 if one cannot be read.
  // Records are padded as decoders need them, and hold one line each, or many.
  size_t Extract(std::span<const std::string_view> records, bool in_blocks);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace laminar
