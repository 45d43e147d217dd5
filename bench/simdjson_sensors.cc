// Compiled for the processor at hand, as simdjson is at its best then.
#include "simdjson_sensors.h"

#include <simdjson.h>

#include <array>

namespace laminar {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr size_t kRows = 2048;       // then the arrays are filled anew
constexpr size_t kBatch = 64 << 10;  // of lines, indexed at once: they stay in the cache
constexpr size_t kPadding = simdjson::SIMDJSON_PADDING;

struct Rows {
  std::array<std::string_view, kRows> device_id, location, timestamp;
  std::array<double, kRows> temperature, humidity, pressure;
};

bool Read(ondemand::object row, size_t i, Rows* rows) {
  ondemand::object location;
  return row.find_field("device_id").get_string().get(rows->device_id[i]) == simdjson::SUCCESS &&
         row.find_field("location").get_object().get(location) == simdjson::SUCCESS &&
         location.raw_json().get(rows->location[i]) == simdjson::SUCCESS &&
         row.find_field("temperature").get_double().get(rows->temperature[i]) == simdjson::SUCCESS &&
         row.find_field("humidity").get_double().get(rows->humidity[i]) == simdjson::SUCCESS &&
         row.find_field("pressure").get_double().get(rows->pressure[i]) == simdjson::SUCCESS &&
         row.find_field("timestamp").get_string().get(rows->timestamp[i]) == simdjson::SUCCESS;
}

}  // namespace

struct SimdjsonSensors::State {
  ondemand::parser parser;
  Rows rows;
};

SimdjsonSensors::SimdjsonSensors() : state_(std::make_unique<State>()) {
  state_->parser.threaded = false;
}
SimdjsonSensors::~SimdjsonSensors() = default;

std::string SimdjsonSensors::Implementation() {
#define LAMINAR_TEXT_OF(name) #name
#define LAMINAR_TEXT(macro) LAMINAR_TEXT_OF(macro)
  return LAMINAR_TEXT(SIMDJSON_BUILTIN_IMPLEMENTATION);
}

size_t SimdjsonSensors::Extract(std::span<const std::string_view> records, bool in_blocks) {
  size_t count = 0;
  ondemand::object row;
  for (const std::string_view record : records) {
    if (in_blocks) {
      ondemand::document_stream lines;
      if (state_->parser.iterate_many(record.data(), record.size(), kBatch).get(lines)) return 0;
      for (auto line : lines) {
        if (line.get_object().get(row) || !Read(row, count % kRows, &state_->rows)) return 0;
        count++;
      }
    } else {
      ondemand::document line;
      if (state_->parser.iterate(record.data(), record.size(), record.size() + kPadding).get(line)) return 0;
      if (line.get_object().get(row) || !Read(row, count % kRows, &state_->rows)) return 0;
      count++;
    }
  }
  return count;
}

}  // namespace laminar
