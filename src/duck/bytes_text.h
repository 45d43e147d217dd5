// Bytes as text.
#pragma once

#include <string>
#include <string_view>

namespace laminar {

std::string Base64Of(std::string_view bytes);
bool IsUtf8(std::string_view bytes);

}  // namespace laminar
