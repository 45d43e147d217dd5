#include "sql/definitions.h"

#include "duckdb/parser/constraints/not_null_constraint.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/statement/create_statement.hpp"
#include "duckdb/planner/binder.hpp"

#include "sql/event_times.h"
#include "sql/query_check.h"
#include "sql/table_options.h"
#include "sql/time_span.h"

namespace laminar::sql {
namespace {

class TableDefiner {
 public:
  TableDefiner(duckdb::ClientContext& context, const PreparedStatement& prepared, bool is_inserted,
               const Registry& registry, Problems* problems)
      : context_(context),
        sql_(prepared.sql),
        clauses_(*prepared.table),
        is_inserted_(is_inserted),
        registry_(registry),
        problems_(problems) {}

  Table Define(duckdb::CreateTableInfo* info) {
    table_.name = clauses_.name.name;
    table_.offset = clauses_.name.offset;
    table_.kind = clauses_.has_options ? TableKind::kConnector : TableKind::kStream;
    table_.columns_from_query = !clauses_.has_columns;
    table_.options = clauses_.options;
    const size_t before = problems_->size();
    if (table_.kind == TableKind::kConnector) ReadConnector();
    if (info) {
      ReadColumns(*info);
    } else if (table_.format) {
      TakeColumnsOfFormat();
    }
    for (const auto& [column, name] : clauses_.metadata) {
      if (column < table_.columns.size()) ReadMetadata(&table_.columns[column], name);
    }
    ReadEventTime();
    table_.broken = problems_->size() > before;
    return std::move(table_);
  }

 private:
  size_t ValueOffset(const WrittenOption& option) const {
    for (size_t i = 0; i < clauses_.options.size(); i++) {
      if (&clauses_.options[i] == &option) return clauses_.value_offsets[i];
    }
    return table_.offset;
  }

  void ReadConnector() {
    const WrittenOption* type = FindOption(clauses_.options, "type");
    // Other values of `type` are reported when the options are checked.
    if (type && duckdb::StringUtil::CIEquals(type->value, "source")) table_.declared_use = OptionUse::kSource;
    if (type && duckdb::StringUtil::CIEquals(type->value, "sink")) table_.declared_use = OptionUse::kSink;
    const WrittenOption* name = FindOption(clauses_.options, "connector");
    if (!name) {
      problems_->Add(table_.offset, "table " + table_.name + " names no connector",
                     "add connector = 'kinesis' to its WITH options");
      return;
    }
    table_.connector = registry_.FindConnector(name->value);
    if (!table_.connector) {
      problems_->Add(ValueOffset(*name), "there is no connector '" + name->value + "'",
                     Suggest(name->value, registry_.ConnectorNames()));
      return;
    }
    ReadFormat();
  }

  static std::string Suggest(const std::string& word, const std::vector<std::string>& names) {
    const std::string nearest = DidYouMean(word, names);
    if (!nearest.empty()) return nearest;
    std::string all = names.size() == 1 ? "there is only " : "there are ";
    for (size_t i = 0; i < names.size(); i++) all += (i ? ", " : "") + names[i];
    return all;
  }

  void ReadFormat() {
    const std::vector<std::string> formats = table_.connector->formats();
    const WrittenOption* written = FindOption(clauses_.options, "format");
    if (formats.empty()) {
      if (written)
        problems_->Add(ValueOffset(*written), "connector '" + table_.connector->name() + "' takes no format",
                       "remove it");
      return;
    }
    table_.format_name = written ? registry_.FormatName(duckdb::StringUtil::Lower(written->value)) : formats.front();
    table_.format = registry_.FindFormat(table_.format_name);
    const bool allowed = std::find(formats.begin(), formats.end(), table_.format_name) != formats.end();
    if (table_.format && allowed) return;
    const size_t offset = written ? ValueOffset(*written) : table_.offset;
    problems_->Add(offset, "connector '" + table_.connector->name() + "' has no format '" + table_.format_name + "'",
                   Suggest(table_.format_name, formats));
  }

  // No column list: the options may tell the columns. What is missing among them is reported when the table is bound.
  void TakeColumnsOfFormat() {
    // The use says what `type` leaves out: a registry is then not asked for columns that the query gives.
    if (is_inserted_ && !FindOption(table_.options, "type")) table_.options.push_back({"type", "sink", {}});
    std::vector<Status> found;
    const OptionValues options = ReadTableOptions(table_, OptionUse::kBoth, registry_, &found);
    for (Status& problem : found) {
      if (problem.position().line > 0) problems_->Add(std::move(problem));
    }
    if (!found.empty()) return;
    Result<Schema> columns = table_.format->ColumnsOf(options);
    if (!columns.ok()) {
      problems_->Add(Status(columns.status()).At(problems_->At(table_.offset)));
      return;
    }
    for (const Column& of_format : *columns) {
      TableColumn column;
      column.name = of_format.name;
      column.offset = table_.offset;
      column.type = *of_format.type;
      column.not_null = of_format.not_null;
      table_.columns.push_back(std::move(column));
    }
    table_.columns_from_query = table_.columns.empty();
    for (WrittenOption& option : table_.format->OptionsOfColumns(options)) table_.options.push_back(std::move(option));
  }

  void ReadColumns(duckdb::CreateTableInfo& info) {
    if (info.query) {
      problems_->Add(table_.offset, "CREATE TABLE ... AS is not supported",
                     "use CREATE VIEW, or CREATE TABLE and INSERT INTO");
      return;
    }
    if (!info.catalog.empty() || (!info.schema.empty() && info.schema != DEFAULT_SCHEMA)) {
      problems_->Add(table_.offset, "a table's name has no schema in a script");
    }
    ReadColumnList(info);
    for (const auto& constraint : info.constraints) {
      if (constraint->type == duckdb::ConstraintType::NOT_NULL) {
        const duckdb::idx_t index = constraint->Cast<duckdb::NotNullConstraint>().index.index;
        if (index < table_.columns.size()) ReadNotNull(&table_.columns[index]);
      } else {
        problems_->Add(table_.offset,
                       "a stream has no keys and no CHECK: " + constraint->ToString() + " cannot be enforced",
                       "remove it; NOT NULL is checked, and a WHERE clause can drop rows");
      }
    }
  }

  // What is decoded or encoded is checked; nobody looks at what is computed inside the script.
  void ReadNotNull(TableColumn* column) {
    const bool computed = column->generated || !column->made_by.empty();
    if (computed || table_.kind == TableKind::kStream) {
      problems_->Add(column->offset,
                     "NOT NULL is not checked in " +
                         std::string(computed ? "a generated column" : "a stream inside the script") + ": column " +
                         column->name,
                     "remove it, and filter with WHERE " + column->name + " IS NOT NULL, or declare it on the sink");
    }
    column->not_null = true;
  }

  // METADATA FROM 'name'
  void ReadMetadata(TableColumn* column, const NamedOffset& name) {
    if (table_.kind == TableKind::kStream) {
      problems_->Add(name.offset, "a stream inside the script has no metadata: column " + column->name,
                     "declare METADATA FROM at the source, and select the column");
      return;
    }
    if (!table_.connector) return;
    const std::vector<MetadataSpec> all = table_.connector->metadata();
    const auto found = std::find_if(all.begin(), all.end(), [&](const MetadataSpec& spec) {
      return duckdb::StringUtil::CIEquals(std::string(spec.name), name.name);
    });
    if (found == all.end()) {
      std::vector<std::string> names;
      for (const MetadataSpec& spec : all) names.emplace_back(spec.name);
      problems_->Add(name.offset, "connector '" + table_.connector->name() + "' has no metadata '" + name.name + "'",
                     all.empty() ? "remove the column: this connector says nothing of its records but their bytes"
                                 : Suggest(name.name, names));
      return;
    }
    const duckdb::LogicalType given = *MakeType(std::string(found->type));
    const bool fits = column->type == given || column->type.id() == duckdb::LogicalTypeId::SQLNULL ||
                      column->type == duckdb::LogicalType::VARCHAR || (IsMicros(given) && IsMicros(column->type));
    if (!fits) {
      problems_->Add(column->offset,
                     "metadata '" + std::string(found->name) + "' is " + given.ToString() + ", and column " +
                         column->name + " is " + column->type.ToString(),
                     "declare it as " + (given == duckdb::LogicalType::VARCHAR ? "" : given.ToString() + " or ") +
                         "TEXT, and cast it in the query");
    }
    if (column->not_null || column->generated) {
      problems_->Add(column->offset,
                     column->generated ? "column " + column->name + " is both computed and METADATA FROM"
                                       : "NOT NULL is not checked of metadata: column " + column->name,
                     "remove one of them, or filter with WHERE " + column->name + " IS NOT NULL");
    }
    column->metadata = *found;
  }

  // Its own data: columns' `AS (...)` say how the connector makes them.
  bool MakesItsRows() const {
    return table_.connector && table_.connector->is_source() && table_.connector->formats().empty();
  }

  void ReadColumnList(duckdb::CreateTableInfo& info) {
    size_t i = 0;
    for (const duckdb::ColumnDefinition& definition : info.columns.Logical()) {
      TableColumn column;
      column.name = definition.Name();
      column.offset = i < clauses_.columns.size() ? clauses_.columns[i].offset : table_.offset;
      i++;
      column.type = BindType(definition, column.offset);
      if (definition.Generated()) {
        if (MakesItsRows()) {
          auto expression = definition.GeneratedExpression().Copy();
          AdaptExpression(expression, sql_);
          CheckExpression(context_, expression, {}, problems_);
          column.made_by = expression->ToString();
          if (column.type.id() == duckdb::LogicalTypeId::INVALID) {
            problems_->Add(column.offset, "column " + column.name + " has no type",
                           "write " + column.name + " BIGINT AS (...)");
          }
        } else {
          column.generated = definition.GeneratedExpression().Copy();
          AdaptExpression(column.generated, sql_);
        }
      } else if (definition.HasDefaultValue()) {
        problems_->Add(column.offset, "DEFAULT is not supported: column " + column.name,
                       "give the value in the INSERT's query, with coalesce()");
      }
      table_.columns.push_back(std::move(column));
    }
  }

  duckdb::LogicalType BindType(const duckdb::ColumnDefinition& definition, size_t offset) {
    duckdb::LogicalType type = definition.Type();
    if (type.id() == duckdb::LogicalTypeId::ANY)
      return duckdb::LogicalType::INVALID;  // c AS (...): the expression's own
    type = AdaptType(type, sql_);
    try {
      context_.RunFunctionInTransaction([&] { duckdb::Binder::CreateBinder(context_)->BindLogicalType(type); });
    } catch (const std::exception& exception) {
      problems_->AddException(exception, nullptr, offset);
      return duckdb::LogicalType::SQLNULL;
    }
    return type;
  }

  void ReadEventTime() {
    NamedOffset column;
    EventTime event_time;
    if (clauses_.watermark) {
      column = clauses_.watermark->column;
      ReadWatermark(*clauses_.watermark, &event_time);
    }
    if (const WrittenOption* field = FindOption(clauses_.options, "event_time_field")) {
      if (clauses_.watermark && !duckdb::StringUtil::CIEquals(column.name, field->value)) {
        problems_->Add(ValueOffset(*field),
                       "event_time_field is '" + field->value + "', but WATERMARK FOR says " + column.name,
                       "keep one of them");
      }
      column = {field->value, ValueOffset(*field)};
    }
    if (column.name.empty()) return;
    table_.event_time_offset = column.offset;
    if (!table_.columns_from_query) CheckEventTimeColumn(column);
    event_time.column = column.name;
    table_.event_time = std::move(event_time);
  }

  void CheckEventTimeColumn(const NamedOffset& column) {
    const TableColumn* found = table_.FindColumn(column.name);
    if (!found) {
      const std::vector<std::string> names = table_.ColumnNames();
      problems_->Add(column.offset, "table " + table_.name + " has no column " + column.name,
                     DidYouMean(column.name, names));
    } else if (found->type.id() != duckdb::LogicalTypeId::SQLNULL &&
               found->type.id() != duckdb::LogicalTypeId::INVALID && !IsMicros(found->type) &&
               !IsOtherTime(found->type)) {
      problems_->Add(column.offset,
                     "the event time " + column.name + " is " + found->type.ToString() + ", not TIMESTAMP",
                     "declare it as TIMESTAMP, or compute one: ts TIMESTAMP AS (...), WATERMARK FOR ts");
    }
  }

  // c, c - a constant: the delay. Anything else is kept, to be bound when all columns are known.
  void ReadWatermark(const WatermarkClause& watermark, EventTime* event_time) {
    if (table_.kind == TableKind::kStream) {
      problems_->Add(watermark.offset, "a stream inside the script has no event time of its own",
                     "declare WATERMARK FOR at the source; the column keeps being the event time on its way");
    }
    if (watermark.expression.text().empty()) return;
    CheckNoDelayOption(watermark);
    event_time->watermark_expression = watermark.expression.text();
    auto expression = ParseWatermark(watermark);
    if (!expression) return;
    std::optional<TimeSpan> delay = DelayOf(watermark, *expression);
    if (!delay) {
      CheckExpression(context_, expression, {}, problems_);
      table_.watermark = std::move(expression);
      return;
    }
    const size_t found = LeftmostOffset(*expression);
    const size_t offset = found == SIZE_MAX ? watermark.offset : found;
    if (delay->months != 0) {
      problems_->Add(offset, "the delay of WATERMARK FOR is in months, which differ in length",
                     "write it in days, hours or seconds");
    } else if (delay->micros < 0) {
      problems_->Add(offset, "the delay of WATERMARK FOR is negative: the watermark would be ahead of its rows",
                     "write WATERMARK FOR " + watermark.column.name + " AS " + watermark.column.name + " - " +
                         IntervalText({0, -delay->micros}));
    }
    table_.watermark_delay_micros = delay->micros;
    event_time->watermark_expression.clear();
  }

  void CheckNoDelayOption(const WatermarkClause& watermark) {
    for (const char* name : {"watermark_delay", "event_time.max_delay"}) {
      const WrittenOption* option = FindOption(clauses_.options, name);
      if (!option) continue;
      problems_->Add(ValueOffset(*option), option->name + " and the expression of WATERMARK FOR both give a delay",
                     "keep one of them: WATERMARK FOR " + watermark.column.name + " without AS takes the option's");
    }
  }

  // DuckDB parses an expression behind a SELECT of its own, and counts from there.
  static void TakeOff(size_t prefix, duckdb::ParsedExpression& expression) {
    auto& location = expression.query_location;
    if (location.IsValid() && location.GetIndex() >= prefix) location = location.GetIndex() - prefix;
    duckdb::ParsedExpressionIterator::EnumerateChildren(
        expression, [&](duckdb::unique_ptr<duckdb::ParsedExpression>& child) { TakeOff(prefix, *child); });
  }

  duckdb::unique_ptr<duckdb::ParsedExpression> ParseWatermark(const WatermarkClause& watermark) {
    try {
      auto list = duckdb::Parser::ParseExpressionList(watermark.expression.text(), context_.GetParserOptions());
      if (list.size() == 1) {
        TakeOff(std::string_view("SELECT ").size(), *list[0]);
        AdaptExpression(list[0], watermark.expression);
        return std::move(list[0]);
      }
      problems_->Add(watermark.offset, "WATERMARK FOR takes one expression", "");
    } catch (const std::exception& exception) {
      const CleanMessage clean = CleanDuckMessage(exception);
      problems_->Add(watermark.offset, "the expression of WATERMARK FOR: " + clean.message, clean.hint);
    }
    return nullptr;
  }

  // How far the watermark stays behind its column, if the expression says just that.
  std::optional<TimeSpan> DelayOf(const WatermarkClause& watermark, const duckdb::ParsedExpression& expression) {
    const auto is_column = [&](const duckdb::ParsedExpression& part) {
      return part.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF &&
             duckdb::StringUtil::CIEquals(part.Cast<duckdb::ColumnRefExpression>().GetColumnName(),
                                          watermark.column.name);
    };
    if (is_column(expression)) return TimeSpan{};
    if (expression.GetExpressionClass() != duckdb::ExpressionClass::FUNCTION) return std::nullopt;
    const auto& call = expression.Cast<duckdb::FunctionExpression>();
    if ((call.function_name != "-" && call.function_name != "+") || call.children.size() != 2) return std::nullopt;
    // c - delay; c + delay and delay + c, where the delay would have to be negative.
    const bool adds = call.function_name == "+";
    const size_t column = adds && is_column(*call.children[1]) ? 1 : 0;
    const duckdb::ParsedExpression& length = *call.children[1 - column];
    if (!is_column(*call.children[column]) || HasColumn(length)) return std::nullopt;
    std::optional<TimeSpan> span;
    context_.RunFunctionInTransaction(
        [&] { span = ReadTimeSpan(context_, length, "the delay of WATERMARK FOR", watermark.offset, problems_); });
    if (span && adds) *span = {-span->months, -span->micros};
    return span ? span : TimeSpan{};  // a problem has been added
  }

  duckdb::ClientContext& context_;
  const EditedText& sql_;
  const TableClauses& clauses_;
  const bool is_inserted_;
  const Registry& registry_;
  Problems* const problems_;
  Table table_;
};

void AddOrReport(Table table, Catalogue* catalogue, Problems* problems) {
  const std::string name = table.name;
  const size_t offset = table.offset;
  if (catalogue->Add(std::move(table))) return;
  const SqlPosition first = problems->At(catalogue->Find(name)->offset);
  problems->Add(offset, "there is a table " + name + " already, in line " + std::to_string(first.line),
                "give one of them another name");
}

}  // namespace

const WrittenOption* FindOption(const std::vector<WrittenOption>& options, std::string_view name) {
  for (const WrittenOption& option : options) {
    if (duckdb::StringUtil::CIEquals(option.name, std::string(name))) return &option;
  }
  return nullptr;
}

void DefineTable(duckdb::ClientContext& context, const PreparedStatement& prepared, duckdb::SQLStatement* statement,
                 bool is_inserted, const Registry& registry, Catalogue* catalogue, Problems* problems) {
  duckdb::CreateTableInfo* info =
      statement ? &statement->Cast<duckdb::CreateStatement>().info->Cast<duckdb::CreateTableInfo>() : nullptr;
  AddOrReport(TableDefiner(context, prepared, is_inserted, registry, problems).Define(info), catalogue, problems);
}

void DefineView(duckdb::CreateStatement& statement, size_t offset, Catalogue* catalogue, Problems* problems) {
  auto& info = statement.info->Cast<duckdb::CreateViewInfo>();
  Table view;
  view.name = info.view_name;
  view.offset = offset;
  view.kind = TableKind::kView;
  view.view = std::move(info.query);
  view.view_columns.assign(info.aliases.begin(), info.aliases.end());
  AddOrReport(std::move(view), catalogue, problems);
}

}  // namespace laminar::sql
