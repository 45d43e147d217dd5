// ValueCodec: the values of some columns of a row as a string of bytes, and exactly those values back: what an engine
// keeps of a row when it does not compute with it. (KeyCodec makes different values that are equal the same; here they
// pass as bits.)
#pragma once

#include <string_view>
#include <vector>

#include "duck/batch.h"
#include "state/key_codec.h"

namespace laminar {

class ValueCodec {
 public:
  explicit ValueCodec(const std::vector<TypeRef>& types);

  // values: row i's bytes are values->key(i).
  void Encode(Batch* batch, const std::vector<size_t>& columns, EncodedKeys* values);
  // Makes column columns[i] of `out` refer to the decoded values, at most kBatchRows; valid until the next call.
  void Decode(const std::vector<std::string_view>& values, Batch* out, const std::vector<size_t>& columns);

  // Whether the bytes are values of these types, as Encode writes them: only such may be decoded.
  bool IsRow(std::string_view bytes) const { return codec_.IsKey(bytes); }

  static constexpr std::string_view kNull{"\0", 1};  // of one column

 private:
  explicit ValueCodec(Schema stored);
  const Schema stored_;
  KeyCodec codec_;
  std::vector<size_t> all_;
  Batch decoded_;
};

}  // namespace laminar
