#include "duck/sort_key.h"

#include "duckdb/function/create_sort_key.hpp"

#include "duck/engine_failure.h"

namespace laminar {

Status MakeSortKeys(Batch* batch, const std::vector<SortColumn>& columns, std::vector<std::string>* keys) {
  keys->assign(batch->rows(), std::string());
  if (columns.empty() || batch->rows() == 0) return Status::Ok();
  try {
    duckdb::DataChunk chosen;
    duckdb::vector<duckdb::LogicalType> types;
    duckdb::vector<duckdb::OrderModifiers> modifiers;
    for (const SortColumn& key : columns) {
      types.push_back(batch->chunk().data[key.column].GetType());
      modifiers.emplace_back(
          key.descending ? duckdb::OrderType::DESCENDING : duckdb::OrderType::ASCENDING,
          key.nulls_first ? duckdb::OrderByNullType::NULLS_FIRST : duckdb::OrderByNullType::NULLS_LAST);
    }
    chosen.InitializeEmpty(types);
    for (size_t i = 0; i < columns.size(); i++) chosen.data[i].Reference(batch->chunk().data[columns[i].column]);
    chosen.SetCardinality(batch->rows());
    duckdb::Vector result(duckdb::LogicalType::BLOB);
    duckdb::CreateSortKeyHelpers::CreateSortKey(chosen, modifiers, result);
    duckdb::UnifiedVectorFormat format;
    result.ToUnifiedFormat(batch->rows(), format);
    const auto* strings = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format);
    for (size_t i = 0; i < batch->rows(); i++) (*keys)[i] = strings[format.sel->get_index(i)].GetString();
    return Status::Ok();
  } catch (const std::exception& exception) {
    return EngineFailure(exception, "ordering rows");
  }
}

}  // namespace laminar
