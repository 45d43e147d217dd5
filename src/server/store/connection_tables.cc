#include "server/store/connection_tables.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include "server/store/secrets.h"

namespace laminar::server {

namespace {

constexpr char kSelect[] = "SELECT id, name, definition, created_at FROM connection_tables";

ConnectionTable ReadTable(SQLite::Statement* row) {
  return {row->getColumn(0).getString(), row->getColumn(1).getString(), row->getColumn(2).getString(),
          row->getColumn(3).getInt64()};
}

}  // namespace

Result<ConnectionTable> ConnectionTables::Create(const std::string& name, const std::string& definition) {
  const ConnectionTable made = {RandomId("tbl_"), name, definition, clock_->WallMicros()};
  RETURN_IF_ERROR(metadata_->Write([&](SQLite::Database* database) {
    if (database->execAndGet("SELECT count(*) FROM connection_tables").getInt64() >= kMost)
      return Status::User("there are " + std::to_string(kMost) + " tables, and no more may be made",
                          "Delete those that nobody uses");
    SQLite::Statement insert(*database,
                             "INSERT INTO connection_tables (id, name, definition, created_at) VALUES (?, ?, ?, ?)");
    insert.bind(1, made.id);
    insert.bind(2, made.name);
    insert.bind(3, made.definition);
    insert.bind(4, made.created_at);
    insert.exec();
    return Status::Ok();
  }));
  return made;
}

Result<std::optional<ConnectionTable>> ConnectionTables::Find(const std::string& id) const {
  std::optional<ConnectionTable> found;
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    SQLite::Statement select(*database, std::string(kSelect) + " WHERE id = ?");
    select.bind(1, id);
    if (select.executeStep()) found = ReadTable(&select);
    return Status::Ok();
  }));
  return found;
}

Result<std::vector<ConnectionTable>> ConnectionTables::List() const {
  std::vector<ConnectionTable> tables;
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    SQLite::Statement select(*database, std::string(kSelect) + " ORDER BY created_at, id");
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
