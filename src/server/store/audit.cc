#include "server/store/audit.h"

#include <SQLiteCpp/SQLiteCpp.h>

namespace laminar::server {

Status Audit::Add(const Token& who, const std::string& peer, const std::string& action, const std::string& object) {
  return metadata_->Write([&](SQLite::Database* database) {
    SQLite::Statement insert(
        *database, "INSERT INTO audit (at, token_id, token_name, peer, action, object) VALUES (?, ?, ?, ?, ?, ?)");
    insert.bind(1, clock_->WallMicros());
    insert.bind(2, who.id);
    insert.bind(3, who.name);
    insert.bind(4, peer);
    insert.bind(5, action);
    insert.bind(6, object);
    insert.exec();
    return Status::Ok();
  });
}

Result<std::vector<AuditEntry>> Audit::List(int64_t before, int64_t limit) const {
  std::vector<AuditEntry> entries;
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    SQLite::Statement select(*database,
                             "SELECT id, at, token_id, token_name, peer, action, object FROM audit WHERE ?1 = 0 OR id "
                             "< ?1 ORDER BY id DESC LIMIT ?2");
    select.bind(1, before);
    select.bind(2, limit);
    while (select.executeStep()) {
      entries.push_back({select.getColumn(0).getInt64(), select.getColumn(1).getInt64(),
                         select.getColumn(2).getString(), select.getColumn(3).getString(),
                         select.getColumn(4).getString(), select.getColumn(5).getString(),
                         select.getColumn(6).getString()});
    }
    return Status::Ok();
  }));
  return entries;
}

}  // namespace laminar::server
