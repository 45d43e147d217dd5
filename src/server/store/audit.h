// Audit: who changed what, when, from where.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "server/store/metadata.h"
#include "server/store/tokens.h"

namespace laminar::server {

struct AuditEntry {
  int64_t id = 0, at = 0;  // at: microseconds since 1970
  std::string token_id, token_name, peer, action, object;
};

// Thread-safe.
class Audit {
 public:
  // Both borrowed.
  Audit(Metadata* metadata, const Clock* clock) : metadata_(metadata), clock_(clock) {}

  // who: without an id, the machine's command line.
  Status Add(const Token& who, const std::string& peer, const std::string& action, const std::string& object);
  // The newest first: `limit` of those before the id `before`; 0 = of all.
  Result<std::vector<AuditEntry>> List(int64_t before, int64_t limit) const;

 private:
  Metadata* const metadata_;
  const Clock* const clock_;
};

}  // namespace laminar::server
