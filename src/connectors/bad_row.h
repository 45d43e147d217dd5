// What becomes of a record that a decoder refused, by the table's bad_data: one wording for every source.
#pragma once

#include <memory>
#include <string_view>

#include "connectors/bad_data.h"
#include "connectors/connector.h"

namespace laminar {

// Of one reader, on its worker's thread.
class BadRowPolicy {
 public:
  // bad_data: of the table, borrowed; nullptr: a row that was made here, which fails.
  BadRowPolicy(BadData* bad_data, int worker) : bad_data_(bad_data), worker_(worker) {}
  // As the context says; a table without it (in tests) has its own.
  BadRowPolicy(const TableSpec& table, const ConnectorContext& context, int worker);

  // fail: the error to stop with, naming position, column and reason. Else ok, and the row is counted, now and then
  // logged, and kept where that is asked for. record: the bytes of row.record.
  Status Handle(const RowPosition& position, const BadRow& row, std::string_view record);
  // True: Handle will need the position (it is costly to find out in a file, and not needed for most dropped rows).
  bool NeedsPosition(const BadRow& row) const;

 private:
  std::unique_ptr<BadData> own_;
  BadData* bad_data_;
  int worker_;
};

}  // namespace laminar
