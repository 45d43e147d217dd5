// KeyColumns: the columns of a sink's table that say where its records go, METADATA FROM 'partition_key' and
// 'explicit_hash_key'. They are no part of the records.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/random.h"
#include "base/status.h"
#include "connectors/connector.h"
#include "duck/batch.h"
#include "formats/format.h"

namespace laminar::kinesis {

// Used by one thread.
class KeyColumns {
 public:
  explicit KeyColumns(const TableSpec& table);
  bool has_partition_key() const { return partition_key_.has_value(); }
  bool has_hash_key() const { return hash_key_.has_value(); }

  // A batch of the table without these columns: what is encoded. Valid until the next call, and as long as `batch`.
  const Batch& WithoutThem(const Batch& batch);
  // The key of each row. most_characters: longer ones are replaced (ShortenKey). NULL and '' become a generated key of
  // the row's own. Requires has_partition_key().
  void AppendPartitionKeys(const Batch& batch, size_t most_characters, Random* random, EncodedRows* out) const;
  // The explicit hash key of each row in decimal digits; "" where it is NULL. Error (kUser): it is no hash key; names
  // the row's origin. Requires has_hash_key().
  Status AppendHashKeys(const Batch& batch, EncodedRows* out) const;

 private:
  std::optional<SinkMetadata> partition_key_, hash_key_;
  std::vector<size_t> encoded_columns_;  // of a batch
  Batch encoded_;
};

}  // namespace laminar::kinesis
