#include "cli/server_database.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "cli/state_location.h"

namespace laminar::cli {

void DatabaseArguments::AddTo(CLI::App* command) {
  command
      ->add_option("--database", database,
                   "The server's database, one file (default: laminar/server.db in $XDG_STATE_HOME or ~/.local/state)")
      ->option_text("FILE");
}

Result<std::string> DatabaseArguments::File() const {
  if (!database.empty()) return database;
  ASSIGN_OR_RETURN(const std::filesystem::path folder,
                   StateHome("the server's database", "Name a file with --database"));
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return Status::Environment("cannot make " + folder.string() + ": " + error.message(),
                               "Name a file with --database");
  return (folder / "server.db").string();
}

}  // namespace laminar::cli
