#include "server/store/secret_box.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <utility>

#include "base/check.h"
#include "base/hex.h"
#include "server/store/secrets.h"

namespace laminar::server {

namespace {

constexpr size_t kNonceBytes = 12, kTagBytes = 16, kKeyIdLetters = 8;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

Cipher NewCipher() {
  Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  CHECK(cipher != nullptr);
  return cipher;
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string* text) {
  return reinterpret_cast<unsigned char*>(text->data());
}

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) AppendHex(static_cast<unsigned char>(byte), 2, &hex);
  return hex;
}

// nullopt: it is no hex.
std::optional<std::string> FromHex(std::string_view hex) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

std::optional<std::string> FromBase64(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');  // the alphabet for URLs
  std::replace(text.begin(), text.end(), '_', '/');
  while (text.size() % 4 != 0) text.push_back('=');
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(Bytes(&bytes), Bytes(text), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  const auto padding = static_cast<size_t>(
      std::count(text.end() - std::min<ptrdiff_t>(2, static_cast<ptrdiff_t>(text.size())), text.end(), '='));
  bytes.resize(static_cast<size_t>(size) - std::min(padding, static_cast<size_t>(size)));
  return bytes;
}

// What is authenticated with a secret: the parts do not run into each other.
std::string Associated(std::string_view owner, std::string_view option) {
  return std::string(owner) + '\0' + std::string(option);
}

struct Sealed {
  std::string_view key, owner, hex;
};

std::optional<Sealed> Split(std::string_view sealed) {
  const size_t first = sealed.find('.');
  const size_t second = first == sealed.npos ? first : sealed.find('.', first + 1);
  if (second == sealed.npos || first != kKeyIdLetters) return std::nullopt;
  return Sealed{sealed.substr(0, first), sealed.substr(first + 1, second - first - 1), sealed.substr(second + 1)};
}

}  // namespace

SecretBox::SecretBox(std::string key)
    : key_(std::move(key)), key_id_(Hex(Sha256("laminar key id" + key_)).substr(0, kKeyIdLetters)) {
  CHECK(key_.size() == kKeyBytes);
}
SecretBox::SecretBox(const SecretBox&) = default;
SecretBox::~SecretBox() {
  OPENSSL_cleanse(key_.data(), key_.size());
}

Result<SecretBox> SecretBox::Make(std::string_view text, const std::string& from) {
  std::string trimmed(text);
  trimmed.erase(std::remove_if(trimmed.begin(), trimmed.end(), [](unsigned char c) { return std::isspace(c) != 0; }),
                trimmed.end());
  std::optional<std::string> key = trimmed.size() == 2 * kKeyBytes ? FromHex(trimmed) : FromBase64(trimmed);
  if (!key || key->size() != kKeyBytes) {
    return Status::User(from + " is no key: it takes 32 bytes, in hex or base64", "Make one: openssl rand -base64 32");
  }
  return SecretBox(std::move(*key));
}

SecretBox SecretBox::ForThisProcess() {
  std::string key(kKeyBytes, '\0');
  CHECK_MSG(RAND_bytes(Bytes(&key), kKeyBytes) == 1, "the system has no random bytes");
  return SecretBox(std::move(key));
}

std::string SecretBox::Seal(std::string_view owner, std::string_view option, std::string_view secret) const {
  CHECK(owner.find('.') == owner.npos);
  std::string bytes(kNonceBytes + secret.size() + kTagBytes, '\0');
  CHECK_MSG(RAND_bytes(Bytes(&bytes), kNonceBytes) == 1, "the system has no random bytes");
  const std::string associated = Associated(owner, option);
  const Cipher cipher = NewCipher();
  int size = 0;
  unsigned char* const out = Bytes(&bytes) + kNonceBytes;
  const bool done =
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(key_), Bytes(bytes)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, Bytes(associated), static_cast<int>(associated.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), out, &size, Bytes(secret), static_cast<int>(secret.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), out + size, &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, out + secret.size()) == 1;
  CHECK_MSG(done, "AES-256-GCM");
  return key_id_ + "." + std::string(owner) + "." + Hex(bytes);
}

std::string SecretBox::KeyOf(std::string_view sealed) {
  const auto parts = Split(sealed);
  return parts ? std::string(parts->key) : "";
}

Result<std::string> SecretBox::Open(std::string_view option, std::string_view sealed) const {
  const std::string what = "the secret " + std::string(option) + " cannot be decrypted: ";
  const char* const kAgain = "Set it again, or leave it out";
  const auto parts = Split(sealed);
  const auto bytes = parts ? FromHex(parts->hex) : std::nullopt;
  if (!bytes || bytes->size() < kNonceBytes + kTagBytes) return Status::User(what + "it has been changed", kAgain);
  if (parts->key != key_id_) {
    return Status::User(
        what + "it was encrypted with the key " + std::string(parts->key) + ", and the server has the key " + key_id_,
        "Start the server with that key (--secret-key-file, LAMINAR_SECRET_KEY), or set the secret "
        "again");
  }
  const std::string associated = Associated(parts->owner, option);
  const std::string_view encrypted =
      std::string_view(*bytes).substr(kNonceBytes, bytes->size() - kNonceBytes - kTagBytes);
  std::string tag = bytes->substr(bytes->size() - kTagBytes);
  std::string secret(encrypted.size() + 1, '\0');
  const Cipher cipher = NewCipher();
  int size = 0;
  const bool done =
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(key_), Bytes(*bytes)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, Bytes(associated), static_cast<int>(associated.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), Bytes(&secret), &size, Bytes(encrypted), static_cast<int>(encrypted.size())) ==
          1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), Bytes(&secret) + size, &size) == 1;
  if (!done) return Status::User(what + "it has been changed, or is another option's", kAgain);
  secret.resize(encrypted.size());
  return secret;
}

}  // namespace laminar::server
