#include "connectors/kinesis/partition_key.h"

#include <algorithm>

#include "base/hex.h"
#include "duck/pch.h"
#include "formats/option.h"

namespace laminar::kinesis {

namespace {

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool EqualNames(std::string_view a, std::string_view b) {
  return duckdb::StringUtil::CIEquals(std::string(a), std::string(b));
}

// UTF-8: bytes that do not continue a character.
size_t Characters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string Md5Hex(std::string_view text) {
  const HashKey hash = HashKeyOf(text);
  std::string out;
  AppendHex(static_cast<uint64_t>(hash >> 64), 16, &out);
  AppendHex(static_cast<uint64_t>(hash), 16, &out);
  return out;
}

void ShortenKey(size_t begin, size_t most_characters, std::string* bytes) {
  const std::string_view key = std::string_view(*bytes).substr(begin);
  if (key.size() <= most_characters || Characters(key) <= most_characters) return;
  const std::string hash = Md5Hex(key);
  bytes->resize(begin);
  *bytes += hash;
}

void AppendHashKey(HashKey hash, std::string* out) {
  char digits[39];
  char* at = digits + sizeof digits;
  do {
    *--at = static_cast<char>('0' + static_cast<int>(hash % 10));
    hash /= 10;
  } while (hash > 0);
  out->append(at, static_cast<size_t>(digits + sizeof digits - at));
}

void AppendGeneratedKey(Random* random, std::string* out) {
  AppendHex(random->Next(), kKeyBytes, out);
}

Result<std::vector<size_t>> ParsePartitionKey(const std::string& option, const Schema& schema) {
  std::vector<size_t> columns;
  std::vector<std::string> names;
  for (const Column& column : schema) names.push_back(column.name);
  for (std::string_view rest = option;;) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::string name(Trimmed(rest.substr(0, comma)));
    if (name.empty()) {
      return Status::User("sink.partition_key has no column's name where one is expected: '" + option + "'",
                          "Write the names of columns with commas between them: 'customer_id, region'");
    }
    const auto found =
        std::find_if(names.begin(), names.end(), [&](const auto& known) { return EqualNames(known, name); });
    if (found == names.end()) {
      const std::optional<std::string> nearest = NearestName(name, names);
      return Status::User("sink.partition_key names the column " + name + ", which the table does not have",
                          nearest ? "Did you mean " + *nearest + "?" : "Name columns of the sink's table");
    }
    const auto index = static_cast<size_t>(found - names.begin());
    if (std::find(columns.begin(), columns.end(), index) != columns.end())
      return Status::User("sink.partition_key names the column " + name + " twice", "Name it once");
    columns.push_back(index);
    if (comma == rest.size()) return columns;
    rest.remove_prefix(comma + 1);
  }
}

void MakePartitionKeys(const Batch& batch, const std::vector<size_t>& columns, size_t most_characters,
                       EncodedRows* out) {
  const size_t rows = batch.rows();
  // Casts of the columns that are not text already; VARCHAR's own vectors are only looked at.
  std::vector<std::unique_ptr<duckdb::Vector>> casts;
  std::vector<duckdb::UnifiedVectorFormat> formats(columns.size());
  auto& chunk = const_cast<duckdb::DataChunk&>(batch.chunk());  // DuckDB's casts take no const vectors; they only read
  for (size_t i = 0; i < columns.size(); i++) {
    duckdb::Vector* vector = &chunk.data[columns[i]];
    if (vector->GetType().id() != duckdb::LogicalTypeId::VARCHAR) {
      casts.push_back(std::make_unique<duckdb::Vector>(duckdb::LogicalType::VARCHAR, rows));
      duckdb::VectorOperations::DefaultCast(*vector, *casts.back(), rows);
      vector = casts.back().get();
    }
    vector->ToUnifiedFormat(rows, formats[i]);
  }
  out->ends.reserve(out->ends.size() + rows);
  for (size_t row = 0; row < rows; row++) {
    const size_t begin = out->bytes.size();
    for (size_t i = 0; i < columns.size(); i++) {
      if (i > 0) out->bytes.push_back(',');
      const auto index = formats[i].sel->get_index(row);
      if (!formats[i].validity.RowIsValid(index)) {
        out->bytes += "NULL";
        continue;
      }
      const auto& text = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(formats[i])[index];
      out->bytes.append(text.GetData(), text.GetSize());
    }
    if (out->bytes.size() == begin) out->bytes += "''";
    ShortenKey(begin, most_characters, &out->bytes);
    out->ends.push_back(out->bytes.size());
  }
}

}  // namespace laminar::kinesis
