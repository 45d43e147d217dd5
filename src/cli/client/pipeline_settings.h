// The settings of a pipeline as options, and the file that its query is in.
#pragma once

#include <string>

#include "cli/script.h"
#include "client/api_client.h"

namespace CLI {
class App;
}

namespace laminar::cli {

struct PipelineSettings {
  std::string checkpoint_interval, memory_limit;
  int parallelism = 0, restarts = -1;  // 0, -1: not said
  void AddTo(CLI::App* command);
  // Those that were said, as members of a request. Error (kUser): one of them is no length of time or no size.
  Result<client::Json> Members() const;
};

// --wait[=TIME].
struct WaitArguments {
  std::string time;  // "" = no waiting
  void AddTo(CLI::App* command, const std::string& help);
  bool given() const { return !time.empty(); }
  Result<int64_t> Millis() const;
};

struct PipelineFile {
  std::string shown_name;  // of the file, for messages
  std::string query;
  std::string name;  // of the pipeline: SET pipeline.name, else the file's name without its ending; "" = none of them
};
// file: "-" = the standard input. Error (kUser): it cannot be read, or is no text.
Result<PipelineFile> ReadPipelineFile(const std::string& file);

}  // namespace laminar::cli
