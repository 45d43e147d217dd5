// StreamPlan: what a script computes, as a graph of operators. Made by sql/ from DuckDB's bound plan, instantiated once
// per worker by stream/runtime. Immutable after planning; expressions are copied for each worker, because DuckDB's
// executors are not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "duck/aggregate_list.h"
#include "duck/column_predicate.h"
#include "duck/expression.h"
#include "duck/schema.h"

namespace laminar {

using NodeId = int;  // index into StreamPlan::nodes; inputs have smaller ids than the nodes that read them

// Rows of a source table: the columns of its TableSpec are decoded, in this order. Columns that the task adds stand
// behind them in the node's schema, in this order.
struct SourceNode {
  // A column behind the decoded ones: what the source says of each record (RowOrigins::FillMetadata).
  struct Metadata {
    std::string name;  // of Connector::metadata
    TypeRef type;      // as the source gives it; the node's schema has the type that the script declares
  };
  std::string table;  // a key of StreamPlan::sources
  std::vector<Metadata> metadata;
  // Over the columns before them: an event time that is computed of them. A row on which one fails is bad data.
  ExpressionList computed;
  bool adds_arrival = false;  // TIMESTAMP: when the service took the record, else when it was read
  bool adds_order = false;    // UBIGINT: Batch::order_key + the number of the row
  // The event time: a column of the node's schema, TIMESTAMP or TIMESTAMPTZ (microseconds). None: nobody asks.
  std::optional<size_t> event_time;
  // WATERMARK FOR c AS expr, where it is not c - a constant: over the node's columns, TIMESTAMP or TIMESTAMPTZ. Empty =
  // none.
  ExpressionList watermark;
  int64_t max_delay_micros = 0;  // of the watermark behind the event time, for those who read the plan
  // Rows for which one of them is not true may be missing: nothing in the plan would notice.
  std::vector<ColumnPredicate> predicates;
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

// Deals rows to the workers. With one worker it is nothing.
struct ExchangeNode {
  enum class To { kOwnerOfKey, kFirstWorker, kAllWorkers };
  To to = To::kOwnerOfKey;
  std::vector<size_t> keys;  // kOwnerOfKey: columns whose key group decides
};

// A length of time by the calendar or by the clock, never both.
struct TimeSpan {
  int32_t months = 0;
  int64_t micros = 0;  // days have 24 hours: all times are UTC

  bool operator==(const TimeSpan&) const = default;
};

enum class WindowKind {
  kTumble,   // [k * size + offset, ...)
  kHop,      // a window of `size` begins every `slide`
  kSession,  // rows of a key that are less than `gap` apart
  kInstant,  // rows of equal time: GROUP BY the event time itself, or a window's start that an inner query gave
};

struct WindowSpec {
  WindowKind kind = WindowKind::kTumble;
  size_t time_column = 0;  // of the input, TIMESTAMP or TIMESTAMPTZ; one of the input's PlanNode::times
  TimeSpan size;           // kSession: the gap, by the clock
  TimeSpan slide;          // kHop; by the calendar or of whole days where the size is by the calendar
  TimeSpan offset;         // windows begin at multiples of the size (the slide) since 1970-01-01 plus this
};

// Groups of rows in windows of event time, given out when the watermark closes them. Yields: the keys, the window's
// start and end (TIMESTAMP; kInstant: the time, twice), the results of the aggregates. There are no empty windows.
//
// A plan has the aggregates twice: over the input's rows, and over PartialRows that were made of parts of the input,
// where `merges[i]` has the type of `aggregates[i]` and column PartialRows::kResults + i for its argument. So a group
// can be computed in pieces: by the workers before the exchange, by panes, between checkpoints. What the user asked for
// is made of the results by a projection above.
struct WindowAggregateNode {
  WindowSpec window;
  std::vector<size_t> keys;  // columns of the input
  AggregateList aggregates;
  AggregateList merges;
};

// What a partial aggregate gives out. kKey: BLOB, the key as a KeyCodec writes it (of kInstant, with the time at its
// end); kHash: UBIGINT, the hash of its columns without the time; kStart: of the pane, or the instant.
struct PartialRows {
  static constexpr size_t kKey = 0, kHash = 1, kStart = 2, kResults = 3;
  // output: of the node.
  static Schema SchemaOf(const WindowAggregateNode& node, const Schema& output);
};

struct FrameBound {
  enum class Kind { kUnboundedPreceding, kPreceding, kCurrentRow };
  Kind kind = Kind::kUnboundedPreceding;
  int64_t rows = 0;  // kPreceding in a ROWS frame
  TimeSpan time;     // kPreceding in a RANGE frame
};

struct Frame {
  enum class Unit { kRows, kRange };
  Unit unit = Unit::kRange;
  FrameBound start, end;
};

// One function of an OVER clause that looks back. Its arguments are columns of the input.
struct OverFunction {
  std::string name;         // DuckDB's own, lower case: "count_star", "sum", "row_number", "lag", "first_value", ...
  AggregateList aggregate;  // an aggregate function: this one; a window function: empty
  std::vector<size_t> arguments;  // columns of the input
  std::optional<size_t> filter;   // FILTER (WHERE ...): a BOOLEAN column
  bool distinct = false;
  bool ignore_nulls = false;
  Frame frame;
  TypeRef type;
  SqlPosition position;
};

// Rows in the order of event time, with functions of the rows before. A row is given out when the watermark has passed
// its time. Yields: the input's columns, then one for each function. All functions have the same PARTITION BY and ORDER
// BY; others are a node of their own.
struct OverNode {
  std::vector<size_t> partition;  // columns of the input; none: all rows are one partition
  size_t time_column = 0;         // ORDER BY it, ascending; one of the input's PlanNode::times
  struct SortKey {
    size_t column = 0;
    bool descending = false, nulls_first = false;
  };
  std::vector<SortKey> then_by;  // further columns of ORDER BY: they decide among rows of equal time, and who is a peer
  std::vector<OverFunction> functions;
  int64_t ttl_micros = 0;  // state.ttl: partitions without rows for that long in event time are forgotten; 0 = never
};

// Window functions over the complete rows of each window (ROW_NUMBER() OVER (PARTITION BY window_start ORDER BY n)):
// all rows of equal time are kept until the watermark passes them, then DuckDB computes the functions over them. Any
// frame. Yields: the input's columns, then one for each function.
struct WindowedOverNode {
  size_t time_column = 0;              // in the PARTITION BY of every function; one of the input's PlanNode::times
  std::vector<std::string> functions;  // SQL over columns named c0, c1, ...
  std::vector<size_t> partition;  // columns that every function partitions by, the time among them: for the exchange
};

// A stream (input 0) with a bounded table (input 1), which is read to its end first and kept. Yields: the columns of
// input 0, those of input 1; kSemi and kAnti: the columns of input 0.
struct LookupJoinNode {
  enum class Kind {
    kInner,
    kLeft,  // a stream's row without a partner is kept, with NULLs
    kSemi,  // a stream's row that has a partner, once: IN, EXISTS
    kAnti,  // a stream's row that has none: NOT EXISTS
  };
  Kind kind = Kind::kInner;
  std::vector<size_t> stream_keys, table_keys;  // columns that must be equal; may be empty (a cross join)
  std::vector<bool> nulls_equal;                // by key: IS NOT DISTINCT FROM
  ExpressionList condition;                     // BOOLEAN; over the columns of both: the rest of ON
};

// Literal rows (SELECT 1, VALUES): bounded, made by worker 0.
struct ValuesNode {
  std::vector<ExpressionList> rows;  // constant expressions
};

struct SinkNode {
  std::string table;  // a key of StreamPlan::sinks
};

struct PlanNode {
  std::variant<SourceNode, FilterProjectNode, UnnestNode, UnionAllNode, ValuesNode, SinkNode, ExchangeNode,
               WindowAggregateNode, OverNode, WindowedOverNode, LookupJoinNode>
      op;
  std::vector<NodeId> inputs;
  Schema schema;         // of its output; for a sink: of its input
  SqlPosition position;  // of the clause it comes from

  // Columns of `schema` that are event times, for the operators above: at watermark W no row will come whose value is
  // below W - lag. Operators take TIMESTAMP and TIMESTAMPTZ; a DATE or the like is one for an expression that makes a
  // TIMESTAMP of it. (A window's end has no lag; its start has the window's length. A session's start has none that is
  // known: it is not an event time.)
  struct TimeColumn {
    size_t column = 0;
    int64_t lag_micros = 0;
    // Each row has a moment, not below the watermark of its coming: the value is at most so much after it. Where rows
    // are held back by one of their times, this says what is left of the promises of the others.
    int64_t ahead_micros = 0;
    static constexpr int64_t kNoBound = INT64_MAX;
  };
  std::vector<TimeColumn> times;
  // The column of `schema` that orders rows of equal event time from different splits (SourceNode::adds_order); none:
  // they are ordered by all their columns.
  std::optional<size_t> order_column;

  const TimeColumn* FindTime(size_t column) const;  // nullptr: not an event time
  int64_t LagOf(size_t time_column) const;          // microseconds; the column must be one of `times`
};

struct StreamPlan {
  std::vector<PlanNode> nodes;
  // What the engine makes connectors from is in the catalogue (sql/catalogue.h), by these names.
  std::vector<std::string> sources, sinks;
};

// What an operator is and does, as lines: its name first.
std::vector<std::string> DescribeNode(const StreamPlan& plan, NodeId id);
// The plan as indented text, one operator a line, sinks first; and as a Mermaid flowchart.
std::string PlanToText(const StreamPlan& plan);
std::string PlanToMermaid(const StreamPlan& plan);

}  // namespace laminar
