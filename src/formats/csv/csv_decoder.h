// Lines of CSV into rows. Values stand in vectors of text first, which point into the record; whole columns are then
// cast to their types at once. Only when that fails are the values looked at one by one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "duck/database.h"
#include "formats/csv/csv_line.h"
#include "formats/csv/csv_options.h"
#include "formats/format.h"
#include "formats/missing_columns.h"

namespace laminar {

class CsvDecoder final : public Decoder {
 public:
  // Columns are found by Column::position, or by the header.
  CsvDecoder(std::unique_ptr<DuckSession> session, Schema schema, const CsvOptions& options);
  ~CsvDecoder() override;

  const Schema& schema() const override { return schema_; }
  Result<bool> Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                      Batch* out) override;

 private:
  // A column of the schema.
  struct Target {
    bool is_text = false;                  // goes into the batch as it is
    std::unique_ptr<duckdb::Vector> text;  // of others: waits to be cast
    std::unique_ptr<duckdb::Vector> cast;  // of others: what became of it
    duckdb::Vector* to = nullptr;          // where Decode's texts go: the batch's, or `text`
  };
  struct BadValue {
    uint32_t row;  // of waiting_
    size_t column;
    std::string reason;
  };
  // Where a row came from.
  struct Place {
    uint32_t record;
    uint64_t offset, line;
    RecordView header, text;  // of its record; header is empty where there is none
    bool alone;               // the record holds no other row
  };

  Status DecodeRecord(RecordView record, DecodeCursor* cursor, BadRowHandler* bad_rows, Batch* out);
  // Which field is which column, by the first line of the record. "" or what is wrong with it.
  std::string ReadHeader(RecordView record, size_t* length);
  void FindFieldsByPosition();
  // The fields of line_, parsed from `line`, as the next waiting row. false: `bad` says why they are none.
  bool TakeFields(RecordView line, BadRow* bad);
  // `bad` has its column and reason.
  Status Report(const Place& place, BadRow bad, BadRowHandler* bad_rows);
  // Casts what waits into the batch, and lets bad rows go.
  Status Flush(BadRowHandler* bad_rows, Batch* out);
  // By row; of a row's the first is the one to report. *status: DuckDB failed for reasons of its own.
  std::vector<BadValue> CastWaiting(Status* status);
  size_t row() const { return first_ + waiting_.size(); }

  const std::unique_ptr<DuckSession> session_;
  const Schema schema_;
  const CsvOptions options_;
  CsvLine line_;
  std::vector<Target> targets_;
  std::vector<int32_t> column_of_field_;  // -1: nobody's
  size_t fields_ = 0;                     // that a line must have; 0: not known
  std::vector<bool> missing_;             // by column: the header does not name it
  MissingColumns missing_columns_;
  std::string header_;          // that column_of_field_ is of
  size_t first_ = 0;            // row of the batch that waiting_[0] is
  std::vector<Place> waiting_;  // for their casts
};

}  // namespace laminar
