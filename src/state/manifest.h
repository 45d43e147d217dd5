// The manifest of a checkpoint: what it holds and in which files. JSON, inside the frame of state_file.h, so that a
// person can read it too.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace laminar {

struct Manifest {
  struct Part {
    int worker = 0;
    std::string section;  // of an operator; "" of a sink
    std::string file;     // a blob of the same store
    int64_t bytes = 0;    // of its payload
  };
  struct Source {
    std::string position;                     // Source::Position
    std::optional<int64_t> watermark_micros;  // event time, since 1970
    std::optional<int64_t> lag_micros;        // SourceWatermark::Saved
  };
  struct Operator {
    std::string shape;  // StateShape::text
    std::optional<int64_t> watermark_micros;
    std::vector<Part> parts;  // in the order in which each worker wrote them
  };
  struct Writer {
    std::string progress;
    std::vector<Part> parts;
  };

  int64_t checkpoint = 0;  // its number, from 1
  std::string pipeline;    // whose it is
  std::string state_id;    // random; a new one where the pipeline began anew
  std::string instance;    // random; of the process that wrote it
  std::string version;     // of Laminar
  int64_t taken_micros = 0;
  int parallelism = 1;
  bool finished = false;  // the sources had ended, all windows were given out: there is nothing to go on with
  std::map<std::string, Source> sources;               // by table
  std::map<std::string, Operator> operators;           // by StateShape::id
  std::map<std::string, std::vector<Writer>> writers;  // by sink table; by worker

  std::string ToJson() const;
  // name: for messages. Error (kEnvironment, code kCheckpointDamaged): it is none, or one that this version cannot
  // read.
  static Result<Manifest> FromJson(const std::string& name, std::string_view json);

  std::vector<std::string> Files() const;  // all that it names
  int64_t Bytes() const;
};

}  // namespace laminar
