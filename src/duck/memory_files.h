// MemoryFiles: a DuckDB instance for files that are bytes in memory (a Parquet file in a record), beside the one that
// runs the user's SQL. It has a file system of ours and no other: nothing that runs in it can reach a disk or the
// network, and no query of a user runs in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "duck/database.h"

namespace laminar {

class MemoryFileSystem;

// Thread-safe; its sessions are not.
class MemoryFiles {
 public:
  // memory_limit_bytes: for DuckDB's own buffers.
  static Result<std::shared_ptr<MemoryFiles>> Open(int64_t memory_limit_bytes);
  ~MemoryFiles();
  std::unique_ptr<DuckSession> NewSession();

  // A file of the instance while the object lives. Borrows `bytes`, of what it reads, or `out`, to which it appends
  // what is written.
  class File {
   public:
    File(MemoryFiles* files, std::string_view bytes);
    File(MemoryFiles* files, std::string* out);
    ~File();
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    const std::string& name() const { return name_; }  // no other file has had it

   private:
    MemoryFiles* const files_;
    const std::string name_;
  };

 private:
  MemoryFiles();
  std::unique_ptr<duckdb::DuckDB> db_;
  MemoryFileSystem* file_system_ = nullptr;  // owned by db_
};

}  // namespace laminar
