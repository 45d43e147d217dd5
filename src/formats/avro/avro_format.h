// `format = 'avro'`.
#pragma once

#include <memory>
#include <vector>

#include "formats/avro/avro_codec.h"
#include "formats/format.h"
#include "formats/option.h"
#include "formats/schema_file.h"
#include "formats/schema_registry.h"

namespace laminar {

// A schema file is read when a table first needs it, and no more after that. registries: borrowed, outlives the format.
// most_block_bytes: AvroOptions has it.
std::unique_ptr<Format> MakeAvroFormat(SchemaFileReader read_file, SchemaRegistries* registries,
                                       size_t most_block_bytes = kMaxAvroBlockBytes);
std::vector<OptionSpec> AvroFormatOptions();

}  // namespace laminar
