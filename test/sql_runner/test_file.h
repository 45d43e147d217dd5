// A text test: a script, the records of its sources, what its sinks must get or what must go wrong.
//
//   # a comment, before the first section
//   ---- script
//   CREATE TABLE ... WITH (connector = 'lines'); ...
//   ---- input orders
//   {"id":1}
//   @watermark 2024-01-01 00:05:00
//   {"id":2}
//   ---- input orders shard 2
//   {"id":3}
//   ---- output results
//   {"id":2}
//   ---- late orders 1
//   ---- warning
//   a part of what the planner warns of, one a line; each must be found
//   ---- error
//   a part of the message, one a line; each must be found
//   ---- workers 1
//   ---- batches 3 2048
//   ---- ordered
//   ---- oracle off
//   ---- oracle results
//   SELECT ...
//
// Every test is run with 1, 2 and 4 workers and with batches of at most 1, 3 and 2048 rows; each run must give the
// same. `workers` and `batches` say otherwise: what is late depends on which rows were read before, and so on both.
//
// Lines among the rows of an input, for its shard. A batch ends before such a line, and what it causes is done before
// the next row is read:
//   @watermark T   the shard promises that no row below T follows
//   @idle T        everything that had arrived at T was read
//   @arrival T     the rows below arrived at T (before the first of them: now)
// Shard s is read by worker s modulo the workers; a worker takes a batch of each of its shards in turn.
//
// The rows of an output are compared in any order, but for the runs with one worker of an `ordered` test. Floating
// point columns may differ by 1e-9 of the value. `terminal` is the output of a bare SELECT.
//
// DuckDB is asked the same script over the same rows. TUMBLE(ts, size) and its _START and _END are translated for it;
// for what it does not know, `oracle SINK` gives the query whose rows the sink must get, over the script's tables,
// where unnest(hops(ts, slide, size)) are the starts of HOP's windows that a row falls into. Rows are in the order of
// their shards there: ORDER BY ts, rowid is the order of a stream with ties.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/status.h"

namespace laminar::sqltest {

struct Directive {
  enum class Kind { kWatermark, kIdle, kArrival };
  Kind kind = Kind::kWatermark;
  size_t before = 0;   // index of the row that it stands before
  int64_t micros = 0;  // since 1970
};

struct Shard {
  std::vector<std::string> lines;
  std::vector<Directive> directives;  // in their order
};

struct TestFile {
  std::string script;
  std::map<std::string, std::map<int, Shard>> inputs;       // by table and number of the shard, from 1
  std::map<std::string, std::vector<std::string>> outputs;  // by table: lines
  std::map<std::string, uint64_t> late;                     // by table: rows
  std::vector<std::string> errors, warnings;
  std::vector<int> workers = {1, 2, 4};
  std::vector<int> batches = {1, 3, 2048};
  bool ordered = false;
  bool oracle = true;
  std::map<std::string, std::string> oracle_queries;  // by sink
};

Result<TestFile> ReadTestFile(const std::string& path);

}  // namespace laminar::sqltest
