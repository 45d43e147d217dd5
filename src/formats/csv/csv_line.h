// One line of CSV (RFC 4180): its fields, which may be quoted and then hold delimiters, quotes and line breaks.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "formats/csv/csv_options.h"

namespace laminar {

struct CsvField {
  std::string_view text;  // within its quotes, escapes as they were written
  bool quoted = false;
  bool escapes = false;  // `text` has some: Unescape
};

// Not thread-safe.
class CsvLine {
 public:
  explicit CsvLine(const CsvOptions& options);

  // Reads the line at `offset` < text.size(), whose end is a line feed, with or without a carriage return before it, or
  // that of the text. Returns the offset behind it; 0: it is broken, see problem().
  size_t Parse(std::string_view text, size_t offset);
  // Of the last line. They point into the text. An empty line has one field.
  const std::vector<CsvField>& fields() const { return fields_; }
  bool blank() const { return fields_.size() == 1 && !fields_[0].quoted && fields_[0].text.empty(); }
  const char* problem() const { return problem_; }

  std::string Unescape(std::string_view text) const;

 private:
  size_t Broken(const char* problem);

  const CsvOptions options_;
  std::array<bool, 256> ends_plain_{};  // characters that end a field without quotes
  std::vector<CsvField> fields_;
  const char* problem_ = nullptr;
};

}  // namespace laminar
