#include "duck/cast_column.h"

#include "duckdb/common/types/vector.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/main/client_context.hpp"

#include "duck/engine_failure.h"

namespace laminar {
namespace {

// True: all values were cast. False: those that were not are NULL, or `*reason` is why none could be.
Result<bool> TryCast(duckdb::ClientContext& context, duckdb::Vector* from, size_t count, duckdb::Vector* to,
                     std::string* reason) {
  try {
    bool all = false;
    context.RunFunctionInTransaction(
        [&] { all = duckdb::VectorOperations::TryCast(context, *from, *to, count, reason, /*strict=*/false); });
    return all;
  } catch (const std::exception& exception) {
    if (IsDataFailure(exception, reason)) return false;
    return EngineFailure(exception, "casting a column");
  }
}

// Where the rows are much fewer values, as Parquet's dictionaries have them, these are cast, once each. False: they are
// not, or one that perhaps no row has cannot be cast.
Result<bool> CastDictionary(duckdb::ClientContext& context, duckdb::Vector* from, size_t count, duckdb::Vector* to) {
  using duckdb::DictionaryVector;
  if (from->GetVectorType() != duckdb::VectorType::DICTIONARY_VECTOR) return false;
  const duckdb::optional_idx size = DictionaryVector::DictionarySize(*from);
  if (!size.IsValid() || size.GetIndex() > count / 2) return false;
  duckdb::Vector cast(to->GetType(), size.GetIndex());
  std::string reason;
  ASSIGN_OR_RETURN(const bool all, TryCast(context, &DictionaryVector::Child(*from), size.GetIndex(), &cast, &reason));
  if (all) to->Dictionary(cast, size.GetIndex(), DictionaryVector::SelVector(*from), count);
  return all;
}

}  // namespace

bool NeverFails(const duckdb::LogicalType& from, const duckdb::LogicalType& to) {
  using duckdb::LogicalType;
  if (from == to || to == LogicalType::VARCHAR) return true;  // not so JSON, which is a VARCHAR by another name
  if (from.id() == duckdb::LogicalTypeId::TIMESTAMP_NS) return to.id() == duckdb::LogicalTypeId::TIMESTAMP;
  return from.IsNumeric() && to.IsNumeric() && to.id() != duckdb::LogicalTypeId::DECIMAL &&
         LogicalType::ForceMaxLogicalType(from, to) == to;
}

Status CastColumn(DuckSession* session, duckdb::Vector* from, size_t count, duckdb::Vector* to,
                  std::vector<BadCast>* bad) {
  duckdb::ClientContext& context = session->context();
  ASSIGN_OR_RETURN(const bool by_dictionary, CastDictionary(context, from, count, to));
  if (by_dictionary) return Status::Ok();
  std::string reason;
  ASSIGN_OR_RETURN(const bool all, TryCast(context, from, count, to, &reason));
  if (all) return Status::Ok();
  // Value by value, to learn which ones, and why.
  from->Flatten(count);
  duckdb::Vector cast(to->GetType(), count);
  for (size_t row = 0; row < count; row++) {
    if (duckdb::FlatVector::IsNull(*from, row)) {
      duckdb::FlatVector::SetNull(cast, row, true);
      continue;
    }
    // A copy: a slice would have the children of all rows with it.
    duckdb::Vector one(from->GetType(), 1), result(to->GetType(), 1);
    duckdb::VectorOperations::Copy(*from, one, row + 1, row, 0);
    reason.clear();
    ASSIGN_OR_RETURN(const bool good, TryCast(context, &one, 1, &result, &reason));
    if (good) {
      duckdb::VectorOperations::Copy(result, cast, 1, 0, row);
    } else {
      duckdb::FlatVector::SetNull(cast, row, true);
      bad->push_back({static_cast<uint32_t>(row), reason});
    }
  }
  to->Reference(cast);
  return Status::Ok();
}

}  // namespace laminar
