#include "server/store/connection_profiles.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include "server/store/secrets.h"

namespace laminar::server {

namespace {

constexpr char kSelectProfiles[] = "SELECT id, name, definition, created_at, updated_at FROM connection_profiles";

ConnectionProfile ReadProfile(SQLite::Statement* row) {
  return {row->getColumn(0).getString(), row->getColumn(1).getString(), row->getColumn(2).getString(),
          row->getColumn(3).getInt64(), row->getColumn(4).getInt64()};
}

}  // namespace

std::string ConnectionProfiles::NewId() {
  return RandomId("prof_");
}

Result<ConnectionProfile> ConnectionProfiles::Create(const std::string& id, const std::string& name,
                                                     const std::string& definition) {
  const int64_t now = clock_->WallMicros();
  const ConnectionProfile made = {id, name, definition, now, now};
  RETURN_IF_ERROR(metadata_->Write([&](SQLite::Database* database) {
    if (database->execAndGet("SELECT count(*) FROM connection_profiles").getInt64() >= kMost)
      return Status::User("there are " + std::to_string(kMost) + " profiles, and no more may be made",
                          "Delete those that nobody uses");
    SQLite::Statement insert(
        *database,
        "INSERT INTO connection_profiles (id, name, definition, created_at, updated_at) VALUES (?, ?, ?, ?, ?)");
    insert.bind(1, made.id);
    insert.bind(2, made.name);
    insert.bind(3, made.definition);
    insert.bind(4, made.created_at);
    insert.bind(5, made.updated_at);
    insert.exec();
    return Status::Ok();
  }));
  return made;
}

Result<std::optional<ConnectionProfile>> ConnectionProfiles::Find(const std::string& id) const {
  std::optional<ConnectionProfile> found;
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    SQLite::Statement select(*database, std::string(kSelectProfiles) + " WHERE id = ?");
    select.bind(1, id);
    if (select.executeStep()) found = ReadProfile(&select);
    return Status::Ok();
  }));
  return found;
}

Result<std::vector<ConnectionProfile>> ConnectionProfiles::List() const {
  std::vector<ConnectionProfile> profiles;
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    SQLite::Statement select(*database, std::string(kSelectProfiles) + " ORDER BY created_at, id");
    while (select.executeStep()) profiles.push_back(ReadProfile(&select));
    return Status::Ok();
  }));
  return profiles;
}

Result<bool> ConnectionProfiles::Update(ConnectionProfile* profile, const std::string& before) {
  bool done = false;
  profile->updated_at = clock_->WallMicros();
  RETURN_IF_ERROR(metadata_->Write([&](SQLite::Database* database) {
    SQLite::Statement update(*database,
                             "UPDATE connection_profiles SET name = ?, definition = ?, updated_at = ? WHERE id = ? AND "
                             "definition = ?");
    update.bind(1, profile->name);
    update.bind(2, profile->definition);
    update.bind(3, profile->updated_at);
    update.bind(4, profile->id);
    update.bind(5, before);
    done = update.exec() > 0;
    return Status::Ok();
  }));
  return done;
}

Result<ConnectionProfiles::Deletion> ConnectionProfiles::Delete(const std::string& id) {
  Deletion deletion;
  RETURN_IF_ERROR(metadata_->Write([&](SQLite::Database* database) {
    SQLite::Statement users(*database, "SELECT name FROM connection_tables WHERE profile_id = ? ORDER BY name");
    users.bind(1, id);
    while (users.executeStep()) deletion.used_by.push_back(users.getColumn(0).getString());
    if (!deletion.used_by.empty()) {
      deletion.was_there = true;
      return Status::Ok();
    }
    SQLite::Statement remove(*database, "DELETE FROM connection_profiles WHERE id = ?");
    remove.bind(1, id);
    deletion.was_there = remove.exec() > 0;
    return Status::Ok();
  }));
  return deletion;
}

}  // namespace laminar::server
