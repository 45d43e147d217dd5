#include "formats/parquet/parquet_record.h"

#include <algorithm>

#include "duckdb/common/string_util.hpp"
#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"

namespace laminar {
namespace {

constexpr size_t kLeastLent = kBatchRows / 2;  // fewer rows are copied, so that more of them make a batch

// The column of that name; spelled in another case if there is none. columns.size(): none.
size_t FindColumn(const Schema& columns, const std::string& name) {
  const auto exact =
      std::find_if(columns.begin(), columns.end(), [&](const Column& column) { return column.name == name; });
  if (exact != columns.end()) return static_cast<size_t>(exact - columns.begin());
  const auto other_case = std::find_if(columns.begin(), columns.end(), [&](const Column& column) {
    return duckdb::StringUtil::CIEquals(column.name, name);
  });
  return static_cast<size_t>(other_case - columns.begin());
}

}  // namespace

ParquetRecord::ParquetRecord(MemoryFiles* files, DuckSession* session, RecordView bytes)
    : session_(session), bytes_(bytes), scan_(files, session, bytes) {}
ParquetRecord::~ParquetRecord() = default;

Result<std::string> ParquetRecord::Open(const Schema& schema, const std::vector<ColumnPredicate>& predicates,
                                        uint64_t offset, std::string* checked, MissingColumns* missing) {
  schema_ = &schema;
  passed_ = first_ = offset;
  ASSIGN_OR_RETURN(std::string problem, scan_.Open());
  if (!problem.empty()) return problem;
  std::vector<size_t> wanted;
  for (const Column& column : schema) {
    const size_t found = FindColumn(scan_.columns(), column.name);
    sources_.push_back(found == scan_.columns().size() ? kMissing : wanted.size());
    if (found < scan_.columns().size()) {
      wanted.push_back(found);
    } else if (!column.not_null) {
      missing->Tell(column.name, "the file");
    }
  }
  ASSIGN_OR_RETURN(problem, CheckDecimals(wanted, checked));
  if (!problem.empty()) return problem;
  ASSIGN_OR_RETURN(const std::vector<ColumnPredicate> of_file, OfFile(predicates, wanted));
  return scan_.Start(wanted, of_file);
}

Result<std::vector<ColumnPredicate>> ParquetRecord::OfFile(const std::vector<ColumnPredicate>& predicates,
                                                           const std::vector<size_t>& wanted) {
  std::vector<ColumnPredicate> of_file;
  if (predicates.empty()) return of_file;
  ASSIGN_OR_RETURN(const bool all_good, AllRowsAreGood(wanted));
  if (!all_good) return of_file;
  for (ColumnPredicate predicate : predicates) {
    const size_t source = sources_[predicate.column];
    if (source == kMissing || *scan_.columns()[wanted[source]].type != *predicate.type) continue;
    predicate.column = wanted[source];
    of_file.push_back(std::move(predicate));
  }
  return of_file;
}

Result<bool> ParquetRecord::AllRowsAreGood(const std::vector<size_t>& wanted) {
  for (size_t i = 0; i < schema_->size(); i++) {
    const Column& column = (*schema_)[i];
    if (sources_[i] == kMissing) {
      if (column.not_null) return false;
      continue;
    }
    const size_t of_file = wanted[sources_[i]];
    if (!NeverFails(*scan_.columns()[of_file].type, *column.type)) return false;
    if (!column.not_null) continue;
    ASSIGN_OR_RETURN(const bool no_null, scan_.HasNoNull(of_file));
    if (!no_null) return false;
  }
  return true;
}

Result<std::string> ParquetRecord::CheckDecimals(const std::vector<size_t>& wanted, std::string* checked) {
  std::string columns;
  for (const Column& column : scan_.columns()) columns.append(column.name).append("\n").append(TypeName(*column.type));
  if (columns == *checked) return std::string();
  if (columns.find("DOUBLE") != columns.npos) {
    ASSIGN_OR_RETURN(const std::vector<std::string> long_decimals, scan_.LongDecimals());
    for (const size_t column : wanted) {
      const auto& [name, type, not_null, position] = scan_.columns()[column];
      const bool has_some = type->id() == duckdb::LogicalTypeId::DOUBLE
                                ? std::find(long_decimals.begin(), long_decimals.end(), name) != long_decimals.end()
                                : !long_decimals.empty() && TypeName(*type).find("DOUBLE") != std::string::npos;
      if (has_some) return "its column " + name + " is a DECIMAL of more than 38 digits, which cannot be read";
    }
  }
  *checked = std::move(columns);
  return std::string();
}

Result<std::string> ParquetRecord::Fetch() {
  if (fetched_ > 0 || ended_) return std::string();
  do {
    ASSIGN_OR_RETURN(std::string problem, scan_.Next());
    if (!problem.empty()) return "from row " + std::to_string(passed_ + 1) + " on " + problem;
    fetched_ = scan_.chunk().size();
    ended_ = fetched_ == 0;
  } while (!ended_ && scan_.rows_before() + fetched_ <= passed_);
  first_ = std::max(passed_, scan_.rows_before());
  return std::string();
}

Status ParquetRecord::CastColumns(std::vector<BadRow>* bad) {
  columns_.clear();
  for (size_t i = 0; i < schema_->size(); i++) {
    const Column& column = (*schema_)[i];
    if (sources_[i] == kMissing) {
      columns_.push_back(std::make_unique<duckdb::Vector>(duckdb::Value(*column.type)));
      continue;
    }
    duckdb::Vector& source = scan_.chunk().data[sources_[i]];
    columns_.push_back(std::make_unique<duckdb::Vector>(*column.type, fetched_));
    if (source.GetType() == *column.type) {
      columns_.back()->Reference(source);
      continue;
    }
    std::vector<BadCast> casts;
    RETURN_IF_ERROR(CastColumn(session_, &source, fetched_, columns_.back().get(), &casts));
    for (BadCast& cast : casts)
      bad->push_back(
          {.offset = scan_.rows_before() + cast.row, .column = column.name, .reason = std::move(cast.reason)});
  }
  return Status::Ok();
}

void ParquetRecord::CheckNotNull(std::vector<BadRow>* bad) {
  for (size_t i = 0; i < schema_->size(); i++) {
    if (!(*schema_)[i].not_null) continue;
    duckdb::UnifiedVectorFormat format;
    columns_[i]->ToUnifiedFormat(fetched_, format);
    if (format.validity.AllValid()) continue;
    const char* const reason = sources_[i] == kMissing ? "the file has no such column, and it is NOT NULL"
                                                       : "found NULL, but the column is NOT NULL";
    for (size_t row = 0; row < fetched_; row++) {
      if (!format.validity.RowIsValid(format.sel->get_index(row)))
        bad->push_back({.offset = scan_.rows_before() + row, .column = (*schema_)[i].name, .reason = reason});
    }
  }
}

Result<bool> ParquetRecord::AppendTo(uint32_t record, BadRowHandler* bad_rows, Batch* out) {
  std::vector<BadRow> bad;
  RETURN_IF_ERROR(CastColumns(&bad));
  CheckNotNull(&bad);
  // One report a row, in the order of the rows: what could not be cast before what it left empty.
  std::stable_sort(bad.begin(), bad.end(), [](const BadRow& a, const BadRow& b) { return a.offset < b.offset; });
  bad.erase(std::unique(bad.begin(), bad.end(), [](const BadRow& a, const BadRow& b) { return a.offset == b.offset; }),
            bad.end());
  duckdb::SelectionVector good(fetched_);
  size_t count = 0;
  auto next_bad = bad.begin();
  for (size_t row = first_ - scan_.rows_before(); row < fetched_; row++) {
    const uint64_t number = scan_.rows_before() + row;
    while (next_bad != bad.end() && next_bad->offset < number) ++next_bad;  // skipped ones were reported once
    if (next_bad == bad.end() || next_bad->offset != number) {
      good.set_index(count++, row);
      continue;
    }
    BadRow report = *next_bad;
    report.record = record;
    report.offset = 0;
    report.reason = "row " + std::to_string(number + 1) + " of the file: " + report.reason;
    RETURN_IF_ERROR(bad_rows->OnBadRow(report));
  }
  const size_t before = out->rows();
  const bool lends = before == 0 && count >= kLeastLent;
  for (size_t i = 0; i < columns_.size(); i++) {
    duckdb::Vector& to = out->chunk().data[i];
    if (!lends) {
      duckdb::VectorOperations::Copy(*columns_[i], to, good, count, 0, before);
      continue;
    }
    if (count < fetched_) columns_[i]->Slice(good, count);
    to.Reference(*columns_[i]);
  }
  out->chunk().SetCardinality(before + count);
  passed_ = first_ = scan_.rows_before() + fetched_;
  fetched_ = 0;
  return lends;
}

}  // namespace laminar
