// Schemas that use types of other schemas by name.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "formats/schema_registry.h"

namespace laminar {

// The schema's text with the definition of each type of a reference put where it is used first: it needs no others
// then. Without references: the text as it is. kUser: a text is no JSON, or it becomes larger than 16 MB.
Result<std::string> InlineAvroReferences(const RegisteredSchema& schema);

}  // namespace laminar
