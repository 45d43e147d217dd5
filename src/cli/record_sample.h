// Records of a stream or a file, to be looked at.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "cli/pipeline_run.h"
#include "cli/stream_pipe.h"
#include "cli/wiring.h"
#include "infer/sample.h"

namespace laminar::cli {

// No more is kept of a stream, or read of a file of lines.
constexpr size_t kMostSampleBytes = 64 << 20;

// Owns what its sample borrows.
class RecordSample {
 public:
  virtual ~RecordSample() = default;
  virtual infer::Sample sample() const = 0;
};

// A whole file. Error: it cannot be read, or is empty.
Result<std::unique_ptr<RecordSample>> SampleFile(const std::string& path);

struct StreamSampling {
  bool latest = false;  // records put from now on, until there are enough; else the oldest, to the end at the start
  uint64_t records = 1000;
};

// Reads until there are enough. nullptr: it failed or was stopped, which is said already, and `code` is the
// exit code. Error: an
// argument is wrong (kUser), or there are no records.
Result<std::unique_ptr<RecordSample>> SampleStream(const StreamArguments& stream, const StreamSampling& sampling,
                                                   int64_t memory_bytes, PipelineRun* run, World* world, int* code);

}  // namespace laminar::cli
