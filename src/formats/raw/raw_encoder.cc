#include "formats/raw/raw_encoder.h"

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/string_type.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/check.h"

namespace laminar {

Status RawEncoder::Encode(const Batch& batch, EncodedRows* out) {
  CHECK(batch.columns() == 1);
  duckdb::UnifiedVectorFormat format;
  auto& chunk = const_cast<duckdb::DataChunk&>(batch.chunk());  // DuckDB reads vectors that are not const only
  chunk.data[0].ToUnifiedFormat(batch.rows(), format);
  const auto* const values = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format);
  for (size_t row = 0; row < batch.rows(); row++) {
    const size_t index = format.sel->get_index(row);
    if (!format.validity.RowIsValid(index)) {
      const std::string origin = batch.DescribeOrigin(row);
      return Status::User("column " + schema_[0].name + " holds NULL, which a raw record cannot say" +
                              (origin.empty() ? "" : "; the row is made from " + origin),
                          "filter such rows out, or give them a value (coalesce)");
    }
    out->bytes.append(values[index].GetData(), values[index].GetSize());
    if (out->newlines) out->bytes.push_back('\n');
    out->ends.push_back(out->bytes.size());
  }
  return Status::Ok();
}

}  // namespace laminar
