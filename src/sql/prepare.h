// The pass over a statement's tokens: what DuckDB's parser cannot read is taken out, noted or rewritten, before it
// parses the rest.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "formats/option.h"
#include "sql/problems.h"
#include "sql/script_text.h"
#include "sql/tokens.h"

namespace laminar::sql {

struct NamedOffset {
  std::string name;
  size_t offset = 0;
};

// WATERMARK FOR column [AS expression]
struct WatermarkClause {
  size_t offset = 0;
  NamedOffset column;
  EditedText expression;  // empty: none
};

// What a CREATE TABLE says besides columns and their types.
struct TableClauses {
  NamedOffset name;
  bool has_columns = true;   // false: CREATE TABLE x WITH (...), and the statement is not given to DuckDB
  bool has_options = false;  // WITH (...)
  std::vector<WrittenOption> options;
  std::vector<size_t> value_offsets;  // of the options' values
  std::vector<NamedOffset> columns;   // in order, without WATERMARK and constraints
  std::optional<WatermarkClause> watermark;
  std::map<size_t, NamedOffset> metadata;  // METADATA FROM by column: the name and where it stands
};

struct PreparedStatement {
  EditedText sql;
  std::optional<TableClauses> table;  // a CREATE TABLE
};

// variables: what $name stands for, put in as string literals. Problems: undefined variables, malformed clauses.
PreparedStatement Prepare(const std::string& script, const StatementTokens& statement,
                          const std::map<std::string, std::string>& variables, Problems* problems);

}  // namespace laminar::sql
