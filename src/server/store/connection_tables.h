// Connection tables as they were sent, by name.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "server/store/metadata.h"

namespace laminar::server {

struct ConnectionTable {
  std::string id;          // tbl_...
  std::string name;        // unique, whatever its case
  std::string definition;  // the request's body, as JSON; secrets in it are encrypted or references
  std::string profile_id;  // of its connection profile; "" = it has none
  int64_t created_at = 0;  // microseconds since 1970
};

// Thread-safe.
class ConnectionTables {
 public:
  static constexpr int64_t kMost = 10'000;

  // Both borrowed.
  ConnectionTables(Metadata* metadata, const Clock* clock) : metadata_(metadata), clock_(clock) {}

  // Of a table that is about to be made: its secrets are encrypted for it before.
  static std::string NewId();
  // table: with all but created_at, which is set. Error: the code is Metadata::kUnique where the name is taken; kUser:
  // there are kMost; the code is kNoProfile: its profile is gone.
  static constexpr const char* kNoProfile = "NoProfile";
  Status Create(ConnectionTable* table);
  Result<std::optional<ConnectionTable>> Find(const std::string& id) const;
  Result<std::vector<ConnectionTable>> List() const;  // the oldest first
  // Those whose names are among them, whatever their case.
  Result<std::vector<ConnectionTable>> FindNamed(const std::set<std::string>& names) const;
  Result<std::vector<ConnectionTable>> OfProfile(const std::string& profile_id) const;
  // False: there is none.
  Result<bool> Delete(const std::string& id);

 private:
  Metadata* const metadata_;
  const Clock* const clock_;
};

}  // namespace laminar::server
