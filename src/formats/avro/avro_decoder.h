// Avro records into rows: single objects, container files, raw datums, and datums whose schema a registry has. In front
// of one whose schema is still on its way decoding waits (Decoder::Waiting).
//
// A bad datum costs itself only. In a container, decoding goes on behind it where its frame is sound; where not, the
// rest of its block is lost, and where a block's own frame is damaged, what lies before the next sync marker. Each such
// loss is one bad row. The cursor counts the rows of a container, bad ones too.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "formats/avro/avro_container.h"
#include "formats/avro/avro_options.h"
#include "formats/avro/avro_plan.h"
#include "formats/avro/avro_reading.h"
#include "formats/format.h"
#include "formats/missing_columns.h"

namespace laminar {

class AvroDecoder final : public Decoder {
 public:
  // kUser: a column cannot be read with the schemas of the options, or they are missing.
  static Result<std::unique_ptr<AvroDecoder>> Make(Schema schema, AvroOptions options);
  ~AvroDecoder() override;

  const Schema& schema() const override { return schema_; }
  Result<bool> Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                      Batch* out) override;
  bool Waiting() const override { return waiting_; }
  void WakeWith(Waker* waker) override { waiter_->Bind(waker); }

 private:
  // A writer's schema and what it means for the columns.
  struct Writer {
    AvroSchemaRef schema;
    AvroRecordPlan plan;
    std::string failure;  // why it cannot be read; "" = it can
  };

  using BlockRef = std::shared_ptr<const AvroBlockBytes>;  // shared: by a container, and the batch with its rows

  // A container that is being read.
  struct Container {
    std::string_view record;
    uint32_t index = 0;     // of the record, within the span of the last call
    uint64_t next_row = 0;  // of the container
    AvroHeader header;
    std::shared_ptr<const Writer> writer;  // shared: with writers_by_text_, which may forget it
    size_t block_offset = 0, next_block = 0;
    uint64_t block_rows = 0;  // that are left in the block
    BlockRef block;           // nullptr: it lies in the record
    AvroCursor rows;          // where the next one begins
  };

  AvroDecoder(Schema schema, AvroOptions options);

  Status DecodeDatum(std::string_view record, uint32_t index, BadRowHandler* bad_rows, Batch* out);
  // Sets waiting_ if its schema is not here yet.
  Status DecodeRegistered(std::string_view record, uint32_t index, BadRowHandler* bad_rows, Batch* out);
  // datum: the end of a record.
  Status DecodeWith(const Writer& writer, std::string_view datum, uint32_t index, BadRowHandler* bad_rows, Batch* out);
  // Rows of a container until the batch is full or the container is used up (then container_ is empty).
  Status DecodeContainer(std::string_view record, DecodeCursor* cursor, BadRowHandler* bad_rows, Batch* out);
  // Makes container_ the one that stands there, if it is still open.
  void Reopen(std::string_view record, const DecodeCursor& cursor);
  Status OpenContainer(std::string_view record, uint32_t index, BadRowHandler* bad_rows);
  Status OpenBlock(bool reports, BadRowHandler* bad_rows);
  Status SkipRows(uint64_t rows, BadRowHandler* bad_rows);
  Status ReadContainerRow(BadRowHandler* bad_rows, Batch* out);
  std::shared_ptr<const Writer> FindWriter(std::string_view schema_text);
  std::shared_ptr<const Writer> MakeWriter(std::string_view schema_text, const std::string& whose);
  std::shared_ptr<const Writer> MakeWriter(const RegisteredSchema& schema);

  bool ReadRow(const AvroRecordPlan& plan, AvroCursor* cursor, Batch* out);
  Status ReportRow(uint32_t record, uint64_t offset, const std::string& more, BadRowHandler* bad_rows);
  static Status Report(uint32_t record, uint64_t offset, std::string reason, BadRowHandler* bad_rows);

  const Schema schema_;
  const AvroOptions options_;
  std::vector<std::shared_ptr<const Writer>> known_;  // by options; the first is a raw datum's
  std::unordered_map<std::string, std::shared_ptr<const Writer>> writers_by_text_;  // of containers
  std::unordered_map<std::string, std::shared_ptr<const Writer>> writers_by_id_;    // of a registry
  std::string last_id_;                                                             // of the record before
  std::shared_ptr<const Writer> last_writer_;
  SchemaWaiterRef waiter_ = std::make_shared<SchemaWaiter>();
  bool waiting_ = false;
  MissingColumns missing_columns_;  // of schemas that came with records
  std::vector<uint32_t> not_null_;
  AvroReading reading_;
  uint64_t row_ = 0;  // of the batch being filled
  std::optional<Container> container_;
  std::vector<Container> parked_;  // read in part, while the reader decodes others in between; the oldest first
  std::vector<BlockRef> blocks_;   // that rows of the batch may point into
  size_t block_bytes_ = 0;         // of blocks_
};

}  // namespace laminar
