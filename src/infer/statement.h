// An inferred table as SQL that runs as it is.
#pragma once

#include <string>
#include <string_view>

#include "infer/inferred_table.h"

namespace laminar::infer {

// A name for a table, of letters, digits and underscores: stream orders-eu -> orders_eu, file data/orders.jsonl ->
// orders.
std::string TableNameOf(std::string_view stream_or_file, bool is_file);

struct StatementParts {
  std::string table;                                       // its name
  std::string heading;                                     // what the sample was: "1,000 records of stream orders"
  std::vector<std::pair<std::string, std::string>> where;  // options of its connector, `connector` first
};

// CREATE TABLE, with comments about what was seen and how it is run.
std::string CreateTable(const InferredTable& table, const StatementParts& parts);

}  // namespace laminar::infer
