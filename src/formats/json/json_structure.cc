#include "formats/json/json_structure.h"

#include <simdjson.h>

#include <algorithm>

#include "base/check.h"

namespace laminar {

JsonStructure::JsonStructure() = default;
JsonStructure::~JsonStructure() = default;

const char* JsonStructure::Index(const char* text, size_t size, JsonCursor* cursor) {
  if (size > kMaxBytes) return "is longer than 1 GiB";
  if (!parser_ || parser_->capacity() < size) {
    // Capacity doubles: a reader whose blocks grow must not allocate for each.
    const size_t capacity = std::max<size_t>(size, parser_ ? 2 * parser_->capacity() : 16384);
    const auto error =
        parser_ ? parser_->allocate(capacity, 1)
                : simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, parser_);
    CHECK_MSG(error == simdjson::SUCCESS, simdjson::error_message(error));
  }
  *cursor = JsonCursor{text, nullptr, nullptr};
  if (size == 0) return nullptr;
  const auto error = parser_->stage1(reinterpret_cast<const uint8_t*>(text), size, simdjson::stage1_mode::regular);
  switch (error) {
    case simdjson::SUCCESS:
      break;
    case simdjson::EMPTY:
      return nullptr;
    case simdjson::UTF8_ERROR:
      return "is not valid UTF-8";
    case simdjson::UNCLOSED_STRING:
      return "has a string that does not end";
    case simdjson::UNESCAPED_CHARS:
      return "has a string with a raw control character or line break in it";
    default:
      return "is not JSON";
  }
  cursor->next = parser_->structural_indexes.get();
  cursor->end = cursor->next + parser_->n_structural_indexes;
  return nullptr;
}

}  // namespace laminar
