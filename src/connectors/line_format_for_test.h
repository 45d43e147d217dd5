// For tests of connectors: the simplest Format there is. A table has one VARCHAR column; a row is a line. The line
// "bad" is refused.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "connectors/registry.h"
#include "duck/pch.h"
#include "formats/format.h"

namespace laminar::line_format {

inline Schema LineSchema() {
  return {{"line", MakeType("VARCHAR"), false}};
}

class LineDecoder final : public Decoder {
 public:
  const Schema& schema() const override { return schema_; }
  Result<bool> Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                      Batch* out) override {
    auto& vector = out->chunk().data[0];
    size_t rows = out->rows();
    for (; cursor->record < records.size(); *cursor = {cursor->record + 1, 0, 0}) {
      const RecordView record = records[cursor->record];
      while (cursor->offset < record.size()) {
        const size_t end = std::min(record.find('\n', cursor->offset), record.size());
        const std::string_view line = record.substr(cursor->offset, end - cursor->offset);
        if (line == "bad") {
          RETURN_IF_ERROR(bad_rows->OnBadRow({cursor->record, cursor->offset, cursor->line + 1, "line", "it is bad"}));
        } else if (!line.empty()) {
          if (rows == kBatchRows) {
            out->chunk().SetCardinality(rows);
            return false;
          }
          duckdb::FlatVector::GetData<duckdb::string_t>(vector)[rows++] =
              duckdb::StringVector::AddString(vector, line.data(), line.size());
          out->origin_rows.push_back(cursor->record);
        }
        cursor->offset = end + 1;
        cursor->line++;
      }
    }
    out->chunk().SetCardinality(rows);
    return true;
  }

 private:
  const Schema schema_ = LineSchema();
};

class LineEncoder final : public Encoder {
 public:
  Status Encode(const Batch& batch, EncodedRows* out) override {
    for (size_t i = 0; i < batch.rows(); i++) {
      out->bytes += batch.chunk().GetValue(0, i).ToString();
      if (out->newlines) out->bytes.push_back('\n');
      out->ends.push_back(out->bytes.size());
    }
    return Status::Ok();
  }
};

class LineFormat final : public Format {
 public:
  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema&, const OptionValues&) const override {
    return std::unique_ptr<Decoder>(std::make_unique<LineDecoder>());
  }
  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema&, const OptionValues&) const override {
    return std::unique_ptr<Encoder>(std::make_unique<LineEncoder>());
  }
};

// A table of that format. CHECKs that the options are right.
inline TableSpec MakeTable(const Connector& connector, OptionUse use, std::vector<WrittenOption> written,
                           const Format* format) {
  std::vector<OptionSpec> specs = Registry::TableOptions();
  specs.insert(specs.end(), connector.options().begin(), connector.options().end());
  written.push_back({"connector", connector.name(), {}});
  std::vector<Status> problems;
  TableSpec table;
  table.name = "t";
  table.schema = LineSchema();
  table.options = ParseOptions(specs, written, use, "connector '" + connector.name() + "'", &problems);
  table.format = format;
  CHECK_MSG(problems.empty(), problems.empty() ? "" : problems[0].ToString().c_str());
  return table;
}

inline Batch MakeBatch(const std::vector<std::string>& lines) {
  Batch batch(LineSchema());
  for (size_t i = 0; i < lines.size(); i++) batch.chunk().SetValue(0, i, duckdb::Value(lines[i]));
  batch.chunk().SetCardinality(lines.size());
  return batch;
}

inline std::vector<std::string> Lines(const Batch& batch) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < batch.rows(); i++) lines.push_back(batch.chunk().GetValue(0, i).ToString());
  return lines;
}

}  // namespace laminar::line_format
