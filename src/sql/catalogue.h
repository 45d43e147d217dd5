// The tables, named streams and views that a script defines.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "duckdb.hpp"

#include "connectors/connector.h"
#include "connectors/registry.h"
#include "sql/compiler.h"
#include "sql/prepare.h"

namespace laminar::sql {

struct TableColumn {
  std::string name;
  duckdb::LogicalType type;
  bool not_null = false;
  // GENERATED ALWAYS AS (...): computed as the table is read. Its type may then be unknown (INVALID).
  duckdb::unique_ptr<duckdb::ParsedExpression> generated;
  std::string made_by;                   // SQL of `AS (...)` of a connector that makes its own data (generator)
  std::optional<MetadataSpec> metadata;  // METADATA FROM: of the connector's
  size_t offset = 0;
};

// A bound expression over columns of a table: references are indexes into `columns`.
struct RowExpression {
  duckdb::unique_ptr<duckdb::Expression> expression;
  std::vector<std::string> columns;
};

enum class TableKind { kConnector, kStream, kView };

struct Table {
  std::string name;  // as the user wrote it
  TableKind kind = TableKind::kStream;
  size_t offset = 0;
  bool broken = false;  // its definition has a problem that is reported already: say nothing about its uses

  // Connector tables and streams
  std::vector<TableColumn> columns;
  bool columns_from_query = false;  // CREATE TABLE x WITH (...): `columns` is filled from the first query inserted
  std::optional<OptionUse> declared_use;
  bool is_read = false, is_written = false;

  // Connector tables
  const Connector* connector = nullptr;
  const Format* format = nullptr;
  std::string format_name;
  std::vector<WrittenOption> options;
  std::optional<EventTime> event_time;  // declared, or found in the queries
  size_t event_time_offset = 0;         // of its declaration, or of its use in a query
  EventTimeSettings settings;           // of a source
  bool event_time_traced = false;       // found in the queries
  bool uses_arrival = false;            // a query asks for the event time without naming one, and there is no other
  std::optional<int64_t> watermark_delay_micros;           // WATERMARK FOR c AS c - this
  duckdb::unique_ptr<duckdb::ParsedExpression> watermark;  // WATERMARK FOR c AS this; not for c - a constant
  // An event time that is not decoded as it is: a generated column, or a DATE as a TIMESTAMP.
  std::optional<RowExpression> computed_time;
  std::optional<RowExpression> bound_watermark;

  // Views
  duckdb::unique_ptr<duckdb::SelectStatement> view;
  std::vector<std::string> view_columns;

  // A generated column that is the event time: computed by the source itself, so it is a column like the decoded ones.
  bool IsComputedTime(const TableColumn& column) const;
  const TableColumn* FindColumn(const std::string& column) const;  // case does not matter; nullptr
  const TableColumn* FindTimeColumn() const;                       // the first that could be an event time; nullptr
  std::vector<std::string> ColumnNames() const;
};

class Catalogue {
 public:
  // nullptr if a table of that name exists.
  Table* Add(Table table);
  Table* Find(const std::string& name);  // case does not matter; nullptr
  const Table* Find(const std::string& name) const;
  std::vector<std::string> Names() const;
  std::map<std::string, std::unique_ptr<Table>>& tables() { return tables_; }

  // Makes the catalogue known to the table function that stands for a table in DuckDB's plans; until the scope ends.
  class Scope {
   public:
    Scope(duckdb::ClientContext& context, const Catalogue* catalogue);
    ~Scope();
    Scope(const Scope&) = delete;

   private:
    duckdb::ClientContext& context_;
  };

 private:
  std::map<std::string, std::unique_ptr<Table>> tables_;  // by name in lower case
};

// The name of that table function, and the table that a bound scan of it reads.
extern const char* const kStreamFunction;
std::string StreamOfScan(const duckdb::FunctionData& bind_data);

}  // namespace laminar::sql
