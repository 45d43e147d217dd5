// The script that a command is given: read, with its variables, and compiled.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "cli/wiring.h"
#include "sql/compiler.h"

namespace CLI {
class App;
}

namespace laminar::cli {

// The arguments FILE and --set, which run, check and explain share.
struct ScriptArguments {
  std::string file;                    // "-" = the standard input
  std::vector<std::string> variables;  // "name=value"
  void AddTo(CLI::App* command);
};

struct Script {
  std::string name;  // for messages: the file, or "<stdin>"
  std::string text;
  std::map<std::string, std::string> variables;
};

// Error (kUser): the file cannot be read, holds no text, or a variable is not name=value.
Result<Script> ReadScript(const ScriptArguments& arguments);

// The compiled script; nullptr when something is wrong, which is then printed, and `code` is the exit code:
// kWrongInput, or kFailed where the script may be right but what it asks (a schema registry) does not answer. Warnings
// are printed too.
std::unique_ptr<sql::CompiledScript> CompileOrExplain(const Script& script, World* world, int* code);

}  // namespace laminar::cli
