// Random identifiers and hashes of what must not be guessed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace laminar::server {

// prefix and `letters` random ones of a-z, 0-9 (5 bits each): "tbl_3k9...".
std::string RandomId(std::string_view prefix, size_t letters = 20);
// 256 bits as 52 letters.
std::string RandomSecret();
// 32 bytes.
std::string Sha256(std::string_view text);
// In a time that does not tell where they differ.
bool SameBytes(std::string_view a, std::string_view b);

}  // namespace laminar::server
