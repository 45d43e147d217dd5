// The console's files within the program: the bytes that scripts/console made, as Console reads them.
#pragma once

#include <string_view>

namespace laminar::server {

std::string_view EmbeddedConsole();

}  // namespace laminar::server
