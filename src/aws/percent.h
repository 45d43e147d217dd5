// Percent-encoding (RFC 3986) as AWS signs it: everything but letters, digits, '-', '_', '.' and '~' in upper-case hex.
#pragma once

#include <string>
#include <string_view>

namespace laminar::aws {

enum class Slash { kEncoded, kKept };

std::string PercentEncode(std::string_view text, Slash slash = Slash::kEncoded);
// Also '+' as a space, as in forms. What is no escape stays as it is.
std::string PercentDecode(std::string_view text);

}  // namespace laminar::aws
