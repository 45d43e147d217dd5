// MetadataColumns: the columns of a source that are declared as METADATA FROM, behind those that its reader decodes.
#pragma once

#include <cstdint>
#include <vector>

#include "duck/batch.h"
#include "stream/plan.h"

namespace laminar {

// Of one reader. Not thread-safe.
class MetadataColumns {
 public:
  // decoded: of the reader. columns: what the script declares, one for each of node's metadata.
  MetadataColumns(const SourceNode& node, const Schema& decoded, const Schema& columns);

  // The rows with all columns; borrowed, as `rows` is, until the next call.
  Batch* Add(Batch* rows);

 private:
  const std::vector<SourceNode::Metadata>& metadata_;  // the plan's
  Batch given_;                                        // as the source gives them
  Batch cast_;                                         // as they are declared
  Batch all_;
  std::vector<uint32_t> origin_rows_;
};

}  // namespace laminar
