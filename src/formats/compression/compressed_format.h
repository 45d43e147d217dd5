// The options that say what records are compressed with, for the formats that take them.
#pragma once

#include <memory>
#include <vector>

#include "formats/format.h"
#include "formats/option.h"

namespace laminar {

constexpr size_t kLargestPlainRecord = 256 << 20;

// `inner` with the option. Requires that inner has no file encoder where the option says
// something. most_bytes: a decompressed record may be no larger.
std::unique_ptr<Format> MakeCompressedFormat(std::unique_ptr<Format> inner, size_t most_bytes = kLargestPlainRecord);
// The same for schema_registry.compression: what follows the headers of AWS Glue's schema registry may be compressed.
std::unique_ptr<Format> MakeGlueCompressedFormat(std::unique_ptr<Format> inner,
                                                 size_t most_bytes = kLargestPlainRecord);
// The options of the inner format, and `compression`.
std::vector<OptionSpec> WithCompression(std::vector<OptionSpec> specs);

}  // namespace laminar
