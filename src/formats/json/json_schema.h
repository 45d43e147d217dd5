// JSON Schema (drafts 4 to 2020-12): which columns a table of such objects has.
#pragma once

#include <string_view>

#include "base/status.h"
#include "duck/schema.h"

namespace laminar {

// The properties of the object that the schema describes, in its order, as columns. What is required and cannot be null
// is NOT NULL. What has no one SQL type is JSON. kUser: the text is no schema, or not one of an object with properties;
// the message says where, as a path from its root ("/properties/x/items").
Result<Schema> ColumnsOfJsonSchema(std::string_view text);

}  // namespace laminar
