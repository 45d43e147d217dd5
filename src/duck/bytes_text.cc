#include "duck/bytes_text.h"

#include "duckdb/common/types/blob.hpp"
#include "duckdb/common/types/value.hpp"

namespace laminar {

std::string Base64Of(std::string_view bytes) {
  return duckdb::Blob::ToBase64(duckdb::string_t(bytes.data(), static_cast<uint32_t>(bytes.size())));
}

bool IsUtf8(std::string_view bytes) {
  return duckdb::Value::StringIsValid(bytes.data(), bytes.size());
}

}  // namespace laminar
