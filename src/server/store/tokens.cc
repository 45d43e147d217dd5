#include "server/store/tokens.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/store/secrets.h"

namespace laminar::server {

namespace {

constexpr std::pair<std::string_view, Role> kRoles[] = {
    {"viewer", Role::kViewer}, {"editor", Role::kEditor}, {"admin", Role::kAdmin}};
constexpr size_t kIdLetters = 12, kMostNameBytes = 100;
constexpr char kColumns[] = "SELECT id, name, role, created_at, expires_at, revoked_at";

std::optional<int64_t> OptionalInteger(const SQLite::Column& column) {
  return column.isNull() ? std::nullopt : std::optional<int64_t>(column.getInt64());
}

Token ReadToken(SQLite::Statement* row) {
  Token token;
  token.id = row->getColumn(0).getString();
  token.name = row->getColumn(1).getString();
  token.role = FindRole(row->getColumn(2).getString()).value_or(Role::kViewer);
  token.created_at = row->getColumn(3).getInt64();
  token.expires_at = OptionalInteger(row->getColumn(4));
  token.revoked_at = OptionalInteger(row->getColumn(5));
  return token;
}

}  // namespace

std::optional<Role> FindRole(std::string_view name) {
  for (const auto& [known, role] : kRoles) {
    if (known == name) return role;
  }
  return std::nullopt;
}

std::string_view RoleName(Role role) {
  return kRoles[static_cast<size_t>(role)].first;
}

Result<NewToken> Tokens::Create(const std::string& name, Role role, std::optional<int64_t> lifetime_micros) {
  if (name.empty() || name.size() > kMostNameBytes)
    return Status::User("a token's name has 1 to " + std::to_string(kMostNameBytes) + " bytes",
                        "Name who or what uses it");
  if (std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
    return Status::User("a token's name has no line breaks or other control characters",
                        "Name who or what uses it in one line");
  }
  NewToken made;
  const std::string id = RandomId("", kIdLetters), secret = RandomSecret();
  made.text = std::string(kPrefix) + id + "_" + secret;
  made.token = {.id = "tok_" + id, .name = name, .role = role, .created_at = clock_->WallMicros()};
  if (lifetime_micros) made.token.expires_at = made.token.created_at + *lifetime_micros;
  Status status = metadata_->Write([&](SQLite::Database* database) {
    SQLite::Statement insert(
        *database, "INSERT INTO tokens (id, name, role, hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)");
    const std::string hash = Sha256(secret);
    insert.bind(1, made.token.id);
    insert.bind(2, name);
    insert.bind(3, std::string(RoleName(role)));
    insert.bind(4, hash.data(), static_cast<int>(hash.size()));
    insert.bind(5, made.token.created_at);
    if (made.token.expires_at) insert.bind(6, *made.token.expires_at);
    insert.exec();
    return Status::Ok();
  });
  if (status.code() == Metadata::kUnique)
    return Status::User(
        "there is a token named " + name,
        "Choose another name, or revoke that one and choose another all the same: a name stands in the audit");
  RETURN_IF_ERROR(status);
  return made;
}

Result<std::optional<Token>> Tokens::Find(std::string_view text) const {
  std::optional<Token> found;
  if (!text.starts_with(kPrefix)) return found;
  text.remove_prefix(kPrefix.size());
  if (text.size() < kIdLetters + 2 || text[kIdLetters] != '_') return found;
  const std::string id = "tok_" + std::string(text.substr(0, kIdLetters));
  const std::string hash = Sha256(text.substr(kIdLetters + 1));
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    SQLite::Statement select(*database, std::string(kColumns) + ", hash FROM tokens WHERE id = ?");
    select.bind(1, id);
    if (!select.executeStep()) return Status::Ok();
    const SQLite::Column kept = select.getColumn(6);
    const std::string_view kept_hash(static_cast<const char*>(kept.getBlob()), static_cast<size_t>(kept.getBytes()));
    Token token = ReadToken(&select);
    const bool expired = token.expires_at && *token.expires_at <= clock_->WallMicros();
    if (SameBytes(kept_hash, hash) && !expired && !token.revoked_at) found = std::move(token);
    return Status::Ok();
  }));
  return found;
}

Result<std::vector<Token>> Tokens::List() const {
  std::vector<Token> tokens;
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    SQLite::Statement select(*database, std::string(kColumns) + " FROM tokens ORDER BY created_at, id");
    while (select.executeStep()) tokens.push_back(ReadToken(&select));
    return Status::Ok();
  }));
  return tokens;
}

Status Tokens::Revoke(const std::string& name_or_id) {
  return metadata_->Write([&](SQLite::Database* database) {
    SQLite::Statement update(*database,
                             "UPDATE tokens SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? OR name = ?");
    update.bind(1, clock_->WallMicros());
    update.bind(2, name_or_id);
    update.bind(3, name_or_id);
    return update.exec() > 0
               ? Status::Ok()
               : Status::User("there is no token " + name_or_id, "`laminar token list` shows those that are there");
  });
}

Status Tokens::Forget(const Token& token) {
  return metadata_->Write([&](SQLite::Database* database) {
    SQLite::Statement forget(*database, "DELETE FROM tokens WHERE id = ?");
    forget.bind(1, token.id);
    forget.exec();
    return Status::Ok();
  });
}

Result<bool> Tokens::None() const {
  bool none = false;
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    none = database->execAndGet("SELECT count(*) FROM tokens").getInt() == 0;
    return Status::Ok();
  }));
  return none;
}

}  // namespace laminar::server
