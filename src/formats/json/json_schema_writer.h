// The JSON Schema (draft 7) of what a sink writes.
#pragma once

#include <string>

#include "duck/schema.h"
#include "formats/json/json_options.h"

namespace laminar {

// Of the objects that JsonEncoder makes of rows of these columns: all of its fields are required, as all are written; a
// field may be null unless its column is NOT NULL.
std::string JsonSchemaOf(const Schema& columns, JsonTimestampFormat timestamps);

}  // namespace laminar
