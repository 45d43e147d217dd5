// Each step brings the tables from one version to the next, in a transaction of its own; PRAGMA user_version is the
// version that is there. A step is never changed once it has been released: what comes later is a step of its own.
//
// Times are microseconds since 1970; what a client sent as an object is kept as JSON text.
#include "server/store/migrations.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <iterator>

#include "server/store/metadata.h"

namespace laminar::server {

namespace {

constexpr const char* kSteps[] = {
    R"sql(
CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    hash BLOB NOT NULL,        -- SHA-256 of the secret
    created_at INTEGER NOT NULL,
    expires_at INTEGER,        -- NULL = never
    revoked_at INTEGER         -- NULL = not
) STRICT;
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    token_id TEXT NOT NULL,    -- '' = the command line of the machine
    token_name TEXT NOT NULL,
    peer TEXT NOT NULL,
    action TEXT NOT NULL,      -- the operation's id: createPipeline
    object TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_time ON audit (at);
CREATE TABLE connection_tables (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    definition TEXT NOT NULL,  -- the request's body
    created_at INTEGER NOT NULL
) STRICT;
)sql",
    R"sql(
CREATE TABLE pipelines (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    query TEXT NOT NULL,
    parallelism INTEGER NOT NULL,
    checkpoint_interval_micros INTEGER NOT NULL,
    restarts_per_hour INTEGER NOT NULL,
    memory_limit_bytes INTEGER NOT NULL,  -- 0 = what the server gives each
    preview INTEGER NOT NULL,
    runs INTEGER NOT NULL,                -- 1 = it is to run, also after a restart of the server
    stop TEXT NOT NULL,                   -- how it was stopped last; 'none'
    fresh INTEGER NOT NULL,               -- 1 = its next start begins anew
    plan TEXT NOT NULL,                   -- of the query, for clients: graph, outputs, tables
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE TABLE jobs (
    id TEXT NOT NULL UNIQUE,
    pipeline_id TEXT NOT NULL,
    query TEXT NOT NULL,
    state TEXT NOT NULL,
    run INTEGER NOT NULL,
    restarts INTEGER NOT NULL,
    preview INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    failure TEXT NOT NULL                 -- '' = none
) STRICT;
CREATE INDEX jobs_by_pipeline ON jobs (pipeline_id, created_at);
CREATE TABLE job_errors (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    details TEXT NOT NULL
) STRICT;
CREATE INDEX job_errors_by_job ON job_errors (job_id, id);
)sql",
    R"sql(
CREATE TABLE connection_profiles (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    definition TEXT NOT NULL,  -- connector and config; secrets are encrypted
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
ALTER TABLE connection_tables ADD COLUMN profile_id TEXT REFERENCES connection_profiles (id);
CREATE INDEX connection_tables_by_profile ON connection_tables (profile_id);
)sql",
    R"sql(
ALTER TABLE pipelines ADD COLUMN has_state INTEGER NOT NULL DEFAULT 0;  -- 1 = there were checkpoints of it
UPDATE pipelines SET has_state = 1
WHERE preview = 0 AND EXISTS (SELECT 1 FROM jobs WHERE pipeline_id = pipelines.id AND started_at IS NOT NULL);
)sql",
};
static_assert(std::size(kSteps) == Metadata::kVersion);

}  // namespace

Status Migrate(SQLite::Database* database, const std::string& path) {
  int version = database->execAndGet("PRAGMA user_version").getInt();
  if (version > Metadata::kVersion) {
    return Status::User("the database " + path + " has version " + std::to_string(version) +
                            ", and this Laminar knows " + std::to_string(Metadata::kVersion),
                        "Use the Laminar that wrote it, or a newer one");
  }
  if (version == 0 && database->execAndGet("SELECT count(*) FROM sqlite_schema").getInt() > 0)
    return Status::User(path + " is a database of another program", "Name another file with --database");
  for (; version < Metadata::kVersion; version++) {
    SQLite::Transaction transaction(*database, SQLite::TransactionBehavior::IMMEDIATE);
    // Another process may have been quicker.
    if (database->execAndGet("PRAGMA user_version").getInt() > version) continue;
    database->exec(kSteps[version]);
    database->exec("PRAGMA user_version = " + std::to_string(version + 1));
    transaction.commit();
  }
  return Status::Ok();
}

}  // namespace laminar::server
