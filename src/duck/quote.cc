#include "duck/quote.h"

#include "duckdb/parser/keyword_helper.hpp"

namespace laminar {

std::string QuotedIfNeeded(const std::string& name) {
  return duckdb::KeywordHelper::WriteOptionallyQuoted(name, '"');
}

std::string QuotedLiteral(const std::string& text) {
  return duckdb::KeywordHelper::WriteQuotedAndEscaped(text, '\'');
}

}  // namespace laminar
