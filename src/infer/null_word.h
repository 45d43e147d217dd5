// NullWord: whether a column of CSV is text only because of the word that it has for NULL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace laminar::infer {

class NullWord {
 public:
  // A value that is not NULL, as it is written.
  void Add(std::string_view text);
  // "" or a note: all values but one word, of those that are in use for NULL, are numbers.
  std::string Note() const;

 private:
  std::string word_;
  uint64_t words_ = 0, numbers_ = 0, others_ = 0;
};

}  // namespace laminar::infer
