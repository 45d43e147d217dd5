// Lines of CSV as the format's decoder cuts them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/csv/csv_options.h"

namespace laminar::infer {

struct EvenLines {
  std::string text;  // the lines of the most frequent number of fields
  char delimiter = ',';
  bool first_fits = false;  // the first line of all is one of them
};

// Of a text in which nearly all lines have the same number of fields, and some do not. Not all lines of a long text are
// looked at. nullopt: it has no such shape.
std::optional<EvenLines> FindEvenLines(std::string_view text);

// The fields of the first line that is not blank.
std::vector<std::string> FirstFields(std::string_view record, const CsvOptions& options);

}  // namespace laminar::infer
