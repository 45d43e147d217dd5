#include "cli/errors.h"

#include <cstdio>

#include "cli/commands.h"
#include "sql/compiler.h"

namespace laminar::cli {

void PrintError(const Status& status) {
  std::fprintf(stderr, "error: %s\n", status.message().c_str());
  if (!status.hint().empty()) std::fprintf(stderr, "hint: %s\n", status.hint().c_str());
}

void PrintScriptError(const std::string& file, const std::string& text, const Status& status) {
  if (!status.position().known()) return PrintError(status);
  std::string rendered = sql::RenderProblem(file, text, status);
  if (!rendered.ends_with('\n')) rendered.push_back('\n');
  std::fputs(rendered.c_str(), stderr);
}

int WrongInput(const Status& status) {
  PrintError(status);
  return kWrongInput;
}

}  // namespace laminar::cli
