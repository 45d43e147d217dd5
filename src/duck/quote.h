// Names and texts as SQL writes them.
#pragma once

#include <string>

namespace laminar {

std::string QuotedIfNeeded(const std::string& name);
std::string QuotedLiteral(const std::string& text);

}  // namespace laminar
