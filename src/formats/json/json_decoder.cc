// A record is indexed in windows of whole lines (JsonStructure), small enough for their tokens to stay in the cache,
// and each row walks the window's tokens once. When a window cannot be indexed, one of its lines is broken, and it is
// taken line by line; when a value does not end within its window, the window grows.
#include "formats/json/json_decoder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/byte_order_mark.h"
#include "formats/json/json_name.h"
#include "formats/json/json_string.h"
#include "formats/json/json_syntax.h"

namespace laminar {
namespace {

constexpr size_t kWindowBytes = 64 << 10;
constexpr size_t kMaxNames = 4096;  // remembered field names

// Past the end of the line that holds `offset`, its line feed included.
size_t LineEnd(std::string_view record, size_t offset) {
  if (offset >= record.size()) return record.size();
  const size_t feed = record.find('\n', offset);
  return feed == std::string_view::npos ? record.size() : feed + 1;
}

// Where objects and lists that follow one another end. Only brackets and quotes are looked at.
std::vector<size_t> EndsOfValues(std::string_view text) {
  std::vector<size_t> ends;
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') i++;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      depth++;
    } else if ((c == '}' || c == ']') && depth > 0 && --depth == 0) {
      ends.push_back(i + 1);
    }
  }
  return ends;
}

size_t SkipSpace(std::string_view record, size_t offset) {
  while (offset < record.size() && IsJsonSpace(record[offset])) offset++;
  return offset;
}

}  // namespace

JsonDecoder::JsonDecoder(Schema schema, const JsonOptions& options) : schema_(std::move(schema)), options_(options) {
  for (const Column& column : schema_) {
    Target target;
    target.reader = std::make_unique<JsonValueReader>(*column.type, options_);
    target.not_null = column.not_null;
    targets_.push_back(std::move(target));
  }
  names_.emplace_back();
}

JsonDecoder::~JsonDecoder() = default;

Result<bool> JsonDecoder::Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                                 Batch* out) {
  duckdb::DataChunk& chunk = out->chunk();
  for (size_t i = 0; i < targets_.size(); i++) {
    targets_[i].vector = &chunk.data[i];
    targets_[i].data = duckdb::FlatVector::GetData(chunk.data[i]);
  }
  row_ = out->rows();
  out->origin_rows.resize(kBatchRows);
  Status status;
  while (cursor->record < records.size()) {
    std::string_view record = records[cursor->record];
    while (!record.empty() && IsJsonSpace(record.back())) record.remove_suffix(1);
    // Within a record, the window goes on from call to call.
    const bool same = cursor->offset > 0 && cursor->offset == resume_offset_ && window_.index == cursor->record &&
                      window_.record.data() == record.data() && window_.record.size() == record.size();
    if (!same) {
      window_ = Window{record, cursor->record, 0, 0, {}, false};
      suspect_until_ = counted_offset_ = counted_lines_ = 0;
      if (cursor->offset == 0 && record.starts_with(kByteOrderMark)) cursor->offset = kByteOrderMark.size();
    }
    const uint64_t first_row = row_;
    status = DecodeRecord(&cursor->offset, bad_rows);
    resume_offset_ = cursor->offset;
    std::fill(out->origin_rows.begin() + static_cast<ptrdiff_t>(first_row),
              out->origin_rows.begin() + static_cast<ptrdiff_t>(row_), cursor->record);
    if (!status.ok() || cursor->offset < record.size()) break;
    cursor->record++;
    cursor->offset = 0;
  }
  out->origin_rows.resize(row_);
  chunk.SetCardinality(row_);
  if (!status.ok()) return status;
  return cursor->record == records.size();
}

// Rows until the batch is full or the record is used up.
Status JsonDecoder::DecodeRecord(uint64_t* offset, BadRowHandler* bad_rows) {
  while (*offset < window_.record.size()) {
    if (row_ == kBatchRows) return Status::Ok();
    if (!window_.open || *offset >= window_.end) {
      RETURN_IF_ERROR(OpenWindow(offset, bad_rows));
      continue;
    }
    JsonCursor& cursor = window_.cursor;
    while (!cursor.done() && row_ < kBatchRows) {
      const uint32_t* start = cursor.next;
      serial_ += 2;
      if (options_.unstructured ? ReadWhole(&cursor) : ReadRow(&cursor)) [[likely]] {
        row_++;
        continue;
      }
      RETURN_IF_ERROR(HandleBadRow(start, offset, bad_rows));
      if (!window_.open) break;
    }
    if (window_.open) *offset = cursor.done() ? window_.end : window_.begin + *cursor.next;
  }
  return Status::Ok();
}

// Indexes the next whole lines from *offset on, or reports the line there as bad and moves *offset behind it.
Status JsonDecoder::OpenWindow(uint64_t* offset, BadRowHandler* bad_rows) {
  const std::string_view record = window_.record;
  const size_t begin = SkipSpace(record, *offset);
  *offset = begin;
  if (begin == record.size()) return Status::Ok();
  const char* wrong = nullptr;
  grow_limit_ = 0;
  if (begin >= suspect_until_) {
    size_t end = record.size();
    if (end - begin > kWindowBytes) {
      const size_t feed = record.substr(begin, kWindowBytes).rfind('\n');
      end = feed == std::string_view::npos ? LineEnd(record, begin + kWindowBytes) : begin + feed + 1;
    }
    if (IndexWindow(begin, end, &wrong)) return Status::Ok();
    suspect_until_ = end;
  }
  if (IndexWindow(begin, LineEnd(record, begin), &wrong)) return Status::Ok();
  if (IndexGoodValues(begin)) return Status::Ok();
  bad_column_.clear();
  problem_ = JsonProblem{"", std::string("the value ") + wrong, false};
  *offset = NextLineAfter(begin);
  return Report(begin, *offset, bad_rows);
}

bool JsonDecoder::IndexWindow(size_t begin, size_t end, const char** wrong) {
  *wrong = structure_.Index(window_.record.data() + begin, end - begin, &window_.cursor);
  window_.open = *wrong == nullptr;
  window_.begin = begin;
  window_.end = end;
  return window_.open;
}

// Of a line that is broken somewhere: the values before that place. False: it is the first.
bool JsonDecoder::IndexGoodValues(size_t begin) {
  const std::string_view line = window_.record.substr(begin, LineEnd(window_.record, begin) - begin);
  const char* wrong = nullptr;
  const std::vector<size_t> ends = EndsOfValues(line);
  const auto first_bad = std::partition_point(ends.begin(), ends.end(),
                                              [&](size_t end) { return IndexWindow(begin, begin + end, &wrong); });
  if (first_bad == ends.begin()) {
    window_.open = false;
    return false;
  }
  return IndexWindow(begin, begin + *(first_bad - 1), &wrong);
}

// The value at `begin` does not end within the window: a window that starts there and holds more. False: `wrong` stands
// in the way of its end.
bool JsonDecoder::GrowWindow(size_t begin, const char** wrong) {
  const std::string_view record = window_.record;
  const size_t end = window_.end;
  if (begin >= suspect_until_) {
    const size_t doubled =
        LineEnd(record, begin + std::max(kWindowBytes, begin == window_.begin ? 2 * (end - begin) : 0));
    if (IndexWindow(begin, std::max(doubled, end), wrong)) return true;
    suspect_until_ = grow_limit_ = window_.end;
    // From here on line by line, beginning with the one at hand.
    return IndexWindow(begin, LineEnd(record, begin), wrong);
  }
  if (begin > window_.begin) {
    grow_limit_ = 0;
    return IndexWindow(begin, LineEnd(record, end), wrong);
  }
  // Twice as long each time, and once that meets the broken line, halfway to it.
  for (;;) {
    size_t next = begin + 2 * (end - begin);
    if (grow_limit_ != 0) next = std::min(next, end + (grow_limit_ - end) / 2);
    next = LineEnd(record, next);
    if (grow_limit_ != 0 && next >= grow_limit_) next = LineEnd(record, end);
    if (grow_limit_ != 0 && next >= grow_limit_) return false;
    if (IndexWindow(begin, next, wrong)) return true;
    grow_limit_ = next;
  }
}

// After ReadRow said no: grows the window if the value may go on behind it, else reports it and moves behind it.
Status JsonDecoder::HandleBadRow(const uint32_t* start, uint64_t* offset, BadRowHandler* bad_rows) {
  JsonCursor& cursor = window_.cursor;
  const size_t begin = window_.begin + *start;
  const bool bad_kind = std::exchange(bad_kind_, false);
  cursor.next = start;
  const JsonError error = CheckJsonValue(&cursor, nullptr);
  if (error.incomplete && window_.end < window_.record.size()) {
    const char* wrong = nullptr;
    problem_ = JsonProblem{};
    if (GrowWindow(begin, &wrong)) return Status::Ok();
    bad_column_.clear();
    problem_ =
        JsonProblem{"", std::string("the value does not end before text that ") + (wrong ? wrong : "is broken"), false};
    window_.open = false;
    *offset = NextLineAfter(begin);
    return Report(begin, *offset, bad_rows);
  }
  if (error.what && (bad_column_.empty() || problem_.incomplete))
    problem_.reason = std::string("the value is not valid JSON: ") + error.what;
  if (!error.what && !bad_kind)  // the cursor is behind the value
    return Report(begin, cursor.done() ? window_.end : window_.begin + *cursor.next, bad_rows);
  *offset = error.what ? NextLineAfter(begin) : LineEnd(window_.record, window_.begin + cursor.next[-1]);
  if (*offset >= window_.end) {
    window_.open = false;
  } else {
    cursor.next = std::lower_bound(start, cursor.end, static_cast<uint32_t>(*offset - window_.begin));
  }
  return Report(begin, *offset, bad_rows);
}

// end: where decoding goes on.
Status JsonDecoder::Report(size_t begin, size_t end, BadRowHandler* bad_rows) {
  BadRow bad;
  bad.record = window_.index;
  bad.offset = begin;
  bad.line = LineOf(begin);
  const std::string_view record = window_.record;
  const bool is_all = SkipSpace(record, 0) == begin && SkipSpace(record, end) == record.size();
  if (!is_all) {
    bad.data = record.substr(begin, end - begin);
    while (!bad.data.empty() && IsJsonSpace(bad.data.back())) bad.data.remove_suffix(1);
  }
  bad.column = bad_column_;
  bad.reason = problem_.path.empty() ? problem_.reason : "at " + problem_.path + ": " + problem_.reason;
  problem_ = JsonProblem{};
  return bad_rows->OnBadRow(bad);
}

size_t JsonDecoder::NextLineAfter(size_t value_offset) const {
  const std::string_view record = window_.record;
  const auto indentation = [&](size_t line) { return record.find_first_not_of(" \t", line) - line; };
  const size_t feed = record.substr(0, value_offset).rfind('\n');
  const size_t indented = indentation(feed == std::string_view::npos ? 0 : feed + 1);
  size_t line = LineEnd(record, value_offset);
  while (line < record.size()) {
    const size_t first = record.find_first_not_of(" \t\r", line);
    if (first == std::string_view::npos) return record.size();
    const char c = record[first];
    if (c != '\n' && c != '}' && c != ']' && c != ',' && first - line <= indented) break;
    line = LineEnd(record, first);
  }
  return line;
}

uint64_t JsonDecoder::LineOf(size_t value_offset) {
  const std::string_view record = window_.record;
  if (record.find('\n') == std::string_view::npos) return 0;
  if (value_offset < counted_offset_) counted_offset_ = counted_lines_ = 0;
  counted_lines_ += static_cast<uint64_t>(std::count(record.begin() + static_cast<ptrdiff_t>(counted_offset_),
                                                     record.begin() + static_cast<ptrdiff_t>(value_offset), '\n'));
  counted_offset_ = value_offset;
  return counted_lines_ + 1;
}

bool JsonDecoder::BadSyntax(std::string_view what) {
  bad_column_.clear();
  problem_ = JsonProblem{"", std::string(what), what.empty()};
  if (what.empty()) problem_.reason = "the value ends too early";
  return false;
}

bool JsonDecoder::BadColumn(int32_t column) {
  bad_column_ = schema_[static_cast<size_t>(column)].name;
  return false;
}

bool JsonDecoder::BadField(const JsonCursor& name) {
  return BadSyntax(UnknownJsonField(name));
}

bool JsonDecoder::ReadWhole(JsonCursor* cursor) {
  if (targets_.empty()) {
    const JsonError error = CheckJsonValue(cursor, nullptr);
    return error.what ? BadSyntax(error.incomplete ? "" : error.what) : true;
  }
  Target& target = targets_[0];
  const JsonRead read = target.reader->Read(cursor, *target.vector, target.data, row_, &problem_);
  if (read == JsonRead::kNull && target.not_null) problem_.reason = "found null, but the column is NOT NULL";
  if (read == JsonRead::kBad || (read == JsonRead::kNull && target.not_null)) return BadColumn(0);
  return true;
}

bool JsonDecoder::ReadRow(JsonCursor* position) {
  JsonCursor cursor = *position;
  const char* const base = cursor.base;
  const uint32_t* const end = cursor.end;
  if (base[*cursor.next] != '{') [[unlikely]] {
    bad_kind_ = true;
    return BadSyntax(std::string("expected a JSON object, found ").append(DescribeJsonValue(cursor)));
  }
  cursor.next++;
  size_t filled = 0;
  if (cursor.next < end && base[*cursor.next] == '}') {
    cursor.next++;
  } else {
    uint32_t previous = 0;
    for (;;) {
      // At least a name, a colon, a value and what follows it.
      if (end - cursor.next < 4) [[unlikely]]
        return BadSyntax("");
      const char* name = base + cursor.next[0];
      const char* colon = base + cursor.next[1];
      if (*name != '"' || *colon != ':') [[unlikely]]
        return BadSyntax("a field name in quotes, followed by a colon, is missing");
      while (IsJsonSpace(colon[-1])) [[unlikely]]
        colon--;
      if (colon[-1] != '"' || colon - name < 2) [[unlikely]]
        return BadSyntax("a colon is missing");
      const FieldName* field = FindName(&previous, std::string_view(name, static_cast<size_t>(colon - name)));
      if (field == nullptr) [[unlikely]]
        return false;
      int32_t column = field->column;
      uint64_t seen = serial_;
      if (column < 0) {
        if (column == kNoColumn) {
          if (options_.unknown_fields_are_bad) [[unlikely]]
            return BadField(cursor);
        } else {
          column = kNoColumn - 1 - column;
          if (targets_[static_cast<size_t>(column)].seen == serial_) column = kNoColumn;  // the exact match counts
          seen++;
        }
      }
      cursor.next += 2;
      if (column < 0) {
        if (kJsonDepthStep[static_cast<unsigned char>(base[*cursor.next])] == 0) {
          cursor.next++;
        } else if (!SkipJsonValue(&cursor)) {
          return BadSyntax("");
        }
      } else {
        Target& target = targets_[static_cast<size_t>(column)];
        const JsonRead read = target.reader->Read(&cursor, *target.vector, target.data, row_, &problem_);
        if (read != JsonRead::kValue) [[unlikely]] {
          if (read == JsonRead::kBad) return BadColumn(column);
          if (target.not_null) {
            problem_ = JsonProblem{"", "found null, but the column is NOT NULL", false};
            return BadColumn(column);
          }
        }
        filled += target.seen < serial_;
        target.seen = seen;
      }
      if (cursor.next >= end) [[unlikely]]
        return BadSyntax("");
      const char c = base[*cursor.next++];
      if (c == ',') continue;
      if (c == '}') break;
      return BadSyntax("a comma or a closing brace is missing");
    }
  }
  if (filled != targets_.size() && !FillMissing()) return false;
  *position = cursor;
  return true;
}

bool JsonDecoder::FillMissing() {
  for (size_t i = 0; i < targets_.size(); i++) {
    if (targets_[i].seen >= serial_) continue;
    if (targets_[i].not_null) {
      problem_ = JsonProblem{"", "the field is missing, but the column is NOT NULL", false};
      return BadColumn(static_cast<int32_t>(i));
    }
    targets_[i].reader->SetNull(*targets_[i].vector, row_);
  }
  return true;
}

// The entry of a name as written; *previous, the name before it in the row, becomes its index. nullptr: its escapes are
// wrong.
inline const JsonDecoder::FieldName* JsonDecoder::FindName(uint32_t* previous, std::string_view text) {
  uint64_t head[2];
  std::memcpy(head, text.data(), 16);
  const auto same = [&](const FieldName& name) {
    return name.text.size() == text.size() &&
           (((head[0] ^ name.head[0]) & name.mask[0]) | ((head[1] ^ name.head[1]) & name.mask[1])) == 0 &&
           (text.size() <= 16 || std::memcmp(text.data() + 16, name.text.data() + 16, text.size() - 16) == 0);
  };
  const uint32_t guess = names_[*previous].next;
  if (same(names_[guess])) [[likely]] {
    *previous = guess;
    return &names_[guess];
  }
  // A field left out this time?
  const uint32_t after = names_[guess].next;
  if (same(names_[after])) {
    *previous = after;
    return &names_[after];
  }
  const auto known = name_index_.find(text);
  const uint32_t found = known != name_index_.end() ? known->second : AddName(text);
  if (found == 0) return nullptr;
  if (*previous >= names_.size()) *previous = 0;  // all names were forgotten
  names_[*previous].next = found;
  *previous = found;
  return &names_[found];
}

uint32_t JsonDecoder::AddName(std::string_view text) {
  std::string_view body = text.substr(1, text.size() - 2);
  std::string name(body);
  if (body.find('\\') != std::string_view::npos) {
    size_t size;
    if (const char* wrong = UnescapeJson(body, name.data(), &size)) {
      BadSyntax(std::string("a field name holds ") + wrong);
      return 0;
    }
    name.resize(size);
  }
  if (names_.size() > kMaxNames) {
    // A producer that makes up names: forget them all rather than grow without end.
    names_.resize(1);
    names_[0].next = 0;
    name_index_.clear();
  }
  FieldName entry;
  entry.text = text;
  char head[16] = {}, mask[16] = {};
  std::memcpy(head, text.data(), std::min<size_t>(text.size(), 16));
  std::memset(mask, 0xFF, std::min<size_t>(text.size(), 16));
  std::memcpy(entry.head, head, 16);
  std::memcpy(entry.mask, mask, 16);
  entry.column = FindColumn(name);
  names_.push_back(std::move(entry));
  const auto index = static_cast<uint32_t>(names_.size() - 1);
  name_index_.emplace(text, index);
  return index;
}

int32_t JsonDecoder::FindColumn(std::string_view name) const {
  for (size_t i = 0; i < schema_.size(); i++) {
    const auto column = static_cast<int32_t>(i);
    if (schema_[i].name == name) return column;
    if (options_.case_insensitive && EqualUpToCase(schema_[i].name, name)) return kNoColumn - 1 - column;
  }
  return kNoColumn;
}

}  // namespace laminar
