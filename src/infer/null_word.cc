#include "infer/null_word.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/units.h"
#include "duck/quote.h"

namespace laminar::infer {

namespace {

constexpr std::string_view kWords[] = {"NA",   "N/A",  "n/a", "na", "#N/A", "NULL", "null", "Null", "NIL",
                                       "None", "none", "nil", "-",  "--",   "\\N",  "?",    "."};

bool IsNumber(std::string_view text) {
  double value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

void NullWord::Add(std::string_view text) {
  if (words_ > 0 ? text == word_ : std::find(std::begin(kWords), std::end(kWords), text) != std::end(kWords)) {
    word_ = text;
    words_++;
  } else {
    (IsNumber(text) ? numbers_ : others_)++;
  }
}

std::string NullWord::Note() const {
  if (words_ == 0 || numbers_ == 0 || others_ > 0) return "";
  return "numbers, and " + QuotedLiteral(word_) + " in " + FormatCount(words_) + (words_ == 1 ? " row" : " rows") +
         ": with 'csv.null' = " + QuotedLiteral(word_) + " that is NULL, and the column can be DOUBLE or BIGINT";
}

}  // namespace laminar::infer
