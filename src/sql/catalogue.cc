// A table of the script appears in DuckDB's plans as the table function laminar_stream('name'). It has projection
// push-down and no statistics: the optimiser cannot take an endless stream for a small or an empty table.
#include "sql/catalogue.h"

#include <mutex>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/common/column_index.hpp"
#include "duckdb/function/table_function.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"

#include "sql/condition.h"
#include "sql/event_times.h"
#include "sql/window_function.h"

namespace laminar::sql {

const char* const kStreamFunction = "laminar_stream";

namespace {

constexpr const char* kStateName = "laminar_catalogue";

struct CatalogueState : public duckdb::ClientContextState {
  const Catalogue* catalogue = nullptr;
};

struct StreamBindData : public duckdb::FunctionData {
  std::string table;
  explicit StreamBindData(std::string name) : table(std::move(name)) {}
  duckdb::unique_ptr<duckdb::FunctionData> Copy() const override { return duckdb::make_uniq<StreamBindData>(table); }
  bool Equals(const duckdb::FunctionData& other) const override { return other.Cast<StreamBindData>().table == table; }
};

duckdb::unique_ptr<duckdb::FunctionData> BindStream(duckdb::ClientContext& context,
                                                    duckdb::TableFunctionBindInput& input,
                                                    duckdb::vector<duckdb::LogicalType>& types,
                                                    duckdb::vector<duckdb::string>& names) {
  const auto state = context.registered_state->Get<CatalogueState>(kStateName);
  const std::string name = input.inputs[0].GetValue<std::string>();
  const Table* table = state && state->catalogue ? state->catalogue->Find(name) : nullptr;
  if (!table) throw duckdb::BinderException("there is no table named %s", name);
  for (const TableColumn& column : table->columns) {
    if (column.generated && !table->IsComputedTime(column)) continue;
    types.push_back(column.type);
    names.push_back(column.name);
  }
  return duckdb::make_uniq<StreamBindData>(name);
}

void ScanStream(duckdb::ClientContext&, duckdb::TableFunctionInput&, duckdb::DataChunk&) {
  throw duckdb::InternalException("a stream is never scanned by DuckDB");
}

// What a scan yields when the query uses none of its columns (SELECT 1 FROM stream).
duckdb::virtual_column_map_t NoColumn(duckdb::ClientContext&, duckdb::optional_ptr<duckdb::FunctionData>) {
  duckdb::virtual_column_map_t columns;
  columns.insert({duckdb::COLUMN_IDENTIFIER_EMPTY, duckdb::TableColumn("", duckdb::LogicalType::BOOLEAN)});
  return columns;
}

std::string TableKey(const std::string& name) {
  return duckdb::StringUtil::Lower(name);
}

}  // namespace

std::string StreamOfScan(const duckdb::FunctionData& bind_data) {
  return bind_data.Cast<StreamBindData>().table;
}

bool Table::IsComputedTime(const TableColumn& column) const {
  return column.generated && event_time && duckdb::StringUtil::CIEquals(event_time->column, column.name);
}

const TableColumn* Table::FindColumn(const std::string& column) const {
  for (const TableColumn& candidate : columns) {
    if (duckdb::StringUtil::CIEquals(candidate.name, column)) return &candidate;
  }
  return nullptr;
}

const TableColumn* Table::FindTimeColumn() const {
  for (const TableColumn& column : columns) {
    if (IsMicros(column.type) || IsOtherTime(column.type)) return &column;
  }
  return nullptr;
}

std::vector<std::string> Table::ColumnNames() const {
  std::vector<std::string> names;
  for (const TableColumn& column : columns) names.push_back(column.name);
  return names;
}

Table* Catalogue::Add(Table table) {
  const std::string key = TableKey(table.name);
  const auto [entry, is_new] = tables_.emplace(key, nullptr);
  if (!is_new) return nullptr;
  entry->second = std::make_unique<Table>(std::move(table));
  return entry->second.get();
}

Table* Catalogue::Find(const std::string& name) {
  const auto found = tables_.find(TableKey(name));
  return found == tables_.end() ? nullptr : found->second.get();
}

const Table* Catalogue::Find(const std::string& name) const {
  return const_cast<Catalogue*>(this)->Find(name);
}

std::vector<std::string> Catalogue::Names() const {
  std::vector<std::string> names;
  for (const auto& [key, table] : tables_) names.push_back(table->name);
  return names;
}

Catalogue::Scope::Scope(duckdb::ClientContext& context, const Catalogue* catalogue) : context_(context) {
  context.registered_state->GetOrCreate<CatalogueState>(kStateName)->catalogue = catalogue;
  // The catalogue is the database's, which sessions share: of two that register the same at a time, in transactions of
  // their own, one would fail.
  static std::mutex registering;
  const std::lock_guard lock(registering);
  RegisterWindowFunctions(context);
  RegisterConditionFunction(context);
  duckdb::TableFunction stream(kStreamFunction, {duckdb::LogicalType::VARCHAR}, ScanStream, BindStream);
  stream.projection_pushdown = true;
  stream.get_virtual_columns = NoColumn;
  duckdb::CreateTableFunctionInfo info(std::move(stream));
  info.on_conflict = duckdb::OnCreateConflict::IGNORE_ON_CONFLICT;
  auto& database = duckdb::DatabaseInstance::GetDatabase(context);
  duckdb::Catalog::GetSystemCatalog(database).CreateTableFunction(
      duckdb::CatalogTransaction::GetSystemTransaction(database), info);
}

Catalogue::Scope::~Scope() {
  context_.registered_state->GetOrCreate<CatalogueState>(kStateName)->catalogue = nullptr;
}

}  // namespace laminar::sql
