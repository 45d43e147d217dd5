#include "formats/raw/raw_decoder.h"

#include <limits>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/string_type.hpp"
#include "duckdb/common/types/vector.hpp"

namespace laminar {
namespace {

constexpr size_t kLongestValue = std::numeric_limits<uint32_t>::max();  // of DuckDB's strings

}  // namespace

Result<bool> RawDecoder::Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                                Batch* out) {
  auto* const values = schema_.empty() ? nullptr : duckdb::FlatVector::GetData<duckdb::string_t>(out->chunk().data[0]);
  size_t row = out->rows();
  out->origin_rows.resize(row);
  Status status;
  for (; cursor->record < records.size() && row < kBatchRows; cursor->record++) {
    const RecordView record = records[cursor->record];
    BadRow bad{.record = cursor->record, .column = schema_.empty() ? "" : schema_[0].name};
    if (record.size() > kLongestValue) {
      bad.reason = "the record is longer than a value may be: " + std::to_string(record.size()) + " bytes";
    } else if (text_ && !duckdb::Value::StringIsValid(record.data(), record.size())) {
      bad.reason = "the record is not valid UTF-8";
    }
    if (!bad.reason.empty()) {
      status = bad_rows->OnBadRow(bad);
      if (!status.ok()) break;
      continue;
    }
    if (values != nullptr) values[row] = duckdb::string_t(record.data(), static_cast<uint32_t>(record.size()));
    out->origin_rows.push_back(cursor->record);
    row++;
  }
  out->chunk().SetCardinality(row);
  if (!status.ok()) return status;
  return cursor->record == records.size();
}

}  // namespace laminar
