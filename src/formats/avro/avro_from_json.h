// AvroFromJson: JSON values as datums of a type that a column of JSON does not tell: of a union the branch that takes
// the value, of any other type what the JSON format would read there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/avro/avro_schema.h"
#include "formats/avro/avro_value_writer.h"
#include "formats/json/json_buffer.h"
#include "formats/json/json_structure.h"

namespace laminar {

class AvroFromJson {
 public:
  // node: borrowed. kUser: no JSON value can be written as it (a record that holds itself).
  static Result<std::unique_ptr<AvroFromJson>> Make(const AvroNode& node);
  ~AvroFromJson();

  // Looks at `count` rows of a flat vector of JSON, which is borrowed until the next call. May throw what DuckDB's
  // casts throw.
  void Prepare(const duckdb::Vector& json, uint64_t count);
  // Since Prepare: the row is SQL's or JSON's null.
  bool IsNull(uint64_t row) const { return chosen_[row] == kNull; }
  // The datum of a row that is not, of a union its branch in front. nullptr, or why it cannot be written.
  const char* Write(uint64_t row, JsonBuffer* out);

 private:
  struct Branch;
  AvroFromJson();
  Status AddBranch(const AvroNode& node, int number);
  // The number in branches_ of the first that takes the value; kNone: none does.
  int Choose(std::string_view json, uint64_t row);
  bool Read(Branch* branch, const JsonCursor& value, uint64_t row);

  static constexpr int kNull = -1, kNone = -2, kText = -3;

  std::vector<Branch> branches_;
  int text_branch_ = -1;  // of a union: its string, which takes what no other branch does as JSON text; -1: none
  JsonStructure structure_;
  std::vector<int> chosen_;              // by row: a number in branches_, or one of the above
  std::string json_;                     // of all rows, each within brackets
  std::vector<std::string_view> texts_;  // by row, in json_; nullptr: NULL
};

}  // namespace laminar
