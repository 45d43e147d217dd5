#include "server/store/metadata.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "server/store/migrations.h"

namespace laminar::server {

namespace {

constexpr int kBusyMillis = 5'000;  // how long to wait for another process

Status Failed(const SQLite::Exception& exception) {
  const int code = exception.getExtendedErrorCode();
  Status status = Status::Environment(std::string("the database says: ") + exception.what(),
                                      "See whether the disk of --database is full or may not be written");
  const bool is_unique = code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY;
  return is_unique ? std::move(status).WithCode(Metadata::kUnique) : status;
}

// SQLite would make it for everybody to read.
Status MakeFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) {
    return Status::Environment(
        "the database " + path + " cannot be opened: " + std::error_code(errno, std::generic_category()).message(),
        "Name a file with --database that can be made and written, in a folder that is there");
  }
  close(fd);
  return Status::Ok();
}

}  // namespace

Result<std::unique_ptr<Metadata>> Metadata::Open(const std::string& path) {
  if (path != ":memory:") RETURN_IF_ERROR(MakeFile(path));
  try {
    auto database = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyMillis);
    database->exec("PRAGMA journal_mode = WAL");
    database->exec("PRAGMA synchronous = FULL");
    database->exec("PRAGMA foreign_keys = ON");
    database->exec("PRAGMA trusted_schema = OFF");
    RETURN_IF_ERROR(Migrate(database.get(), path));
    return std::unique_ptr<Metadata>(new Metadata(std::move(database)));
  } catch (const SQLite::Exception& exception) {
    if (exception.getErrorCode() == SQLITE_NOTADB) {
      return Status::User(path + " is no database of Laminar: " + exception.what(),
                          "Name another file with --database, or remove this one");
    }
    return Failed(exception);
  }
}

Result<std::unique_ptr<Metadata>> Metadata::OpenToCopy(const std::string& path) {
  const auto none_of_ours = [&](const std::string& why) {
    return Status::User(path + " is no database of Laminar" + why, "Name the server's file with --database");
  };
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    return Status::User("there is no database " + path, "Name the server's file with --database");
  try {
    auto database = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE, kBusyMillis);
    const bool is_ours = database->execAndGet("PRAGMA user_version").getInt() > 0 &&
                         database->execAndGet("SELECT count(*) FROM sqlite_schema WHERE name = 'tokens'").getInt() == 1;
    if (!is_ours) return none_of_ours("");
    return std::unique_ptr<Metadata>(new Metadata(std::move(database)));
  } catch (const SQLite::Exception& exception) {
    if (exception.getErrorCode() == SQLITE_NOTADB) return none_of_ours(std::string(": ") + exception.what());
    return Failed(exception);
  }
}

Metadata::Metadata(std::unique_ptr<SQLite::Database> database) : database_(std::move(database)) {}
Metadata::~Metadata() = default;

Status Metadata::Write(const std::function<Status(SQLite::Database*)>& work) {
  const std::lock_guard lock(mutex_);
  try {
    SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    RETURN_IF_ERROR(work(database_.get()));  // the transaction's destructor takes it back
    transaction.commit();
    return Status::Ok();
  } catch (const SQLite::Exception& exception) {
    return Failed(exception);
  }
}

Status Metadata::Read(const std::function<Status(SQLite::Database*)>& work) const {
  const std::lock_guard lock(mutex_);
  try {
    return work(database_.get());
  } catch (const SQLite::Exception& exception) {
    return Failed(exception);
  }
}

Status Metadata::BackUp(const std::string& path) const {
  std::error_code error;
  if (std::filesystem::exists(path, error))
    return Status::User("the file " + path + " is there already", "Name a new file for the backup");
  RETURN_IF_ERROR(MakeFile(path));
  return Read([&](SQLite::Database* database) {
    SQLite::Statement copy(*database, "VACUUM INTO ?");
    copy.bind(1, path);
    copy.exec();
    return Status::Ok();
  });
}

}  // namespace laminar::server
