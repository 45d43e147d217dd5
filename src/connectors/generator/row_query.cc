// A column's value is a function of (seed, name of the column, number of the row): it does not depend on how rows are
// spread over workers or which columns the query uses. DuckDB's hash is good and fast enough for made-up data; another
// version of it may give other rows.
#include "connectors/generator/row_query.h"

#include <algorithm>

namespace laminar::generator {

namespace {

using duckdb::LogicalTypeId;

std::string Literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

int64_t Seed(const TableSpec& table) {
  return table.options.Integer("seed");
}

// A hash of row, seed and column; `which`: independent ones.
std::string Hash(const TableSpec& table, const std::string& column, int which) {
  return "hash(i, " + std::to_string(Seed(table)) + "::BIGINT, " + Literal(column) + ", " + std::to_string(which) +
         "::INTEGER)";
}

// 53 bits of it as a double in [0, 1).
std::string Uniform(const TableSpec& table, const std::string& column, int which) {
  return "((" + Hash(table, column, which) + " >> 11)::DOUBLE * 1.1102230246251565e-16)";
}

// Row i of a table of so many rows a second happens then; without a rate, a thousand a second.
std::string Timestamp(const TableSpec& table) {
  const double rate = table.options.Number("rows_per_second");
  const auto step = static_cast<int64_t>(rate > 0 ? std::max(1.0, 1e6 / rate) : 1000);
  return "make_timestamp(1767225600000000::BIGINT + i * " + std::to_string(step) + "::BIGINT)";  // 2026-01-01
}

// A value of that type, over i and r; "" = none is known.
std::string MadeUp(const TableSpec& table, const Column& column) {
  const std::string name = Literal(column.name);
  const std::string h = Hash(table, column.name, 0);
  switch (column.type->id()) {
    case LogicalTypeId::BOOLEAN:
      return "r < 0.5";
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::UTINYINT:
      return "floor(r * 100)";
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::UBIGINT:
    case LogicalTypeId::UHUGEINT:
      return "floor(r * 1000)";
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
      return "r * 100";
    case LogicalTypeId::DECIMAL: {
      // At most three digits before the point and two behind it, fewer where the type has fewer.
      const int width = duckdb::DecimalType::GetWidth(*column.type),
                scale = duckdb::DecimalType::GetScale(*column.type);
      const int before = std::min(width - scale, 3), behind = std::min(scale, 2);
      const std::string digits = "floor(r * 1e" + std::to_string(before + behind) + ")";
      return "(" + digits + " / 1e" + std::to_string(behind) + ")";
    }
    case LogicalTypeId::VARCHAR:
      if (column.type->IsJSONType()) return "json_object('n', floor(r * 1000)::BIGINT)";
      return name + " || '-' || floor(r * 100)::BIGINT";
    case LogicalTypeId::BLOB:
      return "(" + name + " || floor(r * 100)::BIGINT)::BLOB";
    case LogicalTypeId::UUID:
      return "md5(" + h + "::VARCHAR)::UUID";
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_TZ:
      return Timestamp(table);
    case LogicalTypeId::DATE:
      return "DATE '2026-01-01' + floor(r * 365)::INTEGER";
    case LogicalTypeId::TIME:
      return "TIME '00:00:00' + to_seconds(floor(r * 86400)::BIGINT)";
    case LogicalTypeId::INTERVAL:
      return "to_seconds(floor(r * 3600)::BIGINT)";
    default:
      return "";
  }
}

const std::string& OwnExpression(const TableSpec& table, size_t column) {
  static const std::string kNone;
  return column < table.column_expressions.size() ? table.column_expressions[column] : kNone;
}

std::string CastTo(const std::string& expression, const Column& column) {
  return "CAST((" + expression + "\n) AS " + TypeName(*column.type) + ")";  // newline: it may end with a comment
}

}  // namespace

// Each column is a layer of its own, so that r means the column's: DuckDB merges the layers to one projection a column.
std::string RowQuery(const TableSpec& table) {
  std::string query = "SELECT $1::BIGINT + k AS i FROM range($2::BIGINT) numbers(k)";
  std::string columns;
  for (size_t c = 0; c < table.schema.size(); c++) {
    const Column& column = table.schema[c];
    const std::string& own = OwnExpression(table, c);
    const std::string name = "\"column " + std::to_string(c) + "\"";
    query = "SELECT * EXCLUDE (r, r2, r3), " + CastTo(own.empty() ? MadeUp(table, column) : own, column) + " AS " +
            name + " FROM (SELECT *, " + Uniform(table, column.name, 1) + " AS r, " + Uniform(table, column.name, 2) +
            " AS r2, " + Uniform(table, column.name, 3) + " AS r3 FROM (" + query + "))";
    columns += (c == 0 ? "" : ", ") + name;
  }
  if (columns.empty()) columns = "i";
  return "SELECT " + columns + " FROM (" + query + ")";
}

void CheckColumns(const TableSpec& table, DuckSession* session, std::vector<Status>* problems) {
  for (size_t c = 0; c < table.schema.size(); c++) {
    const Column& column = table.schema[c];
    const std::string& own = OwnExpression(table, c);
    if (own.empty()) {
      if (!MadeUp(table, column).empty()) continue;
      problems->push_back(Status::User(
          "the generator makes up no values of type " + TypeName(*column.type) + " (column " + column.name + ")",
          "Say how: " + column.name + " " + TypeName(*column.type) + " AS (...)"));
      continue;
    }
    const auto prepared = session->connection().Prepare(
        "SELECT " + CastTo(own, column) +
        " FROM (SELECT 0::BIGINT AS i, 0::DOUBLE AS r, 0::DOUBLE AS r2, 0::DOUBLE AS r3)");
    if (!prepared->HasError()) continue;
    std::string message = prepared->GetErrorObject().RawMessage();
    message.erase(std::min(message.find('\n'), message.size()));
    problems->push_back(
        Status::User("column " + column.name + " AS (" + own + "): " + message,
                     "It may use i (the row's number), r, r2 and r3 (random, from 0 to 1) and every scalar function"));
  }
}

}  // namespace laminar::generator
