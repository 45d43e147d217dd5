// The bearer tokens of the REST API. A token is lmn_ID_SECRET; of the secret, 256 random bits, only a hash is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "server/store/metadata.h"

namespace laminar::server {

// Each may what those before it may.
enum class Role : uint8_t {
  kViewer,  // reads
  kEditor,  // makes, changes, starts and stops
  kAdmin,   // tokens, the audit
};
std::optional<Role> FindRole(std::string_view name);  // "viewer", "editor", "admin"
std::string_view RoleName(Role role);

struct Token {
  std::string id;  // tok_...
  std::string name;
  Role role = Role::kViewer;
  int64_t created_at = 0;             // microseconds since 1970, as those below
  std::optional<int64_t> expires_at;  // nullopt: never
  std::optional<int64_t> revoked_at;
};

struct NewToken {
  Token token;
  std::string text;  // what the client sends: shown once, kept nowhere
};

// Thread-safe.
class Tokens {
 public:
  static constexpr std::string_view kPrefix = "lmn_";

  // Both borrowed.
  Tokens(Metadata* metadata, const Clock* clock) : metadata_(metadata), clock_(clock) {}

  // Error (kUser): the name is taken or none.
  Result<NewToken> Create(const std::string& name, Role role, std::optional<int64_t> lifetime_micros);
  // Whose `text` is; nullopt: it is none, has expired or was revoked.
  Result<std::optional<Token>> Find(std::string_view text) const;
  Result<std::vector<Token>> List() const;  // the oldest first
  // From now on it is refused. name_or_id. Error (kUser): there is none.
  Status Revoke(const std::string& name_or_id);
  // As if it had never been: for one that nobody has got to see.
  Status Forget(const Token& token);
  // There has never been one.
  Result<bool> None() const;

 private:
  Metadata* const metadata_;
  const Clock* const clock_;
};

}  // namespace laminar::server
