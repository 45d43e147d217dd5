// DuckDB's table function parquet_scan, called as its own executor calls it, but without a query around it: a record
// costs what its file costs, and no plan.
#include "duck/parquet_scan.h"

#include <algorithm>
#include <optional>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp"
#include "duckdb/common/error_data.hpp"
#include "duckdb/common/multi_file/multi_file_reader.hpp"
#include "duckdb/common/type_visitor.hpp"
#include "duckdb/common/types/decimal.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/execution/execution_context.hpp"
#include "duckdb/function/table_function.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/main/materialized_query_result.hpp"
#include "duckdb/parallel/thread_context.hpp"
#include "duckdb/parser/tableref/table_function_ref.hpp"
#include "duckdb/planner/filter/optional_filter.hpp"
#include "duckdb/storage/statistics/base_statistics.hpp"

#include "base/check.h"
#include "duck/engine_failure.h"

namespace laminar {
namespace {

// The column whose values are read with the least work.
size_t NarrowestOf(const Schema& columns) {
  const auto width = [](const Column& column) {
    const auto type = column.type->InternalType();
    return duckdb::TypeIsConstantSize(type) ? duckdb::GetTypeIdSize(type) : duckdb::idx_t(1) << 32;
  };
  return static_cast<size_t>(std::min_element(columns.begin(), columns.end(),
                                              [&](const Column& a, const Column& b) { return width(a) < width(b); }) -
                             columns.begin());
}

// Whether a column that was read with filters has all rows. DuckDB does not look then how many it got. A column without
// lists is whole or an error; one of lists may end before the others, as its levels say where a row begins, and the
// rest of its vector is whatever lay there. Lists that were read lie one behind the other among their children, where
// each NULL and each empty one has a place, too.
bool IsWhole(const duckdb::Vector& column, size_t rows) {
  const duckdb::PhysicalType type = column.GetType().InternalType();
  if (type == duckdb::PhysicalType::STRUCT) {
    const auto& entries = duckdb::StructVector::GetEntries(column);
    return std::all_of(entries.begin(), entries.end(), [&](const auto& entry) { return IsWhole(*entry, rows); });
  }
  if (type != duckdb::PhysicalType::LIST) return true;
  if (column.GetVectorType() != duckdb::VectorType::FLAT_VECTOR) return false;
  const duckdb::list_entry_t* const lists = duckdb::ListVector::GetData(column);
  const duckdb::ValidityMask& validity = duckdb::FlatVector::Validity(column);
  const size_t children = duckdb::ListVector::GetListSize(column);
  size_t place = 0;
  for (size_t row = 0; row < rows; row++) {
    if (place >= children) return false;
    const auto [offset, length] = lists[row];
    if (validity.RowIsValid(row) ? offset != place || length > children - place : length > 0) return false;
    place += std::max<size_t>(length, 1);
  }
  return place == children;
}

uint64_t RowNumber(const duckdb::DataChunk& chunk, size_t row) {
  return static_cast<uint64_t>(chunk.data.back().GetValue(row).GetValue<int64_t>());
}

}  // namespace

struct ParquetScan::Rep {
  Rep(MemoryFiles* files, DuckSession* session, std::string_view bytes)
      : session(session),
        context(session->context()),
        file(files, bytes),
        thread(context),
        execution(context, thread, nullptr) {}

  // What the file causes is text: DuckDB also takes for its own fault what a damaged file makes it do.
  template <class Work>
  Result<std::string> Try(const Work& work) {
    try {
      context.RunFunctionInTransaction(work);
      return std::string();
    } catch (const std::exception& exception) {
      const duckdb::ErrorData error(exception);
      if (error.Type() == duckdb::ExceptionType::OUT_OF_MEMORY)
        return std::string("it takes more memory to read than DuckDB may have, an eighth of --memory-limit");
      std::string message;
      if (!IsDataFailure(exception, &message) && error.Type() != duckdb::ExceptionType::INTERNAL)
        return EngineFailure(exception, "reading a Parquet file");
      message = error.RawMessage();
      for (const char* before : {"Parquet file '", "File '", "file '", ""}) {
        const std::string name = before + file.name() + (before[0] == '\0' ? "" : "'");
        message = duckdb::StringUtil::Replace(message, name, "the file");
      }
      return "it cannot be read as a Parquet file: " + message;
    }
  }

  DuckSession* const session;
  duckdb::ClientContext& context;
  const MemoryFiles::File file;
  duckdb::ThreadContext thread;
  duckdb::ExecutionContext execution;
  Schema columns;
  std::optional<duckdb::TableFunction> function;
  duckdb::unique_ptr<duckdb::FunctionData> bind_data;
  duckdb::unique_ptr<duckdb::GlobalTableFunctionState> global;
  duckdb::unique_ptr<duckdb::LocalTableFunctionState> local;
  // Row groups are left out: the last column of `chunk` numbers its rows.
  bool numbered() const { return !filters.filters.empty(); }

  duckdb::TableFilterSet filters;  // by columns of `chunk`
  std::vector<size_t> wanted;      // Start's columns
  duckdb::DataChunk chunk;         // of `wanted`, and others behind
  uint64_t rows_before = 0, rows_in_file = 0;
};

ParquetScan::ParquetScan(MemoryFiles* files, DuckSession* session, std::string_view bytes)
    : rep_(std::make_unique<Rep>(files, session, bytes)) {}
ParquetScan::~ParquetScan() = default;

Result<std::string> ParquetScan::Open() {
  Rep& rep = *rep_;
  return rep.Try([&] {
    auto& entry = duckdb::Catalog::GetSystemCatalog(rep.context)
                      .GetEntry<duckdb::TableFunctionCatalogEntry>(rep.context, DEFAULT_SCHEMA, "parquet_scan");
    rep.function = entry.functions.GetFunctionByArguments(rep.context, {duckdb::LogicalType::VARCHAR});
    duckdb::vector<duckdb::Value> inputs = {duckdb::Value(rep.file.name())};
    duckdb::named_parameter_map_t parameters;
    duckdb::vector<duckdb::LogicalType> input_types, types;
    duckdb::vector<duckdb::string> input_names, names;
    const duckdb::TableFunctionRef reference;
    duckdb::TableFunctionBindInput input(inputs, parameters, input_types, input_names,
                                         rep.function->function_info.get(), nullptr, *rep.function, reference);
    rep.bind_data = rep.function->bind(rep.context, input, types, names);
    rep.function->get_virtual_columns(rep.context, rep.bind_data.get());  // which makes them known to the scan
    for (size_t i = 0; i < names.size(); i++) rep.columns.push_back({names[i], MakeType(types[i]), false});
  });
}

const Schema& ParquetScan::columns() const {
  return rep_->columns;
}

Result<std::vector<std::string>> ParquetScan::LongDecimals() {
  const auto found =
      rep_->session->connection().Query("SELECT name FROM parquet_schema('" + rep_->file.name() +
                                        "') WHERE precision > " + std::to_string(duckdb::Decimal::MAX_WIDTH_DECIMAL));
  if (found->HasError())
    return Status::Bug("DuckDB failed while reading a Parquet file's schema: " + found->GetError());
  std::vector<std::string> names;
  for (size_t row = 0; row < found->RowCount(); row++) names.push_back(found->GetValue(0, row).ToString());
  return names;
}

Result<bool> ParquetScan::HasNoNull(size_t column) {
  Rep& rep = *rep_;
  bool has_none = false;
  const auto ask = [&] {
    const auto statistics = rep.function->statistics(rep.context, rep.bind_data.get(), column);
    has_none = statistics != nullptr && !statistics->CanHaveNull();
  };
  RETURN_IF_ERROR(rep.Try(ask).status());
  return has_none;
}

Result<std::string> ParquetScan::Start(const std::vector<size_t>& columns,
                                       const std::vector<ColumnPredicate>& predicates) {
  Rep& rep = *rep_;
  return rep.Try([&] {
    duckdb::vector<duckdb::column_t> ids(columns.begin(), columns.end());
    duckdb::vector<duckdb::LogicalType> types;
    for (const size_t column : columns) types.push_back(*rep.columns[column].type);
    rep.wanted = columns;
    // A VARIANT is made of lists that are not those of the file: IsWhole could not tell.
    const bool has_variants = std::any_of(types.begin(), types.end(), [](const duckdb::LogicalType& type) {
      return duckdb::TypeVisitor::Contains(type, duckdb::LogicalTypeId::VARIANT);
    });
    for (const ColumnPredicate& predicate : predicates) {
      if (has_variants) break;
      const auto place = std::find(columns.begin(), columns.end(), predicate.column) - columns.begin();
      // Optional: for row groups only, never for single rows.
      rep.filters.PushFilter(duckdb::ColumnIndex(static_cast<duckdb::idx_t>(place)),
                             duckdb::make_uniq<duckdb::OptionalFilter>(predicate.filter->Copy()));
    }
    // Rows that nobody reads are as many as the footer says: it may say anything.
    if (ids.empty() && !rep.columns.empty()) {
      ids.push_back(NarrowestOf(rep.columns));
      types.push_back(*rep.columns[ids.back()].type);
    }
    if (rep.numbered()) {
      ids.push_back(duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILE_ROW_NUMBER);
      types.push_back(duckdb::LogicalType::BIGINT);
    }
    const duckdb::vector<duckdb::idx_t> all;
    duckdb::TableFunctionInitInput input(rep.bind_data.get(), ids, all, &rep.filters);
    rep.global = rep.function->init_global(rep.context, input);
    rep.local = rep.function->init_local(rep.execution, input, rep.global.get());
    // Exact, of one file.
    rep.rows_in_file = rep.function->cardinality(rep.context, rep.bind_data.get())->estimated_cardinality;
    rep.chunk.Destroy();
    rep.chunk.Initialize(duckdb::Allocator::DefaultAllocator(), types);
  });
}

Result<std::string> ParquetScan::Next() {
  Rep& rep = *rep_;
  const uint64_t passed = rep.chunk.size() == 0 ? 0 : rep.rows_before + rep.chunk.size();
  ASSIGN_OR_RETURN(const std::string problem, rep.Try([&] {
    duckdb::TableFunctionInput input(rep.bind_data.get(), rep.local.get(), rep.global.get());
    do {
      rep.chunk.Reset();
      input.async_result = duckdb::AsyncResultType::IMPLICIT;
      rep.function->function(rep.context, input, rep.chunk);
    } while (rep.chunk.size() == 0 && input.async_result.GetResultType() == duckdb::AsyncResultType::HAVE_MORE_OUTPUT);
  }));
  if (!problem.empty()) return problem;
  const size_t rows = rep.chunk.size();
  rep.rows_before = !rep.numbered() ? passed : rows == 0 ? rep.rows_in_file : RowNumber(rep.chunk, 0);
  // The footer of a file has the number of all rows, and that of each row group's.
  const bool is_whole = rows > 0 || rep.rows_before == rep.rows_in_file;
  const bool in_order = rep.rows_before >= passed && rep.rows_before <= rep.rows_in_file &&
                        rows <= rep.rows_in_file - rep.rows_before &&
                        (rows == 0 || !rep.numbered() || RowNumber(rep.chunk, rows - 1) - rep.rows_before == rows - 1);
  if (is_whole && in_order) return rep.numbered() ? MissingRows() : problem;
  return "it cannot be read as a Parquet file: its footer says " + std::to_string(rep.rows_in_file) +
         " rows, and its row groups have others";
}

std::string ParquetScan::MissingRows() const {
  const Rep& rep = *rep_;
  for (size_t i = 0; i < rep.wanted.size(); i++) {
    if (!IsWhole(rep.chunk.data[i], rep.chunk.size()))
      return "it cannot be read as a Parquet file: its column " + rep.columns[rep.wanted[i]].name +
             " has fewer rows than its row group";
  }
  return std::string();
}

duckdb::DataChunk& ParquetScan::chunk() {
  return rep_->chunk;
}

uint64_t ParquetScan::rows_before() const {
  return rep_->rows_before;
}

}  // namespace laminar
