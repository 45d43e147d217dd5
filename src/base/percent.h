// Percent-encoding (RFC 3986), as AWS signs it and as requests bring it: everything but letters, digits, '-', '_', '.'
// and '~' in upper-case hex.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace laminar {

enum class Slash { kEncoded, kKept };
enum class Plus { kIsPlus, kIsSpace };  // the latter in forms, and in the query of a URL

std::string PercentEncode(std::string_view text, Slash slash = Slash::kEncoded);
// nullopt: a '%' without two hex digits behind it.
std::optional<std::string> PercentDecode(std::string_view text, Plus plus);

}  // namespace laminar
