// Connection tables as they were sent, by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "server/store/metadata.h"

namespace laminar::server {

struct ConnectionTable {
  std::string id;          // tbl_...
  std::string name;        // unique, whatever its case
  std::string definition;  // the request's body, as JSON
  int64_t created_at = 0;  // microseconds since 1970
};

// Thread-safe.
class ConnectionTables {
 public:
  static constexpr int64_t kMost = 10'000;

  // Both borrowed.
  ConnectionTables(Metadata* metadata, const Clock* clock) : metadata_(metadata), clock_(clock) {}

  // Error: the code is Metadata::kUnique where the name is taken; kUser: there are kMost.
  Result<ConnectionTable> Create(const std::string& name, const std::string& definition);
  Result<std::optional<ConnectionTable>> Find(const std::string& id) const;
  Result<std::vector<ConnectionTable>> List() const;  // the oldest first
  // False: there is none.
  Result<bool> Delete(const std::string& id);

 private:
  Metadata* const metadata_;
  const Clock* const clock_;
};

}  // namespace laminar::server
