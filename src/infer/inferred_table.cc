#include "infer/inferred_table.h"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "base/check.h"
#include "duck/pch.h"
#include "duck/texts_of.h"
#include "infer/column_names.h"
#include "infer/columns.h"
#include "infer/event_time.h"
#include "infer/record_format.h"

namespace laminar::infer {

namespace {

// The records as they are before compression, without those that are damaged.
struct Plain {
  std::vector<std::string_view> records;
  std::vector<size_t> numbers;      // of the same records in the sample
  std::deque<std::string> storage;  // of those that were compressed
};

Result<Plain> Decompress(const SampleReader& reader, const FormatOptions& compression) {
  Plain plain;
  if (compression.empty()) {
    plain.records.assign(reader.sample().records.begin(), reader.sample().records.end());
    for (size_t i = 0; i < plain.records.size(); i++) plain.numbers.push_back(i);
    return plain;
  }
  Status first_bad;
  RETURN_IF_ERROR(reader.Read(
      "raw", compression, {{"data", MakeType("BLOB")}},
      [&](const Batch& batch) {
        const std::vector<std::string_view> records = TextsOf(batch, 0);
        for (size_t row = 0; row < records.size(); row++) {
          plain.storage.emplace_back(records[row]);
          plain.numbers.push_back(batch.OriginRow(row));
        }
      },
      [&](const BadRow& bad) {
        if (first_bad.ok()) first_bad = Status::User(reader.Describe(bad));
        return Status::Ok();
      }));
  if (plain.storage.empty()) return first_bad;
  plain.records.assign(plain.storage.begin(), plain.storage.end());
  return plain;
}

// Of the first record that has bytes.
Result<std::string> TellFormat(const SampleReader& reader, const Plain& plain) {
  for (size_t i = 0; i < plain.records.size(); i++) {
    if (plain.records[i].empty()) continue;
    Result<std::string> format = FormatOf(plain.records[i]);
    if (!format.ok()) return Status(format.status()).WithContext(reader.sample().place(plain.numbers[i]));
    return format;
  }
  return Status::User(reader.sample().place(0) + " is empty", "Name a stream or a file that has data");
}

// The place of the first one; "" = there is none.
std::string LineThatIsNotUtf8(const Sample& sample, const Plain& plain) {
  for (size_t i = 0; i < plain.records.size(); i++) {
    const std::string_view text = plain.records[i];
    size_t number = 1;
    for (size_t begin = 0; begin < text.size(); number++) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      if (!duckdb::Value::StringIsValid(text.data() + begin, end - begin))
        return sample.place(plain.numbers[i]) + ", line " + std::to_string(number);
      begin = end + 1;
    }
  }
  return "";
}

// A file of which every line is a row by itself.
void SplitLines(Sample* sample) {
  if (!sample->is_file) return;
  const RecordView file = sample->records.front();
  sample->records.clear();
  for (size_t begin = 0; begin < file.size() && sample->records.size() < sample->most_rows;) {
    const size_t end = std::min(file.find('\n', begin), file.size());
    sample->records.push_back(file.substr(begin, end - begin));
    begin = end + 1;
  }
  sample->place = [place = sample->place](size_t line) { return place(0) + ", line " + std::to_string(line + 1); };
}

// Of lines that are a value each, as many as rows are wanted: what stands behind them is nobody's business.
void CutLines(Sample* sample) {
  if (!sample->is_file || sample->most_rows == UINT64_MAX) return;
  RecordView& record = sample->records.front();
  std::string_view first = record.substr(0, std::min(record.find('\n'), record.size()));
  while (first.ends_with('\r') || first.ends_with(' ')) first.remove_suffix(1);
  if (!first.ends_with('}') && !first.ends_with(']')) return;
  size_t end = 0;
  for (uint64_t lines = 0; lines < sample->most_rows && end < record.size(); lines++)
    end = std::min(record.find('\n', end), record.size() - 1) + 1;
  record = record.substr(0, end);
}

Result<ColumnGuess> Guess(MemoryFiles* files, const std::string& format, const SampleReader& reader, const Plain& plain,
                          const FormatOptions& compression) {
  if (format == "json") return GuessJson(files, reader, compression);
  if (format == "csv") return GuessCsv(files, reader, plain.records, compression);
  if (format == "parquet") return GuessParquet(files, reader.sample().records);
  CHECK_MSG(format == "avro", format.c_str());
  return GuessAvro(reader.sample().records);
}

std::string CompressionRemark(const std::string& found) {
  return found == "auto" ? "some records are compressed and some are not, or in another way" : "compressed: " + found;
}

// What any value of the type can be read as; nullptr: it is that already.
TypeRef Wider(const duckdb::LogicalType& type, const std::string& format) {
  if (type.id() == duckdb::LogicalTypeId::VARCHAR) return nullptr;  // JSON too
  return MakeType(type.IsNested() && format != "csv" ? "JSON" : "VARCHAR");
}

// More of the lines of CSV do not fit: it is something else.
constexpr uint64_t kOneOddLineIn = 10;

// Reads all rows with the columns; those that have values which their types do not take are made wider, until all rows
// are read that can be.
class Fitting {
 public:
  Fitting(const SampleReader* reader, const InferSettings& settings, InferredTable* table)
      : reader_(*reader), settings_(settings), table_(*table) {}

  Status Fit() {
    RETURN_IF_ERROR(FindBroken());
    do {
      too_narrow_.clear();
      table_.rows = table_.bad_rows = 0;
      table_.first_bad.clear();
      ranges_.assign(table_.columns.size(), {});
      Schema schema;
      for (InferredColumn& column : table_.columns) {
        column.nulls = 0;
        schema.push_back({column.name, column.type, false});
      }
      RETURN_IF_ERROR(reader_.Read(
          table_.format, table_.options, schema, [&](const Batch& batch) { Count(batch); },
          [&](const BadRow& bad) { return OnBad(bad); }));
      for (const size_t i : too_narrow_) Widen(&table_.columns[i]);
    } while (!too_narrow_.empty());
    if (!settings_.drops_bad && table_.bad_rows * kOneOddLineIn > table_.rows) return Bad(table_.first_bad);
    for (size_t i = 0; i < ranges_.size(); i++)
      AddNote(EpochNote(table_.columns[i].name, ranges_[i], table_.format), &table_.columns[i].note);
    return Status::Ok();
  }

 private:
  // Rows that are bad whatever the columns' types are: a text that is no JSON says nothing of its column.
  Status FindBroken() {
    if (table_.format != "json" && table_.format != "csv") return Status::Ok();
    Schema widest;
    for (const InferredColumn& column : table_.columns)
      widest.push_back({column.name, MakeType(table_.format == "json" ? "JSON" : "VARCHAR"), false});
    return reader_.Read(
        table_.format, table_.options, widest, [](const Batch& /*batch*/) {},
        [&](const BadRow& bad) {
          broken_.emplace(bad.record, bad.offset);
          return Status::Ok();
        });
  }

  void Count(const Batch& batch) {
    table_.rows += batch.rows();
    auto& chunk = const_cast<duckdb::DataChunk&>(batch.chunk());  // DuckDB reads vectors that are not const only
    for (size_t i = 0; i < table_.columns.size(); i++) {
      duckdb::UnifiedVectorFormat format;
      chunk.data[i].ToUnifiedFormat(batch.rows(), format);
      const auto type = table_.columns[i].type->id();
      if (type == duckdb::LogicalTypeId::BIGINT) AddNumbers<int64_t>(format, batch.rows(), &ranges_[i]);
      if (type == duckdb::LogicalTypeId::INTEGER) AddNumbers<int32_t>(format, batch.rows(), &ranges_[i]);
      if (format.validity.AllValid()) continue;
      for (size_t row = 0; row < batch.rows(); row++)
        table_.columns[i].nulls += format.validity.RowIsValid(format.sel->get_index(row)) ? 0 : 1;
    }
  }

  template <class Number>
  static void AddNumbers(const duckdb::UnifiedVectorFormat& values, size_t rows, NumberRange* range) {
    const auto* const numbers = duckdb::UnifiedVectorFormat::GetData<Number>(values);
    for (size_t row = 0; row < rows; row++) {
      const size_t at = values.sel->get_index(row);
      if (!values.validity.RowIsValid(at)) continue;
      range->low = std::min<int64_t>(range->low, numbers[at]);
      range->high = std::max<int64_t>(range->high, numbers[at]);
    }
  }

  Status Bad(const std::string& what) const {
    const bool not_text = what.find("not valid UTF-8") != what.npos;
    return Status::User(what, (not_text ? std::string("Convert it to UTF-8 (iconv -f LATIN1 -t UTF-8)")
                                        : "Name the format with --format if it is not " + table_.format) +
                                  ", or count such rows and leave them out with --bad-data drop");
  }

  Status OnBad(const BadRow& bad) {
    const bool is_broken = broken_.contains({bad.record, bad.offset});
    for (size_t i = 0; i < table_.columns.size() && !is_broken; i++) {
      if (table_.columns[i].name != bad.column || Wider(*table_.columns[i].type, table_.format) == nullptr) continue;
      too_narrow_.insert(i);
      return Status::Ok();
    }
    if (!too_narrow_.empty()) return Status::Ok();  // it is read again
    const std::string what = reader_.Describe(bad);
    if (!settings_.drops_bad && !(table_.format == "csv" && bad.column.empty())) return Bad(what);
    if (table_.bad_rows++ == 0) table_.first_bad = what;
    return Status::Ok();
  }

  void Widen(InferredColumn* column) {
    if (column->note.empty()) column->note = "not all values can be read as " + TypeName(*column->type);
    column->type = Wider(*column->type, table_.format);
  }

  const SampleReader& reader_;
  const InferSettings& settings_;
  InferredTable& table_;
  std::set<std::pair<uint32_t, uint64_t>> broken_;  // by record and offset
  std::set<size_t> too_narrow_;
  std::vector<NumberRange> ranges_;  // by column
};

}  // namespace

Result<InferredTable> InferTable(const Registry& registry, MemoryFiles* files, const Sample& whole,
                                 const InferSettings& settings) {
  CHECK(!whole.records.empty());
  Sample sample = whole;
  const SampleReader reader(&registry, &sample);
  FormatOptions compression;
  if (const Compression found = CompressionOf(sample.records); found != Compression::kNone)
    compression.emplace_back("compression", CompressionName(found));
  ASSIGN_OR_RETURN(const Plain plain, Decompress(reader, compression));
  InferredTable table;
  table.format = settings.format;
  if (table.format.empty()) {
    ASSIGN_OR_RETURN(table.format, TellFormat(reader, plain));
  }
  if (!compression.empty() && (table.format == "parquet" || table.format == "avro")) {
    return Status::User(sample.place(0) + " is " + table.format + " within " + compression.front().second +
                            ", and the option compression is not for " + table.format,
                        "Write it without: it compresses its own columns or blocks");
  }
  if (table.format == "json" && compression.empty()) CutLines(&sample);
  Result<ColumnGuess> guess = Guess(files, table.format, reader, plain, compression);
  if (!guess.ok()) {
    if (guess.status().kind() != StatusKind::kUser) return guess.status();
    if (const std::string line = LineThatIsNotUtf8(sample, plain); !line.empty() && table.format == "csv")
      return Status::User(line + ": it is not valid UTF-8", "Convert it (iconv -f LATIN1 -t UTF-8)");
    return Status::User(
        "no columns are found in " + sample.place(0) + ", read as " + table.format + ": " + guess.status().message(),
        "Name the format with --format, one of json, csv, parquet, avro");
  }
  // Of a compressed file nobody would find the lines.
  if (guess->may_be_any_text && settings.format.empty() && (compression.empty() || !sample.is_file)) {
    table.format = "raw_string";
    *guess = {{{"line", MakeType("VARCHAR"), false}}, {}, {""}, {"text of one column; --format csv reads it as CSV"}};
    SplitLines(&sample);
  }
  KeepWritableNames(table.format, &*guess);
  if (guess->columns.empty())
    return Status::User("no columns are found in " + sample.place(0) + ": " + guess->remarks.back(),
                        "Rename the fields");
  table.drops_bad = settings.drops_bad;
  if (!compression.empty()) table.remarks.push_back(CompressionRemark(compression.front().second));
  table.remarks.insert(table.remarks.end(), guess->remarks.begin(), guess->remarks.end());
  table.options = guess->options;
  table.options.insert(table.options.end(), compression.begin(), compression.end());
  for (size_t i = 0; i < guess->columns.size(); i++) {
    TypeRef type = guess->columns[i].type;
    if (type->id() == duckdb::LogicalTypeId::SQLNULL) type = MakeType("VARCHAR");
    table.columns.push_back({guess->columns[i].name, std::move(type), 0, guess->notes[i]});
  }
  RETURN_IF_ERROR(Fitting(&reader, settings, &table).Fit());
  const bool has_schema = table.format == "parquet" || table.format == "avro";
  if (table.rows == 0 && !(has_schema && table.bad_rows == 0)) {
    return Status::User(table.first_bad.empty() ? sample.place(0) + " has no rows" : table.first_bad,
                        "Name a stream or a file that has rows that can be read");
  }
  for (InferredColumn& column : table.columns) {
    if (table.rows > 0 && column.nulls == table.rows) column.note = "only NULL was seen";
  }
  table.event_time = FindEventTime(table.columns);
  return table;
}

}  // namespace laminar::infer
