// What the tests of formats share: records in memory with the padding that readers owe, decoding to values, a handler
// that remembers.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/value.hpp"

#include "formats/format.h"

namespace laminar {

// Each record in an allocation of its own with exactly kRecordPadding bytes behind it, so that a sanitizer sees every
// byte too far.
class TestRecords {
 public:
  explicit TestRecords(const std::vector<std::string>& records, char padding = '7') {
    for (const std::string& record : records) {
      memory_.push_back(std::make_unique<char[]>(record.size() + kRecordPadding));
      std::memcpy(memory_.back().get(), record.data(), record.size());
      std::memset(memory_.back().get() + record.size(), padding, kRecordPadding);
      views_.emplace_back(memory_.back().get(), record.size());
    }
  }
  std::span<const RecordView> views() const { return views_; }

 private:
  std::vector<std::unique_ptr<char[]>> memory_;
  std::vector<RecordView> views_;
};

class BadRows final : public BadRowHandler {
 public:
  Status OnBadRow(const BadRow& row) override {
    rows.push_back(row);
    rows.back().data = {};
    data.emplace_back(row.data);
    return Status::Ok();
  }
  std::vector<BadRow> rows;
  std::vector<std::string> data;  // of rows
};

// "name TYPE [NOT NULL]" each.
inline Schema TestSchema(const std::vector<std::pair<std::string, std::string>>& columns) {
  Schema schema;
  for (auto [name, type] : columns) {
    const std::string not_null = " NOT NULL";
    const bool is_not_null = type.ends_with(not_null);
    if (is_not_null) type.resize(type.size() - not_null.size());
    schema.push_back(Column{name, MakeType(type), is_not_null});
  }
  return schema;
}

struct Decoded {
  std::vector<std::vector<duckdb::Value>> rows;
  std::vector<uint32_t> origins;
  std::vector<BadRow> bad;
  std::vector<std::string> bad_data;
  // "a|1|NULL"
  std::string row(size_t i) const {
    std::string text;
    for (const auto& value : rows[i]) text += (text.empty() ? "" : "|") + value.ToString();
    return text;
  }
};

// From the cursor on.
inline Decoded DecodeAll(Decoder* decoder, std::span<const RecordView> records, DecodeCursor cursor = {}) {
  Decoded result;
  BadRows bad;
  Batch batch(decoder->schema());
  for (bool done = false; !done;) {
    batch.Reset();
    const auto used_up = decoder->Decode(records, &cursor, &bad, &batch);
    EXPECT_TRUE(used_up.ok());
    done = *used_up;
    EXPECT_TRUE(done || batch.rows() > 0);
    EXPECT_EQ(batch.origin_rows.size(), batch.rows());
    for (size_t row = 0; row < batch.rows(); row++) {
      std::vector<duckdb::Value> values;
      for (size_t column = 0; column < batch.columns(); column++) values.push_back(batch.chunk().GetValue(column, row));
      result.rows.push_back(std::move(values));
      result.origins.push_back(batch.origin_rows[row]);
    }
  }
  result.bad_data = std::move(bad.data);
  result.bad = std::move(bad.rows);
  return result;
}

}  // namespace laminar
