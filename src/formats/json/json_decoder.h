// JSON lines (and any other sequence of JSON values) into rows.
//
// A row is an object; its fields are matched to columns by name, exactly unless the options say otherwise. A missing
// field and null are NULL; the last of two equal names counts; fields of no column are stepped over by their brackets
// alone, unchecked. Values are separated by white space or by nothing; mostly each stands on a line of its own, but one
// may also go over several lines. The options, and what each type accepts, are in json_options.h and
// json_value_reader.h.
//
// A bad value costs itself only. If it is valid JSON that does not fit the columns, decoding goes on right behind it.
// If it is no valid JSON, it goes on with the next line that is not indented deeper than the bad value's first line and
// is not just its closing brackets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/format.h"
#include "formats/json/json_options.h"
#include "formats/json/json_structure.h"
#include "formats/json/json_value_reader.h"

namespace laminar {

class JsonDecoder final : public Decoder {
 public:
  // Unstructured: the schema is empty or one column of type JSON (JsonFormat checks it).
  JsonDecoder(Schema schema, const JsonOptions& options);
  ~JsonDecoder() override;

  const Schema& schema() const override { return schema_; }
  Result<bool> Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                      Batch* out) override;

 private:
  // A column and where its current batch is.
  struct Target {
    std::unique_ptr<JsonValueReader> reader;
    duckdb::Vector* vector = nullptr;
    uint8_t* data = nullptr;
    uint64_t seen = 0;  // serial number of the row that last held the field; one more: in another case
    bool not_null = false;
  };

  static constexpr int32_t kNoColumn = -1;

  // A field name as it stands in the text, quotes and escapes included, and the name that followed it last time: most
  // producers write the same order again and again, so one comparison finds a field.
  struct FieldName {
    uint64_t head[2] = {0, 0};  // the first 16 bytes, zeros behind the end
    uint64_t mask[2] = {0, 0};  // ones where head counts
    std::string text;
    int32_t column = kNoColumn;  // below kNoColumn: of column kNoColumn - 1 - column, but in another case
    uint32_t next = 0;           // index into names_
  };

  // The stretch of a record whose tokens are known.
  struct Window {
    std::string_view record;  // without white space at its end
    uint32_t index = 0;       // of the record
    size_t begin = 0, end = 0;
    JsonCursor cursor;
    bool open = false;
  };

  struct TransparentHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  Status DecodeRecord(uint64_t* offset, BadRowHandler* bad_rows);
  Status OpenWindow(uint64_t* offset, BadRowHandler* bad_rows);
  bool IndexGoodValues(size_t begin);
  bool IndexWindow(size_t begin, size_t end, const char** wrong);
  bool GrowWindow(size_t begin, const char** wrong);
  Status HandleBadRow(const uint32_t* start, uint64_t* offset, BadRowHandler* bad_rows);
  Status Report(size_t begin, size_t end, BadRowHandler* bad_rows);
  size_t NextLineAfter(size_t value_offset) const;
  uint64_t LineOf(size_t value_offset);

  bool ReadRow(JsonCursor* cursor);
  bool ReadWhole(JsonCursor* cursor);
  bool BadSyntax(std::string_view what);
  bool BadColumn(int32_t column);
  bool BadField(const JsonCursor& name);
  bool FillMissing();
  const FieldName* FindName(uint32_t* previous, std::string_view text);
  uint32_t AddName(std::string_view text);
  int32_t FindColumn(std::string_view name) const;

  const Schema schema_;
  const JsonOptions options_;
  std::vector<Target> targets_;
  std::vector<FieldName> names_;  // [0]: before the first field
  std::unordered_map<std::string, uint32_t, TransparentHash, std::equal_to<>> name_index_;
  JsonStructure structure_;
  Window window_;
  uint64_t resume_offset_ = 0;  // where the window's record goes on
  size_t suspect_until_ = 0;    // up to here the record is indexed line by line, as a line of it is broken
  size_t grow_limit_ = 0;       // a window that began where this one does and went up to here was broken; 0: none
  uint64_t row_ = 0;            // of the batch being filled
  uint64_t serial_ = 0;         // of the row being read; even
  bool bad_kind_ = false;       // the value is no object at all
  std::string bad_column_;
  JsonProblem problem_;
  size_t counted_offset_ = 0;  // LineOf's last answer for the window's record
  uint64_t counted_lines_ = 0;
};

}  // namespace laminar
