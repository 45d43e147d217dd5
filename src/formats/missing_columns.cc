#include "formats/missing_columns.h"

#include "base/log.h"

namespace laminar {

void MissingColumns::Tell(const std::string& column, const char* where) {
  if (!told_.insert(column).second) return;
  LogWarning(std::string("a column is NULL, as ") + where + " of a record does not name it", {{"column", column}});
}

}  // namespace laminar
