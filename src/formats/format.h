// Formats: bytes <-> Batch. A decoder belongs to one source reader, an encoder to one sink writer; neither is
// thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/waker.h"
#include "duck/batch.h"
#include "duck/column_predicate.h"
#include "duck/schema.h"
#include "formats/option.h"

namespace laminar {

// Readable bytes that must follow every record in memory (their contents do not matter): simdjson reads ahead in whole
// registers.
constexpr size_t kRecordPadding = 64;

// One record as it came from a source. Borrowed from the reader's buffer, with kRecordPadding readable bytes behind it.
// Decoded rows may point into it: the reader keeps it, unchanged and in place, until the call of Decode or Poll after
// the one that used it up.
using RecordView = std::string_view;

// Why one value of a record could not become a row.
struct BadRow {
  uint32_t record = 0;  // index into the span that Decode was given
  uint64_t offset = 0;  // byte offset of the value within its record
  uint64_t line = 0;    // line of the value within its record, from 1; 0 = the record holds one value only
  std::string column;   // "" = the value as a whole
  std::string reason;   // "expected BIGINT, found the string \"abc\""
  // The bytes of the value, where it is not all of its record: put back alone they are the same value. Valid during the
  // call.
  std::string_view data = {};
};

// What to do with a bad row: ok = drop it (the handler has counted it), an error = stop with it. Called on the
// decoder's thread.
class BadRowHandler {
 public:
  virtual ~BadRowHandler() = default;
  virtual Status OnBadRow(const BadRow& row) = 0;
};

// Where decoding stands within a span of records; a new span starts with a new cursor. It may come out of a checkpoint,
// to a decoder that has not seen the beginning of the record. `line` is for decoders that count lines as they go.
struct DecodeCursor {
  uint32_t record = 0;  // the next record
  uint64_t offset = 0;  // how much of it is used up, 0 = nothing: a record may hold more rows than a batch. In bytes,
                        // or for a decoder whose rows do not stand one behind the other, in rows
  uint64_t line = 0;    // lines already passed within it
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  // The columns that Decode fills, in order: what the query uses, plus what NOT NULL makes it look at.
  virtual const Schema& schema() const = 0;
  // Appends rows to `out` (reset, made with schema(); it borrows from `records`) until it is full or `records` is used
  // up, and moves the cursor. Row i of `out` gets origin_rows[i] = index of its record within `records`; origins are
  // set by the caller. True: `records` is used up. Error: the handler's; `out` then holds the rows before the bad one.
  virtual Result<bool> Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                              Batch* out) = 0;
  // Before the first Decode: rows for which one of the predicates, on columns of schema(), is not true are wanted by
  // nobody. The decoder may skip them, as long as none of them is a bad row.
  virtual void PushDown(const std::vector<ColumnPredicate>& /*predicates*/) {}
  // How many rows the Decodes since the last call of this have skipped. Those within a record stood before the rows
  // that the same call of Decode gave of it, never between or behind them.
  virtual uint64_t TakeSkippedRows() { return 0; }
  // True: the last Decode returned false, perhaps without rows, in front of a record that cannot be decoded yet: its
  // schema is being fetched. It is worth calling again, with the same cursor, after the waker was woken or at any
  // other time; other records may be decoded in between.
  virtual bool Waiting() const { return false; }
  // Who is woken when what was waited for is there; nullptr (the first state): nobody. Borrowed, outlives the decoder.
  virtual void WakeWith(Waker* /*waker*/) {}
};

// Rows as bytes: row i is bytes[ends[i-1], ends[i]). Of a format that packs rows, a "row" here is a record of several.
struct EncodedRows {
  std::string bytes;
  std::vector<uint64_t> ends;
  std::vector<uint32_t> first_rows;  // of the batch, by record; empty: record i is row i. Only of a packing format
  bool newlines = false;             // set by who asks for the rows: a newline follows each and belongs to it
  size_t rows() const { return ends.size(); }
  std::string_view row(size_t i) const {
    const uint64_t begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(bytes).substr(begin, ends[i] - begin);
  }
  // Of a packing format that encoded one batch of `batch_rows`: the rows in each record. Empty: one each.
  std::vector<uint32_t> RowCounts(size_t batch_rows) const {
    std::vector<uint32_t> counts = first_rows;
    for (size_t i = 0; i < counts.size(); i++) {
      const size_t next = i + 1 < counts.size() ? first_rows[i + 1] : batch_rows;
      counts[i] = static_cast<uint32_t>(next - first_rows[i]);
    }
    return counts;
  }
  void Clear() {
    bytes.clear();
    ends.clear();
    first_rows.clear();
  }
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  // Appends every row of `batch` (whose columns are the schema that the encoder was made for) to `out`.
  // Error (kUser): a NULL in a NOT NULL column; the message names the column and the row's origin.
  virtual Status Encode(const Batch& batch, EncodedRows* out) = 0;
  // Records of several rows are made no larger from now on, if one row is not; 1,000,000 before it was called.
  virtual void LimitRecords(uint64_t /*bytes*/) {}
};

// Rows into one file, from its beginning to its end.
class FileEncoder {
 public:
  virtual ~FileEncoder() = default;
  // Appends to `bytes` what the file goes on with; rows may be kept back. Errors: as Encoder::Encode.
  virtual Status Encode(const Batch& batch, std::string* bytes) = 0;
  // No more rows come: appends the rest of the file.
  virtual Status Finish(std::string* bytes) = 0;
};

// How a file is read.
enum class FileLayout {
  kLines,      // lines of rows: it may be cut at any line feed
  kLineIsRow,  // each line, without its line feed, is what a record is elsewhere
  kWhole,      // the file is one record
  kNone,       // no file can be read: where its rows end does not show
};

// What `format = '...'` names. The options are its own ("json.timestamp_format") and the table's others, as
// ParseOptions makes them.
class Format {
 public:
  virtual ~Format() = default;
  virtual Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema& schema, const OptionValues& options) const = 0;
  virtual Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema& schema, const OptionValues& options) const = 0;
  // The columns of a table whose DDL names none, as the options tell them (the fields of a schema); none: they do not.
  // May ask a schema registry, and block for as long as its options allow.
  virtual Result<Schema> ColumnsOf(const OptionValues& /*options*/) const { return Schema{}; }
  // After ColumnsOf gave columns from outside of the options: options that hold what it found, for the table to have
  // from then on.
  virtual std::vector<WrittenOption> OptionsOfColumns(const OptionValues& /*options*/) const { return {}; }
  // Called when a pipeline starts, before the encoders of a sink that are used are made: what has to be asked or
  // written elsewhere (a schema is registered). May block as ColumnsOf does.
  virtual Status PrepareSink(const Schema& /*schema*/, const OptionValues& /*options*/) const { return Status::Ok(); }
  // With these options a decoder is made with every column that the table declares, whatever the query uses.
  virtual bool ReadsAllColumns(const OptionValues& /*options*/) const { return false; }
  // With these options an encoder puts several rows into a record (an Avro container): no row has a partition key of
  // its own then, and rows do not stand in a file one behind the other.
  virtual bool PacksRows(const OptionValues& /*options*/) const { return false; }
  // Whether its decoders make anything of Decoder::PushDown.
  virtual bool TakesPredicates() const { return false; }
  virtual FileLayout Layout(const OptionValues& /*options*/) const { return FileLayout::kLines; }
  // What a file begins with, before the rows that an encoder makes.
  virtual std::string FileHeader(const Schema& /*schema*/, const OptionValues& /*options*/) const { return ""; }
  // How many bytes in front of a record, or of a bad value that stands alone, are not a row, but say what its rows are.
  // Of what is compressed: of what is in it.
  virtual uint64_t HeaderBytes(std::string_view /*record*/, const OptionValues& /*options*/) const { return 0; }
  // nullptr: a file is what FileHeader and an encoder give, each row followed by a line feed.
  virtual Result<std::unique_ptr<FileEncoder>> MakeFileEncoder(const Schema& /*schema*/,
                                                               const OptionValues& /*options*/) const {
    return std::unique_ptr<FileEncoder>();
  }
  // Called while planning, with all columns that the table declares: those that the format cannot have, and options
  // that do not go together. Appends to `problems`; position unknown: the table's.
  virtual void Check(const Schema& /*columns*/, const OptionValues& /*options*/, OptionUse /*use*/,
                     std::vector<Status>* /*problems*/) const {}
};

}  // namespace laminar
