// Rows that are larger than the stream takes: what `sink.oversize` says of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/file_access.h"
#include "base/status.h"
#include "connectors/kinesis/kinesis_api.h"
#include "connectors/line_output.h"

namespace laminar::kinesis {

enum class OversizePolicy { kFail, kDrop, kDeadLetter };

// Where such rows go with kDeadLetter: one of the two.
struct DeadLetters {
  std::unique_ptr<LineOutput> file;
  std::unique_ptr<KinesisApi> stream;
};

// A file that lines are added to. Error: kUser = `files` does not let it be used; kEnvironment = it cannot be written.
Result<std::unique_ptr<LineOutput>> OpenDeadLetterFile(const std::string& path, const FileAccess& files);

// {"time":"2026-01-01T00:00:00Z","table":"t","reason":"...","origin":"...","data":"BASE64"} and a newline.
std::string DeadLetterLine(int64_t wall_micros, std::string_view table, std::string_view reason,
                           std::string_view origin, std::string_view data);

}  // namespace laminar::kinesis
