// Metadata: the server's own database, one SQLite file: what runs, what it needs, who may, and who did what.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/status.h"

namespace SQLite {
class Database;
}

namespace laminar::server {

// Thread-safe: one connection, used by one at a time. Other processes may use the file meanwhile (write-ahead log).
class Metadata {
 public:
  static constexpr int kVersion = 4;  // of the tables; migrations.cc makes them so

  // Makes the file, which only its owner may read, and brings the tables of an older version up to date. path:
  // ":memory:" in tests. Error: kUser = the file is something else, or was written by a newer Laminar; kEnvironment =
  // it cannot be opened or written.
  static Result<std::unique_ptr<Metadata>> Open(const std::string& path);
  // One that is there, of any version, as it is: only to be read and copied. Error: kUser = there is none, or it is
  // something else; kEnvironment = it cannot be opened.
  static Result<std::unique_ptr<Metadata>> OpenToCopy(const std::string& path);
  ~Metadata();
  Metadata(const Metadata&) = delete;
  Metadata& operator=(const Metadata&) = delete;

  // Runs `work` in a transaction, which is taken back if it fails or throws what SQLite throws. Error: its own, or what
  // SQLite says, as kEnvironment with the code kUnique where a value that has to be the only one is there already.
  static constexpr const char* kUnique = "UNIQUE";
  Status Write(const std::function<Status(SQLite::Database*)>& work);
  // The same for what only reads.
  Status Read(const std::function<Status(SQLite::Database*)>& work) const;

  // A whole copy, taken while others go on. Error: the file is there, or cannot be written.
  Status BackUp(const std::string& path) const;

 private:
  explicit Metadata(std::unique_ptr<SQLite::Database> database);

  mutable std::mutex mutex_;
  const std::unique_ptr<SQLite::Database> database_;  // guarded by mutex_
};

}  // namespace laminar::server
