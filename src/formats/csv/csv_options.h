// The options of the CSV format as its decoder and encoder use them; csv_format.cc makes them from OptionValues.
#pragma once

#include <string>

namespace laminar {

struct CsvOptions {
  char delimiter = ',';
  char quote = '"';
  char escape = '"';    // before a quote within quotes
  std::string null;     // what NULL looks like, without quotes
  bool header = false;  // the first line of a record, or of a file, has the columns' names
  size_t fields = 0;    // without a header: that a line must have; 0: not known
};

}  // namespace laminar
