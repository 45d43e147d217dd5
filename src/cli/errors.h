// How the program says what went wrong: on stderr, for people.
#pragma once

#include <string>

#include "base/status.h"

namespace laminar::cli {

// "error: message" and "hint: hint", each on its line.
void PrintError(const Status& status);
// The same with the place in the script, if the status knows one: the line with a caret below.
void PrintScriptError(const std::string& file, const std::string& text, const Status& status);
// PrintError, and the exit code for wrong input.
int WrongInput(const Status& status);

}  // namespace laminar::cli
