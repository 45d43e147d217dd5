// The tables of the metadata, and how those of an older version become them.
#pragma once

#include <string>

#include "base/status.h"

namespace SQLite {
class Database;
}

namespace laminar::server {

// Throws SQLite's exceptions. Error (kUser): a newer Laminar wrote it. path: for messages.
Status Migrate(SQLite::Database* database, const std::string& path);

}  // namespace laminar::server
