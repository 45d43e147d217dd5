// The connector 'lines' (and 'stdout', for a bare SELECT): sources are shards of records, sinks collect lines. With
// `bounded = 'true'` a table is one that a stream may be joined with.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "test_file.h"

namespace laminar::sqltest {

// What sources read and sinks get. Outlives the connectors and everything made by them. The inputs stand still while a
// pipeline runs; outputs are written by all workers.
struct Lines {
  std::map<std::string, std::map<int, Shard>> inputs;  // by table and number of the shard
  size_t batch_rows = 3;                               // records that are decoded at once
  // With checkpoints: `interrupt` is called when so many batches have been read, by all sources together; 0: never.
  std::atomic<int64_t> batches{0};
  int64_t interrupt_after = 0;
  std::function<void()> interrupt;
  // Exactly once: rows are given out once a checkpoint holds them, and only those that were not given out before.
  bool holds_output = false;
  std::set<std::string> given_out;  // guarded by mutex: ids of rows
  std::mutex mutex;
  std::map<std::string, std::vector<std::string>> outputs;  // guarded by mutex
};

std::unique_ptr<Connector> MakeLinesConnector(std::string name, Lines* lines);

// The records as rows of `schema`, by the table's format; what cannot be decoded goes to `bad_rows`.
class RecordReader {
 public:
  RecordReader(const std::vector<std::string>& lines, std::unique_ptr<Decoder> decoder);
  // The next rows, of at most `records` records before the one numbered `end`. False: there are none.
  Result<bool> Next(size_t records, size_t end, BadRowHandler* bad_rows, Batch* out);
  size_t first() const { return first_; }  // of the records that the last batch came from
  size_t next() const { return next_; }    // the first that is not in a batch yet
  size_t size() const { return records_.size(); }
  void SkipTo(size_t record) { next_ = record; }
  const Schema& schema() const { return decoder_->schema(); }

 private:
  std::vector<std::string> padded_;
  std::vector<RecordView> records_;
  std::unique_ptr<Decoder> decoder_;
  size_t first_ = 0, next_ = 0;
  DecodeCursor cursor_;
};

}  // namespace laminar::sqltest
