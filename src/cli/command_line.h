// The command line as a whole: its commands, and what is said when something on it is wrong.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "cli/commands.h"

namespace laminar::cli {

// action: set by parsing to what the chosen command does; outlives the app.
std::unique_ptr<CLI::App> MakeCommandLine(Action* action);

// A command or a long option that does not exist, with the nearest one that does; ok if all are known. Looked at before
// parsing, whose own message would name no alternative.
Status CheckNames(const CLI::App& app, const std::vector<std::string>& arguments);

}  // namespace laminar::cli
