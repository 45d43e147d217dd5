// What may stand in front of a text in UTF-8, and is no part of it.
#pragma once

#include <string_view>

namespace laminar {

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace laminar
