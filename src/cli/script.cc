#include "cli/script.h"

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "duckdb.hpp"

#include "base/byte_order_mark.h"
#include "cli/commands.h"
#include "cli/errors.h"

namespace laminar::cli {

namespace {

constexpr size_t kLargestScript = 16 << 20;

Result<std::string> ReadFile(const std::string& file, const std::string& name) {
  const bool is_stdin = file == "-";
  FILE* in = is_stdin ? stdin : std::fopen(file.c_str(), "rb");
  const int open_error = errno;
  struct stat info {};
  const bool is_directory = in != nullptr && fstat(fileno(in), &info) == 0 && S_ISDIR(info.st_mode);
  if (in == nullptr || is_directory) {
    if (in != nullptr) std::fclose(in);
    return Status::User("cannot read " + name + ": " + (is_directory ? "it is a directory" : std::strerror(open_error)),
                        "Name a file with SQL, or '-' for the standard input");
  }
  std::string text;
  char buffer[65536];
  size_t n;
  while (text.size() <= kLargestScript && (n = std::fread(buffer, 1, sizeof buffer, in)) > 0) text.append(buffer, n);
  const int read_error = std::ferror(in) != 0 ? errno : 0;
  if (!is_stdin) std::fclose(in);
  if (read_error != 0) return Status::User("cannot read " + name + ": " + std::strerror(read_error));
  if (text.size() > kLargestScript)
    return Status::User(name + " is too large for a script", "It may have up to 16 MiB");
  return text;
}

// DuckDB's parser would end at a zero byte, and what is not UTF-8 would get into the rows.
Status CheckText(const Script& script) {
  int line = 1;
  for (size_t at = 0; at < script.text.size(); line++) {
    const size_t end = std::min(script.text.find('\n', at), script.text.size());
    const std::string text = script.text.substr(at, end - at);
    const bool has_zero = text.find('\0') != std::string::npos;
    if (has_zero || !duckdb::Value::StringIsValid(text)) {
      return Status::User(script.name + " is not text: line " + std::to_string(line) +
                              (has_zero ? " holds a zero byte" : " is not UTF-8"),
                          "Save it as UTF-8");
    }
    at = end + 1;
  }
  return Status::Ok();
}

bool IsName(const std::string& text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0])) != 0) return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos;
}

}  // namespace

void ScriptArguments::AddTo(CLI::App* command) {
  command->add_option("FILE", file, "The script; '-' is the standard input")->required()->option_text("");
  command->add_option("--set", variables, "A value for $NAME in the script; may be repeated")
      ->option_text("NAME=VALUE")
      ->expected(1)
      ->take_all();
}

Result<Script> ReadScript(const ScriptArguments& arguments) {
  Script script;
  script.name = arguments.file == "-" ? "<stdin>" : arguments.file;
  for (const std::string& variable : arguments.variables) {
    const size_t equals = variable.find('=');
    if (equals == std::string::npos || !IsName(variable.substr(0, equals))) {
      return Status::User("--set " + variable + ": not of the form name=value",
                          "A name has letters, digits and '_'; the script uses it as $name");
    }
    script.variables[variable.substr(0, equals)] = variable.substr(equals + 1);
  }
  ASSIGN_OR_RETURN(script.text, ReadFile(arguments.file, script.name));
  if (script.text.starts_with(kByteOrderMark)) script.text.erase(0, kByteOrderMark.size());
  RETURN_IF_ERROR(CheckText(script));
  if (script.text.find_first_not_of(" \t\r\n;") == std::string::npos) {
    return Status::User(script.name + " is empty", "Write at least one SELECT or INSERT INTO ... SELECT");
  }
  return script;
}

std::unique_ptr<sql::CompiledScript> CompileOrExplain(const Script& script, World* world, int* code) {
  sql::CompileResult result = sql::Compile({script.text, script.variables}, world->registry(), world->session());
  for (const Status& problem : result.problems) PrintScriptError(script.name, script.text, problem);
  if (result.script == nullptr) {
    if (result.problems.size() > 1)
      std::fprintf(stderr, "%zu problems in %s\n", result.problems.size(), script.name.c_str());
    const bool is_right = std::all_of(result.problems.begin(), result.problems.end(),
                                      [](const Status& problem) { return problem.kind() == StatusKind::kEnvironment; });
    *code = is_right ? kFailed : kWrongInput;
    return nullptr;
  }
  for (const Status& warning : result.script->warnings) {
    std::string where = script.name;
    if (warning.position().known()) {
      where += ":" + std::to_string(warning.position().line) + ":" + std::to_string(warning.position().column);
    }
    std::fprintf(stderr, "%s: warning: %s%s%s\n", where.c_str(), warning.message().c_str(),
                 warning.hint().empty() ? "" : ". ", warning.hint().c_str());
  }
  return std::move(result.script);
}

}  // namespace laminar::cli
