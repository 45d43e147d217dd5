#include "server/store/secrets.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <vector>

#include "base/check.h"

namespace laminar::server {

namespace {

constexpr char kLetters[] = "abcdefghijkmnpqrstuvwxyz23456789";  // 32, without those that look alike
constexpr size_t kSecretLetters = 52;

}  // namespace

std::string RandomId(std::string_view prefix, size_t letters) {
  std::vector<unsigned char> bytes(letters);
  CHECK_MSG(RAND_bytes(bytes.data(), static_cast<int>(letters)) == 1, "the system has no random bytes");
  std::string id(prefix);
  for (const unsigned char byte : bytes) id.push_back(kLetters[byte % 32]);
  return id;
}

std::string RandomSecret() {
  return RandomId("", kSecretLetters);
}

std::string Sha256(std::string_view text) {
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

bool SameBytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace laminar::server
