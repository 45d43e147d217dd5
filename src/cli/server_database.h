// Where the server's database lies.
#pragma once

#include <string>

#include "base/status.h"

namespace CLI {
class App;
}

namespace laminar::cli {

struct DatabaseArguments {
  std::string database;  // --database; "" = the default
  void AddTo(CLI::App* command);
  // The file; its folder is made where it is the default. Error (kUser): no default is known; kEnvironment: its folder
  // cannot be made.
  Result<std::string> File() const;
};

}  // namespace laminar::cli
