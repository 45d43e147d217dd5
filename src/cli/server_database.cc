#include "cli/server_database.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>

namespace laminar::cli {

void DatabaseArguments::AddTo(CLI::App* command) {
  command
      ->add_option("--database", database,
                   "The server's database, one file (default: laminar/server.db in $XDG_STATE_HOME or ~/.local/state)")
      ->option_text("FILE");
}

Result<std::string> DatabaseArguments::File() const {
  if (!database.empty()) return database;
  const char* const state = std::getenv("XDG_STATE_HOME");
  const char* const home = std::getenv("HOME");
  std::filesystem::path base;
  if (state != nullptr && *state == '/') {
    base = state;
  } else if (home != nullptr && *home == '/') {
    base = std::filesystem::path(home) / ".local" / "state";
  } else {
    return Status::User("there is no place for the server's database: neither HOME nor XDG_STATE_HOME is set",
                        "Name a file with --database");
  }
  const std::filesystem::path folder = base / "laminar";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return Status::Environment("cannot make " + folder.string() + ": " + error.message(),
                               "Name a file with --database");
  return (folder / "server.db").string();
}

}  // namespace laminar::cli
