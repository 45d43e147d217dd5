// Answers: the values of a function for the rows of a batch, in the making, as bytes (ValueCodec).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "stream/over/engine.h"
#include "stream/over/value_codec.h"

namespace laminar {

class Answers {
 public:
  void Clear() {
    bytes_.clear();
    ends_.clear();
  }
  void Add(std::string_view value) {
    bytes_.append(value);
    ends_.push_back(bytes_.size());
  }
  void DecodeTo(ValueCodec* codec, const OverResult& result) {
    if (result.batch == nullptr) return;
    std::vector<std::string_view> values(ends_.size());
    size_t begin = 0;
    for (size_t i = 0; i < values.size(); i++) {
      values[i] = std::string_view(bytes_).substr(begin, ends_[i] - begin);
      begin = ends_[i];
    }
    codec->Decode(values, result.batch, {result.column});
  }

 private:
  std::string bytes_;
  std::vector<size_t> ends_;
};

}  // namespace laminar
