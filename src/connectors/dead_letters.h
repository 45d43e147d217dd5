// DeadLetters: what a source table could not take, on its way to the sink that keeps it (bad_data = 'dead_letter').
//
// A letter is a row of DeadLetterSchema(): the bytes as they came, where they came from, and what was wrong with them.
// It is written like any other output, under the same checkpoints: nothing is missing after a crash, and a letter may
// stand there twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "connectors/connector.h"
#include "duck/batch.h"
#include "formats/format.h"

namespace laminar {

// The columns of a letter, in their order. What is not known is NULL.
enum class LetterColumn : uint8_t {
  kTime,
  kPipeline,
  kTable,
  kSource,  // "stream orders"
  kShard,
  kSequenceNumber,
  kSubSequenceNumber,
  kLine,    // of the value within its record, or file
  kOffset,  // of the value within its record, in bytes; NULL: the data are the whole record
  kPartitionKey,
  kArrivalTime,
  kColumn,
  kReason,
  kData,  // BLOB
  kRow,   // where the data are not known any more
  kPart,  // the letter holds part 1, 2, ... of the data, which are so many
  kParts,
  kHeaderBytes,  // of all the data, decompressed, so many are the header of the record, and not the value
  kFormat,       // of the table
};

Schema DeadLetterSchema();

// A longer record is kept in several letters, so that each fits into a record of any stream: part 1 of 3, ...
constexpr size_t kMostLetterBytes = 600 << 10;

// The table that the letters of a DeadLetters are of.
struct LetterTable {
  std::string name, pipeline, format;
  std::function<uint64_t(std::string_view data)> header_bytes;  // Format::HeaderBytes with its options; may be empty
};

// Of one table and one worker, used on its thread only.
class DeadLetters {
 public:
  // clock: borrowed.
  DeadLetters(LetterTable table, const Clock* clock);

  // data: what could not be taken, of the record at that position, or the value at its offset; empty: its bytes are not
  // known any more. row: then, the row as it was, as text. Of letters about one record that follow each other, the
  // first holds it.
  void Add(const RowPosition& position, std::string_view column, std::string_view reason, std::string_view data,
           std::string_view row);
  bool empty() const { return full_.empty() && filling_.rows() == 0; }
  // Hands all of them to the writer of a sink with DeadLetterSchema(), and counts them.
  Status Flush(SinkWriter* writer, PipelineMetrics* metrics);

 private:
  using RecordPlace = std::tuple<std::string, std::string, std::string, int64_t>;  // as RowPosition has them

  const LetterTable table_;
  const Clock* const clock_;
  RecordPlace last_record_;  // whose bytes were kept last
  std::vector<Batch> full_;
  Batch filling_;
};

}  // namespace laminar
