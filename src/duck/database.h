// The one DuckDB instance of a process and its sessions: configured once, closed to the outside (no files, no network,
// no extensions).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"

namespace duckdb {
class ClientContext;
class Connection;
class DuckDB;
}  // namespace duckdb

namespace laminar {

class Clock;

// Checks that the library is the one whose headers we were compiled with, then runs parser, binder, hash table and
// executor once.
Status DuckSelfTest();

// A connection with its own ClientContext. Not thread-safe: one per worker.
class DuckSession {
 public:
  explicit DuckSession(std::unique_ptr<duckdb::Connection> connection);
  ~DuckSession();
  // Reads the clock: what now() and its relatives answer in this session until the next call. Once a batch.
  void FreezeTime();
  duckdb::ClientContext& context();
  duckdb::Connection& connection();

 private:
  std::unique_ptr<duckdb::Connection> connection_;
};

class DuckDatabase {
 public:
  // clock: what now() answers; borrowed, outlives the database. memory_limit_bytes: for DuckDB's own buffers.
  static Result<std::unique_ptr<DuckDatabase>> Open(const Clock* clock, int64_t memory_limit_bytes);
  ~DuckDatabase();
  std::unique_ptr<DuckSession> NewSession();
  duckdb::DuckDB& db();

 private:
  explicit DuckDatabase(const Clock* clock);
  const Clock* const clock_;
  std::unique_ptr<duckdb::DuckDB> db_;
};

}  // namespace laminar
