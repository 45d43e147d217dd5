// MissingColumns: says once of each column that the data do not have it, where the data name what they have.
#pragma once

#include <set>
#include <string>

namespace laminar {

// Of one decoder.
class MissingColumns {
 public:
  // where: "the header", "the file".
  void Tell(const std::string& column, const char* where);

 private:
  std::set<std::string> told_;
};

}  // namespace laminar
