#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/units.h"
#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/server_database.h"
#include "server/store/metadata.h"

namespace laminar::cli {

namespace {

struct BackupArguments {
  DatabaseArguments database;
  std::string to;
};

Status Sync(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool done = fd >= 0 && fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) close(fd);
  if (done) return Status::Ok();
  return Status::Environment("cannot write " + path + ": " + std::error_code(error, std::generic_category()).message());
}

// Whether the copy can be made there at all: what the database says of it names --database.
Status TryToMake(const std::string& file, const std::string& to) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0)
    return Status::Environment("cannot make " + to + ": " + std::error_code(errno, std::generic_category()).message(),
                               "Name a file with --to that can be made, in a folder that is there");
  close(fd);
  unlink(file.c_str());
  return Status::Ok();
}

// Under its name only when it is whole and on the disk.
Status BackUp(const std::string& database, const std::string& to) {
  std::error_code error;
  if (std::filesystem::exists(to, error))
    return Status::User("the file " + to + " is there already", "Name a new file with --to");
  ASSIGN_OR_RETURN(const auto metadata, server::Metadata::OpenToCopy(database));
  const std::string unfinished = to + ".unfinished";
  std::filesystem::remove(unfinished, error);  // of one that was interrupted
  RETURN_IF_ERROR(TryToMake(unfinished, to));
  Status status = metadata->BackUp(unfinished);
  if (status.kind() == StatusKind::kEnvironment)
    status = Status::Environment(status.message(), "See whether the disk of --to is full");
  if (status.ok()) status = Sync(unfinished);
  if (status.ok() && renameat2(AT_FDCWD, unfinished.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0)
    status =
        Status::Environment("cannot make " + to + ": " + std::error_code(errno, std::generic_category()).message());
  if (!status.ok()) {
    std::filesystem::remove(unfinished, error);
    return status;
  }
  return Sync(std::filesystem::absolute(to).parent_path());
}

int Run(const BackupArguments& arguments) {
  const auto file = arguments.database.File();
  const Status status = file.ok() ? BackUp(*file, arguments.to) : file.status();
  if (!status.ok()) {
    PrintError(status);
    return status.kind() == StatusKind::kUser ? kWrongInput : kFailed;
  }
  std::error_code error;
  const auto bytes = std::filesystem::file_size(arguments.to, error);
  std::printf("%s: %s\n", arguments.to.c_str(), FormatBytes(bytes).c_str());
  return kDone;
}

}  // namespace

void AddBackup(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<BackupArguments>();  // shared: with the callback, which lives in the app
  CLI::App* command = app->add_subcommand("backup", "Copy the server's database, while it runs or not");
  arguments->database.AddTo(command);
  command->add_option("--to", arguments->to, "The new file, which only you can read")->required()->option_text("FILE");
  command->footer(
      "The copy is of one moment and whole. It has tables, pipelines, hashes of tokens, secrets as they are encrypted, "
      "and the audit;\n"
      "checkpoints lie in --state-dir, and are not in it. docs/deploy.md says how both are brought back.\n\n"
      "Examples:\n"
      "  laminar backup --to laminar-$(date +%F).db\n"
      "  laminar backup --database /var/lib/laminar/server.db --to /backup/server.db");
  command->callback([arguments, action] { *action = [arguments] { return Run(*arguments); }; });
}

}  // namespace laminar::cli
