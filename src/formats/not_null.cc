#include "formats/not_null.h"

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

namespace laminar {

Status CheckNotNull(const Schema& schema, const Batch& batch) {
  auto& chunk = const_cast<duckdb::DataChunk&>(batch.chunk());  // DuckDB reads vectors that are not const only
  for (size_t i = 0; i < schema.size(); i++) {
    if (!schema[i].not_null) continue;
    duckdb::UnifiedVectorFormat format;
    chunk.data[i].ToUnifiedFormat(batch.rows(), format);
    if (format.validity.AllValid()) continue;
    for (size_t row = 0; row < batch.rows(); row++) {
      if (format.validity.RowIsValid(format.sel->get_index(row))) continue;
      const std::string origin = batch.DescribeOrigin(row);
      return Status::User("column " + schema[i].name + " is NOT NULL, but a row for it holds NULL" +
                              (origin.empty() ? "" : ", made from " + origin),
                          "filter such rows out, give them a value (coalesce), or drop NOT NULL");
    }
  }
  return Status::Ok();
}

}  // namespace laminar
