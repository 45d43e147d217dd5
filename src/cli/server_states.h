// Where the pipelines of a server keep their state: each in a place of its own below one directory or S3 prefix.
#pragma once

#include <memory>
#include <string>

#include "cli/wiring.h"
#include "server/server.h"

namespace CLI {
class App;
}

namespace laminar::cli {

struct ServerStateArguments {
  std::string state_dir;  // --state-dir; "" = beside the database
  void AddTo(CLI::App* command);
};

// world: borrowed. Error (kUser): there is no such place.
Result<std::unique_ptr<server::StatePlaces>> MakeStatePlaces(const ServerStateArguments& arguments,
                                                             const std::string& database, World* world);

}  // namespace laminar::cli
