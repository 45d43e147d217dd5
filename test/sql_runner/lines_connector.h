// The connector 'lines' (and 'stdout', for a bare SELECT): sources are lists of records, sinks collect lines. Batches
// are small, so that what goes over the end of one is tested.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/connector.h"

namespace laminar::sqltest {

// By table. Outlives the connector and everything made by it; one worker.
struct Lines {
  std::map<std::string, std::vector<std::string>> inputs, outputs;
};

constexpr size_t kRecordsOfABatch = 3;

std::unique_ptr<Connector> MakeLinesConnector(std::string name, Lines* lines);

// The records as rows of `schema`, by the table's format; what cannot be decoded goes to `bad_rows`.
class RecordReader {
 public:
  RecordReader(const std::vector<std::string>& lines, std::unique_ptr<Decoder> decoder);
  // False: no record is left. Row i of `out` comes from record origin_rows[i].
  Result<bool> Next(BadRowHandler* bad_rows, Batch* out);
  size_t first() const { return first_; }  // of the records that the last batch came from
  const Schema& schema() const { return decoder_->schema(); }

 private:
  std::vector<std::string> padded_;
  std::vector<RecordView> records_;
  std::unique_ptr<Decoder> decoder_;
  size_t first_ = 0, next_ = 0;
  DecodeCursor cursor_;
};

}  // namespace laminar::sqltest
