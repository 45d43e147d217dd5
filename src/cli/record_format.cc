#include "cli/record_format.h"

#include <algorithm>

#include "duck/pch.h"

namespace laminar::cli {

namespace {

class RecordDecoder final : public Decoder {
 public:
  explicit RecordDecoder(RecordKind kind) : kind_(kind) {}
  const Schema& schema() const override { return schema_; }

  Result<bool> Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* /*bad_rows*/,
                      Batch* out) override {
    duckdb::Vector& vector = out->chunk().data[0];
    auto* const values = duckdb::FlatVector::GetData<duckdb::string_t>(vector);
    size_t rows = 0;
    for (; cursor->record < records.size() && rows < kBatchRows; *cursor = {cursor->record + 1, 0, 0}) {
      const RecordView record = records[cursor->record];
      do {
        std::string_view row = record.substr(cursor->offset);
        if (kind_ == RecordKind::kLines) row = row.substr(0, row.find('\n'));
        cursor->offset += row.size() + (kind_ == RecordKind::kLines ? 1 : 0);
        cursor->line++;
        if (kind_ == RecordKind::kLines && row.ends_with('\r')) row.remove_suffix(1);
        if (kind_ == RecordKind::kLines && row.empty()) continue;
        values[rows++] = duckdb::StringVector::AddStringOrBlob(vector, row.data(), row.size());
        out->origin_rows.push_back(cursor->record);
      } while (cursor->offset < record.size() && rows < kBatchRows);
      if (cursor->offset < record.size()) break;  // the batch is full, the record is not used up
    }
    out->chunk().SetCardinality(rows);
    return cursor->record == records.size();
  }

 private:
  const RecordKind kind_;
  const Schema schema_ = RecordSchema();
};

class RecordEncoder final : public Encoder {
 public:
  Status Encode(const Batch& batch, EncodedRows* out) override {
    ForEachRecord(batch, [&](size_t, std::string_view data) {
      out->bytes += data;
      if (out->newlines && !data.ends_with('\n')) out->bytes.push_back('\n');
      out->ends.push_back(out->bytes.size());
    });
    return Status::Ok();
  }
};

}  // namespace

std::unique_ptr<Encoder> MakeRecordEncoder() {
  return std::make_unique<RecordEncoder>();
}

Schema RecordSchema() {
  return {{"data", MakeType("BLOB"), false}};
}

std::unique_ptr<Decoder> MakeRecordDecoder(RecordKind kind) {
  return std::make_unique<RecordDecoder>(kind);
}

void ForEachRecord(const Batch& batch, const std::function<void(size_t, std::string_view)>& each) {
  duckdb::UnifiedVectorFormat format;
  // DuckDB's own signature lacks the const: it may flatten, which changes no value.
  const_cast<duckdb::Vector&>(batch.chunk().data[0]).ToUnifiedFormat(batch.rows(), format);
  const auto* const values = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format);
  for (size_t i = 0; i < batch.rows(); i++) {
    const duckdb::string_t& value = values[format.sel->get_index(i)];
    each(i, {value.GetData(), value.GetSize()});
  }
}

}  // namespace laminar::cli
