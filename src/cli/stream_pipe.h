// A pipeline without SQL, for tail and put: the records of one table into another, untouched.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/record_format.h"
#include "cli/wiring.h"
#include "sql/compiler.h"

namespace CLI {
class App;
}

namespace laminar::cli {

// The arguments that say which stream is meant, and how to reach it.
struct StreamArguments {
  std::string stream;  // its name or ARN
  std::string region, endpoint, role_arn, external_id;
  void AddTo(CLI::App* command);
  void AddConnectionTo(CLI::App* command);  // all but the stream
  // As options of a kinesis table.
  std::vector<std::pair<std::string, std::string>> Options() const;
};

// Of an argument that is a stream or a file: a name with a slash is a file, and so is "-", and one that a file has. The
// rest are streams.
bool NamesFile(const std::string& name);
// Of a stream that cannot be read: prints that a file may have been meant, if the name looks like that of one.
void HintAtFile(const std::string& name);

// One end of the pipe.
struct PipeEnd {
  std::string connector;
  std::vector<std::pair<std::string, std::string>> options;  // without `connector`
  const Format* format = nullptr;                            // borrowed; of the pipe's schema
};

// Error (kUser): an option is wrong; the message names the command's argument where there is one.
Result<std::unique_ptr<sql::CompiledScript>> MakePipe(const Registry& registry, const PipeEnd& from, const PipeEnd& to,
                                                      const Schema& schema = RecordSchema());

}  // namespace laminar::cli
