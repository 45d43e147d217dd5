// The rows of a sample as a table with given columns reads them, for people to look at: as JSON, and what is wrong with
// those that cannot be read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/status.h"
#include "connectors/connection_check.h"
#include "connectors/connector.h"
#include "connectors/registry.h"

namespace laminar::infer {

struct BadSampleRow {
  std::string place;   // "stream orders, shard ..., sequence number ..."
  std::string column;  // "" = the record as a whole
  std::string reason;
  std::string text;  // of the record or the value, any bytes, cut
};

// What was seen of a column.
struct ColumnFindings {
  uint64_t nulls = 0;     // rows in which it is NULL or missing
  uint64_t bad = 0;       // rows that cannot be read because of it
  std::string first_bad;  // why the first of them
};

struct SampleRows {
  std::vector<std::string> rows;  // JSON objects: the first ones
  std::vector<BadSampleRow> bad;  // the first ones
  uint64_t row_count = 0, bad_count = 0;
  std::vector<ColumnFindings> columns;  // those of TableSpec::schema
  bool is_complete = true;              // false: the time was up before all records had been read
};

struct SampleTable {
  TableSpec spec;  // with a format
  // Columns that a source takes from what comes with its records, and which (as sql::BoundTable).
  Schema metadata_columns;
  std::vector<MetadataSpec> metadata;
};

struct SampleLimits {
  size_t rows = 20;  // shown, and as many bad ones
  int64_t deadline_micros = kNever;
};

// registry, for its JSON, and clock are borrowed. Error: a decoder cannot be made, or cannot go on.
Result<SampleRows> ReadSample(const Registry& registry, const SampleTable& table,
                              const std::vector<SampledRecords>& samples, const Clock& clock,
                              const SampleLimits& limits);
// The first rows of a source whose connector makes them itself, without a format.
Result<SampleRows> ReadFirstRows(const Registry& registry, const Connector& connector, const TableSpec& table,
                                 const Clock& clock, Random* random, const SampleLimits& limits);

// Of a file of lines the whole ones among its first `most_bytes`; what is compressed, or has a structure of its own, is
// left as it is.
RecordView WholeLines(RecordView file, size_t most_bytes);

}  // namespace laminar::infer
