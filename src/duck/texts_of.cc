#include "duck/texts_of.h"

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

namespace laminar {

std::vector<std::string_view> TextsOf(const Batch& batch, size_t column) {
  auto& chunk = const_cast<duckdb::DataChunk&>(batch.chunk());  // DuckDB reads vectors that are not const only
  duckdb::UnifiedVectorFormat format;
  chunk.data[column].ToUnifiedFormat(batch.rows(), format);
  const auto* const values = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format);
  std::vector<std::string_view> texts(batch.rows());
  for (size_t row = 0; row < texts.size(); row++) {
    const auto index = format.sel->get_index(row);
    if (format.validity.RowIsValid(index)) texts[row] = {values[index].GetData(), values[index].GetSize()};
  }
  return texts;
}

}  // namespace laminar
