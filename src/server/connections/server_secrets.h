// ServerSecrets: what stands in secret options of tables that a server has. What clients send in clear is sealed - for
// the database with the server's key, for a test with one that nobody keeps - so that no statement, no answer and no
// log line holds it; references are followed where a connector is made.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "formats/secrets.h"
#include "server/store/secret_box.h"

namespace laminar::server {

class ServerSecrets final : public Secrets {
 public:
  // references: what {{ env.NAME }} and {{ file.PATH }} mean. box: nullopt: the server has no key.
  ServerSecrets(std::unique_ptr<Secrets> references, std::optional<SecretBox> box);

  // A secret in clear is refused: it would stand in a script. What is sealed is not looked into.
  Status Check(std::string_view option, std::string_view value) const override;
  Result<std::string> Reveal(std::string_view option, std::string_view value) const override;

  // What is kept instead of the value that a client sent: the reference that it is, or the value sealed. owner: the id
  // of the profile or the table. Error (kUser): there is no key, or the reference may not be used.
  Result<std::string> Keep(std::string_view owner, std::string_view option, std::string_view value) const;
  // The same for as long as the process lives, which needs no key.
  Result<std::string> KeepForNow(std::string_view option, std::string_view value) const;
  // "" = there is no key.
  std::string key_id() const { return box_ ? box_->key_id() : ""; }

 private:
  Result<std::optional<std::string>> ReferenceOf(std::string_view option, std::string_view value) const;

  const std::unique_ptr<Secrets> references_;
  const std::optional<SecretBox> box_;
  const SecretBox for_now_ = SecretBox::ForThisProcess();
};

}  // namespace laminar::server
