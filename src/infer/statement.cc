#include "infer/statement.h"

#include <algorithm>

#include "base/units.h"
#include "duck/pch.h"
#include "duck/quote.h"

namespace laminar::infer {

namespace {

constexpr const char* kDelay = "INTERVAL '5' SECOND";

bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string Comment(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return "-- " + text;
}

std::string TypeText(const duckdb::LogicalType& type) {
  return type == duckdb::LogicalType::VARCHAR && !type.IsJSONType() ? "TEXT" : TypeName(type);
}

std::string NoteOf(const InferredColumn& column, uint64_t rows) {
  std::string note = column.note;
  if (column.nulls > 0 && column.nulls < rows) {
    note += (note.empty() ? "" : "; ") + std::string("NULL or missing in ") + FormatCount(column.nulls) + " of " +
            FormatCount(rows) + " rows";
  }
  return note;
}

}  // namespace

std::string TableNameOf(std::string_view stream_or_file, bool is_file) {
  const size_t slash = stream_or_file.rfind('/');
  if (slash != stream_or_file.npos) stream_or_file.remove_prefix(slash + 1);
  std::string name(stream_or_file.substr(0, is_file ? stream_or_file.find('.', 1) : stream_or_file.npos));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !IsWord(c); }, '_');
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) name.insert(0, "t_");
  return name;
}

std::string CreateTable(const InferredTable& table, const StatementParts& parts) {
  std::string out =
      Comment(parts.heading + ": " + FormatCount(table.rows) + (table.rows == 1 ? " row" : " rows")) + "\n";
  if (table.bad_rows > 0) {
    out += Comment(FormatCount(table.bad_rows) + (table.bad_rows == 1 ? " row" : " rows") + " that cannot be read" +
                   (table.bad_rows == 1 ? ": " : ", the first: ") + table.first_bad) +
           "\n";
    if (!table.drops_bad)
      out += Comment("A pipeline stops there, unless the table has bad_data = 'drop' or 'dead_letter'") + "\n";
  }
  for (const std::string& remark : table.remarks) out += Comment(remark) + "\n";
  out += "CREATE TABLE " + QuotedIfNeeded(parts.table) + " (\n";
  for (size_t i = 0; i < table.columns.size(); i++) {
    const InferredColumn& column = table.columns[i];
    const bool last = i + 1 == table.columns.size() && !table.event_time;
    const std::string note = NoteOf(column, table.rows);
    out += "    " + QuotedIfNeeded(column.name) + " " + TypeText(*column.type) + (last ? "" : ",") +
           (note.empty() ? "" : "  " + Comment(note)) + "\n";
  }
  if (table.event_time) {
    const std::string time = QuotedIfNeeded(table.columns[*table.event_time].name);
    out += "    WATERMARK FOR " + time + " AS " + time + " - " + kDelay +
           "  -- a suggestion: its event time, of which rows come up to 5 seconds late\n";
  }
  out += ") WITH (\n";
  std::vector<std::pair<std::string, std::string>> options = parts.where;
  options.emplace_back("format", table.format);
  options.insert(options.end(), table.options.begin(), table.options.end());
  if (table.bad_rows > 0 && table.drops_bad) options.emplace_back("bad_data", "drop");
  for (size_t i = 0; i < options.size(); i++) {
    const auto& [name, value] = options[i];
    const bool dotted = name.find('.') != name.npos;
    out += "    " + (dotted ? QuotedLiteral(name) : name) + " = " + QuotedLiteral(value) +
           (i + 1 < options.size() ? ",\n" : "\n");
  }
  out += ");\n";
  return out + Comment("To run it, add a query: SELECT * FROM " + QuotedIfNeeded(parts.table) + ";") + "\n";
}

}  // namespace laminar::infer
