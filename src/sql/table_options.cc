#include "sql/table_options.h"

#include <algorithm>

#include "sql/definitions.h"

namespace laminar::sql {
namespace {

bool HasOptionOf(const Table& table, const std::string& prefix) {
  return std::any_of(table.options.begin(), table.options.end(), [&](const WrittenOption& option) {
    return duckdb::StringUtil::StartsWith(duckdb::StringUtil::Lower(option.name), prefix);
  });
}

// Options that no spec knows although their names promise something that comes later.
void RemoveDeadLetter(std::vector<WrittenOption>* options, Problems* problems) {
  for (auto option = options->begin(); option != options->end(); ++option) {
    if (!duckdb::StringUtil::CIEquals(option->name, "bad_data") ||
        !duckdb::StringUtil::CIEquals(option->value, "dead_letter"))
      continue;
    problems->Add(
        Status::User("bad_data = 'dead_letter' is not supported yet", "use 'fail' or 'drop'").At(option->position));
    options->erase(option);
    return;
  }
}

}  // namespace

OptionUse UseOfTable(Table& table, Problems* problems) {
  const std::string& name = table.name;
  if (table.is_read && table.is_written && !table.declared_use) {
    problems->Add(table.offset, "table " + name + " is both read and written: a table is a source or a sink",
                  "define two tables, or leave out WITH (...) for a stream inside the script");
  }
  OptionUse use = OptionUse::kSource;
  if (table.declared_use) {
    use = *table.declared_use;
  } else if (table.is_written || (!table.is_read && (table.columns_from_query || HasOptionOf(table, "sink.")))) {
    use = OptionUse::kSink;
  } else if (table.connector && !table.is_read && !table.connector->is_source()) {
    use = OptionUse::kSink;
  }
  if (table.connector && use == OptionUse::kSource && !table.connector->is_source()) {
    problems->Add(table.offset,
                  "connector '" + table.connector->name() + "' cannot be read: table " + name + " must be a sink", "");
  } else if (table.connector && use == OptionUse::kSink && !table.connector->is_sink()) {
    problems->Add(table.offset,
                  "connector '" + table.connector->name() + "' cannot be written: table " + name + " must be a source",
                  "");
  }
  return use;
}

BoundTable BindTable(Table& table, OptionUse use, const std::set<std::string>* used, const Registry& registry,
                     Problems* problems) {
  BoundTable bound;
  bound.connector = table.connector;
  bound.position = problems->At(table.offset);
  bound.spec.name = table.name;
  bound.spec.format = table.format;
  if (use == OptionUse::kSink && table.event_time) {
    problems->Add(table.event_time_offset, "a sink has no event time: " + table.name, "remove it");
  }
  Schema declared;
  for (const TableColumn& column : table.columns) {
    if (!column.generated) declared.push_back({column.name, MakeType(column.type), column.not_null});
  }
  uint32_t position = 0;
  for (const TableColumn& column : table.columns) {
    if (column.generated) {
      if (use == OptionUse::kSink)
        problems->Add(column.offset, "a sink has no generated columns: " + column.name,
                      "compute it in the INSERT's query");
      continue;
    }
    Column& next = declared[position];
    next.position = position++;
    next.declared = static_cast<uint32_t>(declared.size());
    if (use == OptionUse::kSource && used && !column.not_null && !used->contains(column.name)) continue;
    bound.spec.schema.push_back(next);
    bound.spec.column_expressions.push_back(column.made_by);
  }
  if (!table.connector) return bound;
  std::vector<WrittenOption> options = table.options;
  RemoveDeadLetter(&options, problems);
  const std::vector<OptionSpec> specs = registry.AllOptions(*table.connector, table.format_name);
  const size_t before = problems->size();
  std::vector<Status> found;
  bound.spec.options = ParseOptions(specs, options, use, "table " + table.name, &found);
  for (Status& problem : found) problems->Add(std::move(problem).At(bound.position));
  if (problems->size() > before) return bound;
  if (bound.spec.options.StringOr("bad_data", "fail") == "drop") bound.spec.bad_data = BadDataPolicy::kDrop;
  if (use == OptionUse::kSource) {
    EventTimeSettings& settings = table.settings;
    settings.max_delay_micros = bound.spec.options.Integer("event_time.max_delay") * 1000;
    if (table.watermark_delay_micros) settings.max_delay_micros = *table.watermark_delay_micros;
    settings.max_ahead_micros = bound.spec.options.Integer("event_time.max_ahead") * 1000;
    settings.max_skew_micros = bound.spec.options.Integer("event_time.max_skew") * 1000;
  }
  std::vector<Status> checked;
  table.connector->Check(bound.spec, use, &checked);
  if (table.format && !table.columns_from_query) table.format->Check(declared, bound.spec.options, use, &checked);
  for (Status& problem : checked) problems->Add(std::move(problem).At(bound.position));
  return bound;
}

}  // namespace laminar::sql
