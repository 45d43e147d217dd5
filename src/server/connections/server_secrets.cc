#include "server/connections/server_secrets.h"

#include <utility>

namespace laminar::server {

ServerSecrets::ServerSecrets(std::unique_ptr<Secrets> references, std::optional<SecretBox> box)
    : references_(std::move(references)), box_(std::move(box)) {}

Status ServerSecrets::Check(std::string_view option, std::string_view value) const {
  ASSIGN_OR_RETURN(const auto reference, ParseSecretReference(value));
  if (!reference) {
    return Status::User(std::string(option) + " is a secret, and stands in clear in the script",
                        "Write a reference, {{ env.NAME }} or {{ file.PATH }}, or use a connection table: its secrets "
                        "are encrypted");
  }
  return reference->kind == SecretReference::Kind::kSealed ? Status::Ok() : references_->Check(option, value);
}

Result<std::string> ServerSecrets::Reveal(std::string_view option, std::string_view value) const {
  ASSIGN_OR_RETURN(const auto reference, ParseSecretReference(value));
  if (!reference || reference->kind != SecretReference::Kind::kSealed) return references_->Reveal(option, value);
  const std::string& sealed = reference->name;
  if (SecretBox::KeyOf(sealed) == for_now_.key_id()) return for_now_.Open(option, sealed);
  if (box_) return box_->Open(option, sealed);
  return Status::User(
      "the secret " + std::string(option) + " cannot be decrypted: the server has no key",
      "Start it with --secret-key-file or LAMINAR_SECRET_KEY: with the key " + SecretBox::KeyOf(sealed));
}

Result<std::optional<std::string>> ServerSecrets::ReferenceOf(std::string_view option, std::string_view value) const {
  ASSIGN_OR_RETURN(const auto reference, ParseSecretReference(value));
  if (!reference) return std::optional<std::string>();
  RETURN_IF_ERROR(references_->Check(option, value));  // which takes nothing that is sealed
  return std::optional(std::string(value));
}

Result<std::string> ServerSecrets::Keep(std::string_view owner, std::string_view option, std::string_view value) const {
  ASSIGN_OR_RETURN(auto reference, ReferenceOf(option, value));
  if (reference) return std::move(*reference);
  if (box_) return SealedReference(box_->Seal(owner, option, value));
  return Status::User(std::string(option) + " is a secret, and the server has no key to encrypt it with",
                      "Send a reference, {{ env.NAME }} or {{ file.PATH }}, or start the server with --secret-key-file "
                      "or LAMINAR_SECRET_KEY");
}

Result<std::string> ServerSecrets::KeepForNow(std::string_view option, std::string_view value) const {
  ASSIGN_OR_RETURN(auto reference, ReferenceOf(option, value));
  if (reference) return std::move(*reference);
  return SealedReference(for_now_.Seal("now", option, value));
}

}  // namespace laminar::server
