// SecretBox: secrets as they are kept in the database. AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits;
// whose secret it is, and of which option, is authenticated with it, so that nobody who may write the database can put
// it elsewhere.
//
//   KEY.OWNER.HEX      KEY: the first 8 hex digits of a hash of the key; OWNER: "prof_..."
//   HEX = nonce (12 bytes), the secret encrypted, tag (16 bytes)
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace laminar::server {

// Immutable; thread-safe.
class SecretBox {
 public:
  static constexpr size_t kKeyBytes = 32;

  // text: 32 bytes in hex or base64, perhaps with white space around. from: where it stands, for messages:
  // "--secret-key-file key". Error (kUser): it is something else; it does not say what.
  static Result<SecretBox> Make(std::string_view text, const std::string& from);
  // With a key that nobody knows, for as long as the process lives.
  static SecretBox ForThisProcess();
  ~SecretBox();
  SecretBox(const SecretBox&);
  SecretBox& operator=(const SecretBox&) = delete;

  const std::string& key_id() const { return key_id_; }
  // owner: without dots.
  std::string Seal(std::string_view owner, std::string_view option, std::string_view secret) const;
  // Error (kUser): it was sealed with another key, for another option, or has been changed.
  Result<std::string> Open(std::string_view option, std::string_view sealed) const;

  // The key that it was sealed with; "" = it is none.
  static std::string KeyOf(std::string_view sealed);

 private:
  explicit SecretBox(std::string key);
  std::string key_, key_id_;
};

}  // namespace laminar::server
