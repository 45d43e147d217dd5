// A script and, behind it, the definitions of tables that it names and does not define.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sql/compiler.h"

namespace laminar::sql {

struct TextWithTables {
  std::string text;
  std::vector<std::pair<int, std::string>> lines;  // where the definition of a table begins, and whose it is
};

// Error: that of input.find_tables.
Result<TextWithTables> WithKnownTables(const ScriptInput& input);

}  // namespace laminar::sql
