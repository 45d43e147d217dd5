// Defaults of a schema's fields, which stand there as JSON, in the form that they would have on the wire.
#pragma once

#include <string>

#include "formats/avro/avro_schema.h"

namespace laminar {

// Appends the default of a field of type `node`. kUser: the JSON is no value of that type.
Status EncodeAvroDefault(const AvroNode& node, const std::string& json, std::string* out);

void AppendAvroLong(int64_t value, std::string* out);

}  // namespace laminar
