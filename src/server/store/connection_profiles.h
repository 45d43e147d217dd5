// Connection profiles: settings that many connection tables share, by name. Secrets in them are encrypted or references
// (secret_box.h) when they come here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "server/store/metadata.h"

namespace laminar::server {

struct ConnectionProfile {
  std::string id;                          // prof_...
  std::string name;                        // unique, whatever its case
  std::string definition;                  // as JSON: connector, config
  int64_t created_at = 0, updated_at = 0;  // microseconds since 1970
};

// Thread-safe.
class ConnectionProfiles {
 public:
  static constexpr int64_t kMost = 1'000;

  // Both borrowed.
  ConnectionProfiles(Metadata* metadata, const Clock* clock) : metadata_(metadata), clock_(clock) {}

  // Of a profile that is about to be made: its secrets are encrypted for it before.
  static std::string NewId();
  // Error: the code is Metadata::kUnique where the name is taken; kUser: there are kMost.
  Result<ConnectionProfile> Create(const std::string& id, const std::string& name, const std::string& definition);
  Result<std::optional<ConnectionProfile>> Find(const std::string& id) const;
  Result<std::vector<ConnectionProfile>> List() const;  // the oldest first
  // profile: changed since it was found; updated_at is set. False: it was deleted or changed by another meanwhile.
  // before: its definition when it was found. Error: as Create.
  Result<bool> Update(ConnectionProfile* profile, const std::string& before);
  struct Deletion {
    bool was_there = false;
    std::vector<std::string> used_by;  // names of tables: it is still there
  };
  Result<Deletion> Delete(const std::string& id);

 private:
  Metadata* const metadata_;
  const Clock* const clock_;
};

}  // namespace laminar::server
