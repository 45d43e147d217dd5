#include "cli/server_database.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "cli/state_location.h"

namespace laminar::cli {

namespace {

constexpr int kMostLinks = 40;  // as many as the system follows

// The file itself: its lock and, where nothing else is said, its pipelines' state lie beside it, whatever link names
// it.
std::string BehindLinks(std::filesystem::path file) {
  std::error_code error;
  for (int i = 0; i < kMostLinks && std::filesystem::is_symlink(file, error); i++)
    file = file.parent_path() / std::filesystem::read_symlink(file, error);
  return file.string();
}

}  // namespace

void DatabaseArguments::AddTo(CLI::App* command) {
  command
      ->add_option("--database", database,
                   "The server's database, one file (default: laminar/server.db in $XDG_STATE_HOME or ~/.local/state)")
      ->option_text("FILE");
}

Result<std::string> DatabaseArguments::File() const {
  if (!database.empty()) return BehindLinks(database);
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
