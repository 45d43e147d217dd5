// Carries out plans: datums straight into DuckDB's vectors. One per decoder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/avro/avro_plan.h"
#include "formats/avro/avro_wire.h"
#include "formats/json/json_buffer.h"
#include "formats/json/json_structure.h"

namespace duckdb {
class DataChunk;
class Vector;
}  // namespace duckdb

namespace laminar {

class AvroReading {
 public:
  // Reads the datum at the cursor into row `row` of the chunk, whose columns the plan was made for. Strings point into
  // the datum. False: it is bad; what had been read of it is taken back, the cursor is anywhere, and problem() says
  // why.
  bool ReadRow(const AvroRecordPlan& plan, AvroCursor* cursor, duckdb::DataChunk& chunk, uint64_t row);

  struct Problem {
    int32_t column = -1;  // -1: of none
    std::string path;     // within the column: ".items[2].qty"
    std::string reason;   // "expected BIGINT, found ..."
  };
  const Problem& problem() const { return problem_; }

  // Takes back what ReadRow read, where the row turns out to be bad after all.
  void TakeBack();
  // The same, of a row whose NOT NULL column is NULL; problem() says so.
  void RefuseNull(uint32_t column);

 private:
  bool Read(const AvroRead& read, duckdb::Vector& vector, uint64_t row);
  bool ReadValue(const AvroRead& read, duckdb::Vector& vector, uint64_t row);
  bool ReadInteger(const AvroRead& read, int64_t value, duckdb::Vector& vector, uint64_t row);
  bool ReadTime(const AvroRead& read, int64_t value, duckdb::Vector& vector, uint64_t row);
  bool ReadDecimal(const AvroRead& read, std::string_view bytes, duckdb::Vector& vector, uint64_t row);
  bool ReadText(const AvroRead& read, std::string_view text, duckdb::Vector& vector, uint64_t row);
  bool ReadJson(const AvroRead& read, duckdb::Vector& vector, uint64_t row);
  bool ReadCast(const AvroRead& read, std::string_view text, duckdb::Vector& vector, uint64_t row);
  bool ReadDuration(const AvroRead& read, duckdb::Vector& vector, uint64_t row);
  bool ReadEnum(const AvroRead& read, int64_t index, duckdb::Vector& vector, uint64_t row);
  bool ReadDefault(const AvroRead& read, duckdb::Vector& vector, uint64_t row);
  bool ReadList(const AvroRead& read, duckdb::Vector& vector, uint64_t row);
  bool ReadArray(const AvroRead& read, duckdb::Vector& vector, uint64_t row);
  bool ReadMap(const AvroRead& read, duckdb::Vector& vector, uint64_t row);
  bool ReadEntry(const AvroRead& read, duckdb::Vector& entries, uint64_t at);
  bool ReadStruct(const AvroRead& read, duckdb::Vector& vector, uint64_t row);
  bool ReadFields(const AvroRead& read, duckdb::Vector& parent, uint64_t row);
  bool ReadUnion(const AvroRead& read, duckdb::Vector& vector, uint64_t row);
  // The elements of an array or a map, block by block: begins(size, count) before `count` more, then one(index) of
  // each, both false where the datum is bad.
  template <class Begins, class One>
  bool ReadBlocks(uint64_t min_bytes, const Begins& begins, const One& one, uint64_t* size);
  bool ReadElement(const AvroRead& list, duckdb::Vector& child, uint64_t row, uint64_t index);

  bool BytesAt(const AvroRead& read, std::string_view* bytes);  // of a bytes, string or fixed
  bool StoreDecimal(const AvroRead& read, __int128 value, duckdb::Vector& vector, uint64_t row);
  bool Enter();  // a level deeper; false: too deep
  void Leave() { depth_--; }
  bool Bad(const char* reason);
  bool BadValue(const AvroRead& read, std::string_view found);

  AvroCursor cursor_;
  int depth_ = 0;  // levels around what is being read
  Problem problem_;
  std::vector<std::pair<duckdb::Vector*, uint64_t>> grown_;  // lists that this row made longer, and how long they were
  JsonBuffer json_;
  JsonStructure structure_;
};

// NULL in a row of a vector of that kind.
void SetAvroNull(JsonKind kind, duckdb::Vector& vector, uint64_t row);

}  // namespace laminar
