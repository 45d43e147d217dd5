#include "sql/functions.h"

#include <set>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry.hpp"
#include "duckdb/common/string_util.hpp"

namespace laminar::sql {
namespace {

// They read DuckDB's settings, catalogue or session, run other statements, or hold up the worker.
bool IsForbidden(const std::string& name) {
  static const std::set<std::string> kForbidden = {"getenv",
                                                   "getvariable",
                                                   "current_setting",
                                                   "set_config",
                                                   "current_query",
                                                   "current_query_id",
                                                   "current_user",
                                                   "session_user",
                                                   "user",
                                                   "current_role",
                                                   "current_catalog",
                                                   "current_database",
                                                   "current_schema",
                                                   "current_schemas",
                                                   "in_search_path",
                                                   "current_connection_id",
                                                   "current_transaction_id",
                                                   "txid_current",
                                                   "nextval",
                                                   "currval",
                                                   "setseed",
                                                   "sleep_ms",
                                                   "write_log",
                                                   "stats",
                                                   "vector_type",
                                                   "json_serialize_sql",
                                                   "json_deserialize_sql",
                                                   "json_serialize_plan",
                                                   "parse_duckdb_log_message",
                                                   "get_block_size",
                                                   "obj_description",
                                                   "shobj_description",
                                                   "col_description",
                                                   "map_to_pg_oid",
                                                   "format_type",
                                                   "format_pg_type",
                                                   "sql_auto_complete",
                                                   "icu_sort_key",
                                                   "variant_to_parquet_variant",
                                                   "query",
                                                   "query_table"};
  if (kForbidden.contains(name)) return true;
  using duckdb::StringUtil;
  if (name == "pg_typeof" || name == "pg_size_pretty") return false;
  return StringUtil::StartsWith(name, "pg_") || StringUtil::StartsWith(name, "inet_") ||
         StringUtil::StartsWith(name, "duckdb_") || StringUtil::StartsWith(name, "pragma_") ||
         StringUtil::StartsWith(name, "read_") ||
         (StringUtil::StartsWith(name, "has_") && StringUtil::EndsWith(name, "_privilege"));
}

bool IsWindowing(const std::string& name) {
  static const std::set<std::string> kWindowing = {"tumble",      "tumble_start", "tumble_end", "hop",
                                                   "hop_start",   "hop_end",      "session",    "session_start",
                                                   "session_end", "window_start", "window_end"};
  return kWindowing.contains(name);
}

// Macros of DuckDB whose bodies aggregate.
bool IsAggregateMacro(const std::string& name) {
  static const std::set<std::string> kMacros = {
      "geomean",           "geometric_mean",      "wavg", "weighted_avg", "json_group_array",
      "json_group_object", "json_group_structure"};
  return kMacros.contains(name);
}

duckdb::optional_ptr<duckdb::CatalogEntry> Lookup(duckdb::ClientContext& context, const std::string& name) {
  const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::SCALAR_FUNCTION_ENTRY, name);
  return duckdb::Catalog::GetEntry(context, INVALID_CATALOG, DEFAULT_SCHEMA, lookup,
                                   duckdb::OnEntryNotFound::RETURN_NULL);
}

}  // namespace

FunctionClass Classify(duckdb::ClientContext& context, const std::string& written_name) {
  const std::string name = duckdb::StringUtil::Lower(written_name);
  if (IsForbidden(name)) return FunctionClass::kForbidden;
  if (IsWindowing(name)) return FunctionClass::kWindowing;
  if (IsAggregateMacro(name)) return FunctionClass::kAggregate;
  const auto entry = Lookup(context, name);
  return entry && entry->type == duckdb::CatalogType::AGGREGATE_FUNCTION_ENTRY ? FunctionClass::kAggregate
                                                                               : FunctionClass::kScalar;
}

bool FunctionExists(duckdb::ClientContext& context, const std::string& name) {
  return Lookup(context, duckdb::StringUtil::Lower(name)) != nullptr;
}

}  // namespace laminar::sql
