// Rows into lines of CSV, without a line feed at the end; values as DuckDB casts them to text.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "duck/database.h"
#include "formats/csv/csv_options.h"
#include "formats/format.h"

namespace laminar {

// The columns' names as a line, with its line feed.
std::string CsvHeader(const Schema& schema, const CsvOptions& options);

class CsvEncoder final : public Encoder {
 public:
  CsvEncoder(std::unique_ptr<DuckSession> session, Schema schema, const CsvOptions& options);
  // With a header, each record begins with one, where the rows are not lines of a file (EncodedRows::newlines).
  Status Encode(const Batch& batch, EncodedRows* out) override;

 private:
  const std::unique_ptr<DuckSession> session_;
  const Schema schema_;
  const CsvOptions options_;
  const std::string header_;
};

}  // namespace laminar
