// `format = 'raw'` (and 'raw_bytes') and 'raw_string': a record is one row of one column, byte for byte.
#pragma once

#include <memory>

#include "formats/format.h"

namespace laminar {

// The column is a BLOB; any bytes will do.
std::unique_ptr<Format> MakeRawFormat();
// The column is TEXT; a record that is no UTF-8 is bad data. In a file a line, without its line feed, is a record.
std::unique_ptr<Format> MakeRawStringFormat();

}  // namespace laminar
