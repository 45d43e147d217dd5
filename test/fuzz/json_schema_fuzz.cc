// A JSON Schema from anybody: reading it ends, and every column that it gives can be decoded.
#include "base/check.h"
#include "formats/json/json_decoder.h"
#include "formats/json/json_schema.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace laminar;
  const Result<Schema> columns = ColumnsOfJsonSchema({reinterpret_cast<const char*>(data), size});
  if (!columns.ok()) {
    CHECK(columns.status().kind() == StatusKind::kUser && !columns.status().message().empty());
    return 0;
  }
  CHECK(!columns->empty());
  for (const Column& column : *columns) CHECK(!column.name.empty() && !TypeName(*column.type).empty());
  const JsonDecoder decoder(*columns, {});
  CHECK(decoder.schema().size() == columns->size());
  return 0;
}
