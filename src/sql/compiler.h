// From the text of a script to a streaming plan, or to everything that is wrong with it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "connectors/connector.h"
#include "connectors/registry.h"
#include "connectors/source_watermark.h"
#include "duck/database.h"
#include "stream/plan.h"

namespace laminar::sql {

// A table that scripts may name without defining it. One that the script defines itself takes its place.
struct KnownTable {
  std::string name;
  std::string statement;  // its CREATE TABLE
};

// Those of the names, in lower case, that tables have; other names are columns, functions, words. Error: they cannot be
// looked up, or one of them cannot be made; the message says which.
using FindTables = std::function<Result<std::vector<KnownTable>>(const std::set<std::string>& names)>;

struct ScriptInput {
  std::string text;
  std::map<std::string, std::string> variables = {};  // --set name=value, for $name in the script
  FindTables find_tables = {};                        // empty: there are none
};

// A table that the plan reads or writes: what its connector is made from.
struct BoundTable {
  const Connector* connector = nullptr;  // borrowed from the registry
  TableSpec spec;                        // sources: schema = the columns that are decoded
  // METADATA FROM, and what of. Sources: the columns behind those of `spec`; sinks: spec.metadata says where they
  // stand.
  Schema metadata_columns;
  std::vector<MetadataSpec> metadata;
  SqlPosition position;  // of its CREATE TABLE
};

// A source's event time: what its SourceWatermark is made from. Which column it is says the plan (SourceNode).
struct EventTime {
  std::string column;                // "" = the records' arrival
  std::string watermark_expression;  // SQL text of WATERMARK FOR c AS expr; "" = column - settings.max_delay
  EventTimeSettings settings;
};

struct CompiledScript {
  StreamPlan plan;
  std::map<std::string, BoundTable> sources, sinks;  // by the names in the plan
  std::map<std::string, std::string> dead_letters;   // by source table: the sink, which no query of the plan writes
  std::map<std::string, EventTime> event_times;      // by source table; none: nobody asks
  std::vector<Status> warnings;
  bool prints_to_terminal = false;  // a bare SELECT: its rows go to stdout
  std::string pipeline_name;        // SET pipeline.name = '...'; "" = none
};

struct CompileResult {
  std::unique_ptr<CompiledScript> script;  // nullptr if problems is not empty
  std::vector<Status> problems;  // in the order of their positions; each names line and column, and what to change
};

// Needs no network and opens no file. registry and session are borrowed; the script's expressions and connectors may
// not outlive them.
CompileResult Compile(const ScriptInput& input, const Registry& registry, DuckSession* session);

// The name that SET pipeline.name = '...' gives the script, however wrong the rest of it is; "" = none.
std::string PipelineNameOf(const std::string& text);

// A problem as a person reads it: "FILE:3:7: error: message", the line of the script with a caret below, "hint: ...".
std::string RenderProblem(const std::string& file_name, const std::string& text, const Status& problem);

}  // namespace laminar::sql
