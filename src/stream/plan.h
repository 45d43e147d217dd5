// StreamPlan: what a script computes, as a graph of operators. Made by sql/ from DuckDB's bound plan, instantiated once
// per worker by stream/runtime. Immutable after planning; expressions are copied for each worker, because DuckDB's
// executors are not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "duck/expression.h"
#include "duck/schema.h"

namespace laminar {

using NodeId = int;  // index into StreamPlan::nodes; inputs have smaller ids than the nodes that read them

// Rows of a source table; `columns` of its schema are decoded, in this order.
struct SourceNode {
  std::string table;  // a key of StreamPlan::sources
};

// Rows for which every filter is true, then the projections. The two together, because that is how a row mostly
// travels.
struct FilterProjectNode {
  ExpressionList filters;      // BOOLEAN; over the input's columns
  ExpressionList projections;  // over the input's columns
};

// One row for each element of the lists; the input's columns, then one column for each list.
struct UnnestNode {
  ExpressionList lists;  // over the input's columns
};

struct UnionAllNode {};  // rows of all inputs, as they come

// Literal rows (SELECT 1, VALUES): bounded, made by worker 0.
struct ValuesNode {
  std::vector<ExpressionList> rows;  // constant expressions
};

struct SinkNode {
  std::string table;  // a key of StreamPlan::sinks
};

struct PlanNode {
  std::variant<SourceNode, FilterProjectNode, UnnestNode, UnionAllNode, ValuesNode, SinkNode> op;
  std::vector<NodeId> inputs;
  Schema schema;         // of its output; for a sink: of its input
  SqlPosition position;  // of the clause it comes from
};

struct StreamPlan {
  std::vector<PlanNode> nodes;
  // What the engine makes connectors from is in the catalogue (sql/catalogue.h), by these names.
  std::vector<std::string> sources, sinks;
};

// The plan as indented text, one operator a line, sinks first; and as a Mermaid flowchart.
std::string PlanToText(const StreamPlan& plan);
std::string PlanToMermaid(const StreamPlan& plan);

}  // namespace laminar
