#include "formats/csv/csv_decoder.h"

#include <algorithm>
#include <cstring>

#include "duckdb/common/string_util.hpp"
#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"

#include "base/byte_order_mark.h"
#include "duck/cast_column.h"

namespace laminar {
namespace {

constexpr const char* kCarriageReturns = "lines end with a carriage return alone, and have to end with LF or CRLF";

// A text of several lines, none of which ends as a line does here.
bool EndsWithCarriageReturns(std::string_view text) {
  return text.find('\n') == text.npos && text.find('\r') < text.size() - 1;
}

uint64_t LineFeeds(std::string_view text) {
  return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

CsvDecoder::CsvDecoder(std::unique_ptr<DuckSession> session, Schema schema, const CsvOptions& options)
    : session_(std::move(session)), schema_(std::move(schema)), options_(options), line_(options) {
  for (const Column& column : schema_) {
    Target target;
    target.is_text = column.type->id() == duckdb::LogicalTypeId::VARCHAR && !column.type->IsJSONType();
    targets_.push_back(std::move(target));
  }
  missing_.resize(schema_.size());
  if (!options_.header) FindFieldsByPosition();
}

CsvDecoder::~CsvDecoder() = default;

void CsvDecoder::FindFieldsByPosition() {
  fields_ = options_.fields;
  for (size_t i = 0; i < schema_.size(); i++) {
    if (column_of_field_.size() <= schema_[i].position) column_of_field_.resize(schema_[i].position + 1, -1);
    column_of_field_[schema_[i].position] = static_cast<int32_t>(i);
  }
}

std::string CsvDecoder::ReadHeader(RecordView record, size_t* length) {
  if (!header_.empty() && record.starts_with(header_)) {
    *length = header_.size();
    return "";
  }
  *length = record.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  do {
    if (*length == record.size()) return "";
    *length = line_.Parse(record, *length);
    if (*length == 0) return std::string("the header: ") + line_.problem();
  } while (line_.blank());
  if (EndsWithCarriageReturns(record)) return std::string("the header: ") + kCarriageReturns;
  const std::vector<CsvField>& names = line_.fields();
  column_of_field_.assign(names.size(), -1);
  fields_ = names.size();
  for (size_t i = 0; i < schema_.size(); i++) {
    const auto find = [&](auto same) {
      return std::find_if(names.begin(), names.end(), [&](const CsvField& name) {
        return same(name.escapes ? line_.Unescape(name.text) : std::string(name.text), schema_[i].name);
      });
    };
    auto found = find([](const std::string& a, const std::string& b) { return a == b; });
    if (found == names.end()) {
      found = find([](const std::string& a, const std::string& b) { return duckdb::StringUtil::CIEquals(a, b); });
    }
    missing_[i] = found == names.end();
    if (missing_[i] && !schema_[i].not_null) missing_columns_.Tell(schema_[i].name, "the header");
    if (!missing_[i]) column_of_field_[static_cast<size_t>(found - names.begin())] = static_cast<int32_t>(i);
  }
  // Only a whole line is one that another record may begin with.
  header_ = record[*length - 1] == '\n' ? std::string(record.substr(0, *length)) : "";
  return "";
}

Result<bool> CsvDecoder::Decode(std::span<const RecordView> records, DecodeCursor* cursor, BadRowHandler* bad_rows,
                                Batch* out) {
  first_ = out->rows();
  waiting_.clear();
  out->origin_rows.resize(first_);
  for (size_t i = 0; i < targets_.size(); i++) {
    Target& target = targets_[i];
    if (!target.is_text) target.text = std::make_unique<duckdb::Vector>(duckdb::LogicalType::VARCHAR);
    target.to = target.is_text ? &out->chunk().data[i] : target.text.get();
  }
  while (cursor->record < records.size()) {
    const RecordView record = records[cursor->record];
    RETURN_IF_ERROR(DecodeRecord(record, cursor, bad_rows, out));
    if (cursor->offset < record.size()) break;
    *cursor = {cursor->record + 1, 0, 0};
  }
  RETURN_IF_ERROR(Flush(bad_rows, out));
  return cursor->record == records.size();
}

Status CsvDecoder::DecodeRecord(RecordView record, DecodeCursor* cursor, BadRowHandler* bad_rows, Batch* out) {
  size_t length = 0;
  if (options_.header) {
    const std::string problem = ReadHeader(record, &length);
    if (!problem.empty()) {
      RETURN_IF_ERROR(Flush(bad_rows, out));
      cursor->offset = record.size();
      return bad_rows->OnBadRow({.record = cursor->record, .line = 1, .column = "", .reason = problem});
    }
    if (cursor->offset == 0) *cursor = {cursor->record, length, LineFeeds(record.substr(0, length))};
  } else if (cursor->offset == 0 && record.starts_with(kByteOrderMark)) {
    cursor->offset = kByteOrderMark.size();
  }
  while (cursor->offset < record.size()) {
    if (row() == kBatchRows) {
      RETURN_IF_ERROR(Flush(bad_rows, out));
      if (row() == kBatchRows) return Status::Ok();
    }
    const size_t begin = cursor->offset;
    BadRow bad;
    size_t next = line_.Parse(record, begin);
    if (next == 0) {
      bad.reason = line_.problem();
      next = std::min(record.find('\n', begin), record.size() - 1) + 1;
    }
    const RecordView text = record.substr(begin, next - begin);
    const Place place = {.record = cursor->record,
                         .offset = begin,
                         .line = cursor->line + 1,
                         .header = record.substr(0, length),
                         .text = text,
                         .alone = length + text.size() == record.size()};
    if (bad.reason.empty() && !line_.blank() && TakeFields(text, &bad)) waiting_.push_back(place);
    cursor->offset = next;
    cursor->line += LineFeeds(text);
    if (bad.reason.empty()) continue;
    RETURN_IF_ERROR(Flush(bad_rows, out));  // what stands before it
    RETURN_IF_ERROR(Report(place, std::move(bad), bad_rows));
  }
  return Status::Ok();
}

Status CsvDecoder::Report(const Place& place, BadRow bad, BadRowHandler* bad_rows) {
  bad.record = place.record;
  bad.offset = place.offset;
  bad.line = place.line;
  std::string alone;
  if (!place.alone) {
    RecordView line = place.text;
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    bad.data = alone.append(place.header).append(line);
  }
  return bad_rows->OnBadRow(bad);
}

bool CsvDecoder::TakeFields(RecordView line, BadRow* bad) {
  const std::vector<CsvField>& fields = line_.fields();
  if (fields.size() < column_of_field_.size() || (fields_ != 0 && fields.size() != fields_)) {
    bad->reason = "the line has " + std::to_string(fields.size()) + " fields, and " +
                  (options_.header ? "the header " : "the table ") +
                  std::to_string(std::max(fields_, column_of_field_.size()));
    if (EndsWithCarriageReturns(line)) bad->reason = kCarriageReturns;
    return false;
  }
  const size_t count = std::min(fields.size(), column_of_field_.size());
  for (size_t i = 0; i < count; i++) {
    if (column_of_field_[i] < 0) continue;
    const CsvField& field = fields[i];
    const auto column = static_cast<size_t>(column_of_field_[i]);
    const Target& target = targets_[column];
    const size_t at = target.is_text ? row() : waiting_.size();
    if (!field.quoted && field.text == options_.null) {
      duckdb::FlatVector::SetNull(*target.to, at, true);
      continue;
    }
    if (!duckdb::Value::StringIsValid(field.text.data(), field.text.size()) || field.text.size() > UINT32_MAX) {
      bad->column = schema_[column].name;
      bad->reason = field.text.size() > UINT32_MAX ? "the value is longer than 4 GiB" : "the value is not valid UTF-8";
      return false;
    }
    duckdb::FlatVector::SetNull(*target.to, at, false);
    duckdb::FlatVector::GetData<duckdb::string_t>(*target.to)[at] =
        field.escapes ? duckdb::StringVector::AddString(*target.to, line_.Unescape(field.text))
                      : duckdb::string_t(field.text.data(), static_cast<uint32_t>(field.text.size()));
  }
  for (size_t i = 0; i < missing_.size(); i++) {
    if (!missing_[i]) continue;
    duckdb::FlatVector::SetNull(*targets_[i].to, targets_[i].is_text ? row() : waiting_.size(), true);
  }
  return true;
}

std::vector<CsvDecoder::BadValue> CsvDecoder::CastWaiting(Status* status) {
  std::vector<BadValue> bad;
  for (size_t i = 0; i < targets_.size(); i++) {
    Target& target = targets_[i];
    if (target.is_text) continue;
    target.cast = std::make_unique<duckdb::Vector>(*schema_[i].type, waiting_.size());
    std::vector<BadCast> casts;
    *status = CastColumn(session_.get(), target.text.get(), waiting_.size(), target.cast.get(), &casts);
    if (!status->ok()) return bad;
    target.cast->Flatten(waiting_.size());
    for (BadCast& cast : casts) bad.push_back({cast.row, i, std::move(cast.reason)});
  }
  for (size_t i = 0; i < schema_.size(); i++) {
    if (!schema_[i].not_null) continue;
    const Target& target = targets_[i];
    for (uint32_t k = 0; k < waiting_.size(); k++) {
      if (!duckdb::FlatVector::IsNull(target.is_text ? *target.to : *target.cast, target.is_text ? first_ + k : k))
        continue;
      bad.push_back({k, i,
                     missing_[i] ? "the header has no such column, and it is NOT NULL"
                                 : "found NULL, but the column is NOT NULL"});
    }
  }
  // What could not be cast before what that left empty.
  std::stable_sort(bad.begin(), bad.end(), [](const BadValue& a, const BadValue& b) { return a.row < b.row; });
  return bad;
}

Status CsvDecoder::Flush(BadRowHandler* bad_rows, Batch* out) {
  const size_t count = waiting_.size();
  if (count == 0) return Status::Ok();
  Status status;
  const std::vector<BadValue> bad = CastWaiting(&status);
  RETURN_IF_ERROR(status);
  duckdb::SelectionVector good(count);
  size_t kept = 0;
  auto next_bad = bad.begin();
  for (size_t k = 0; k < count && status.ok(); k++) {
    const Place& place = waiting_[k];
    if (next_bad == bad.end() || next_bad->row != k) {
      good.set_index(kept++, k);
      out->origin_rows.push_back(place.record);
      continue;
    }
    status = Report(place, {.column = schema_[next_bad->column].name, .reason = next_bad->reason}, bad_rows);
    while (next_bad != bad.end() && next_bad->row == k) ++next_bad;
  }
  for (const Target& target : targets_) {
    if (!target.is_text) {
      const auto column = static_cast<size_t>(&target - targets_.data());
      duckdb::VectorOperations::Copy(*target.cast, out->chunk().data[column], good, kept, 0, first_);
      continue;
    }
    auto* const texts = duckdb::FlatVector::GetData<duckdb::string_t>(*target.to) + first_;
    for (size_t i = 0; kept < count && i < kept; i++) {
      const size_t from = good.get_index(i);
      texts[i] = texts[from];
      duckdb::FlatVector::SetNull(*target.to, first_ + i, duckdb::FlatVector::IsNull(*target.to, first_ + from));
    }
  }
  first_ += kept;
  out->chunk().SetCardinality(first_);
  waiting_.clear();
  return status;
}

}  // namespace laminar
