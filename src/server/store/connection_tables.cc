#include "server/store/connection_tables.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include "server/store/secrets.h"

namespace laminar::server {

namespace {

constexpr char kSelectTables[] = "SELECT id, name, definition, coalesce(profile_id, ''), created_at FROM connection_tables";

ConnectionTable ReadTable(SQLite::Statement* row) {
  return {row->getColumn(0).getString(), row->getColumn(1).getString(), row->getColumn(2).getString(),
          row->getColumn(3).getString(), row->getColumn(4).getInt64()};
}

}  // namespace

std::string ConnectionTables::NewId() {
  return RandomId("tbl_");
}

Status ConnectionTables::Create(ConnectionTable* table) {
  table->created_at = clock_->WallMicros();
  return metadata_->Write([&](SQLite::Database* database) {
    if (database->execAndGet("SELECT count(*) FROM connection_tables").getInt64() >= kMost)
      return Status::User("there are " + std::to_string(kMost) + " tables, and no more may be made",
                          "Delete those that nobody uses");
    if (!table->profile_id.empty()) {
      SQLite::Statement profile(*database, "SELECT 1 FROM connection_profiles WHERE id = ?");
      profile.bind(1, table->profile_id);
      if (!profile.executeStep())
        return Status::User("there is no connection profile " + table->profile_id).WithCode(kNoProfile);
    }
    SQLite::Statement insert(
        *database,
        "INSERT INTO connection_tables (id, name, definition, profile_id, created_at) VALUES (?, ?, ?, ?, ?)");
    insert.bind(1, table->id);
    insert.bind(2, table->name);
    insert.bind(3, table->definition);
    if (!table->profile_id.empty()) insert.bind(4, table->profile_id);
    insert.bind(5, table->created_at);
    insert.exec();
    return Status::Ok();
  });
}

Result<std::optional<ConnectionTable>> ConnectionTables::Find(const std::string& id) const {
  std::optional<ConnectionTable> found;
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    SQLite::Statement select(*database, std::string(kSelectTables) + " WHERE id = ?");
    select.bind(1, id);
    if (select.executeStep()) found = ReadTable(&select);
    return Status::Ok();
  }));
  return found;
}

Result<std::vector<ConnectionTable>> ConnectionTables::List() const {
  std::vector<ConnectionTable> tables;
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    SQLite::Statement select(*database, std::string(kSelectTables) + " ORDER BY created_at, id");
    while (select.executeStep()) tables.push_back(ReadTable(&select));
    return Status::Ok();
  }));
  return tables;
}

Result<std::vector<ConnectionTable>> ConnectionTables::FindNamed(const std::set<std::string>& names) const {
  std::vector<ConnectionTable> tables;
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    SQLite::Statement select(*database, std::string(kSelectTables) + " WHERE name = ?");
    for (const std::string& name : names) {
      select.bindNoCopy(1, name);
      if (select.executeStep()) tables.push_back(ReadTable(&select));
      select.reset();
    }
    return Status::Ok();
  }));
  return tables;
}

Result<std::vector<ConnectionTable>> ConnectionTables::OfProfile(const std::string& profile_id) const {
  std::vector<ConnectionTable> tables;
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    SQLite::Statement select(*database, std::string(kSelectTables) + " WHERE profile_id = ? ORDER BY created_at, id");
    select.bind(1, profile_id);
    while (select.executeStep()) tables.push_back(ReadTable(&select));
    return Status::Ok();
  }));
  return tables;
}

Result<bool> ConnectionTables::Delete(const std::string& id) {
  bool was_there = false;
  RETURN_IF_ERROR(metadata_->Write([&](SQLite::Database* database) {
    SQLite::Statement remove(*database, "DELETE FROM connection_tables WHERE id = ?");
    remove.bind(1, id);
    was_there = remove.exec() > 0;
    return Status::Ok();
  }));
  return was_there;
}

}  // namespace laminar::server
