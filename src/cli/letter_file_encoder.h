// Records that dead letters held, as lines that are added to a file.
#pragma once

#include <memory>
#include <string>

#include "formats/format.h"

namespace laminar::cli {

// Of batches of ReplaySchema(). A file has one header at most: that of the first record that brings one begins a file
// that is empty, and the others are left out. Error of Encode (kUser): a record has another header than the file. The
// only writer of the file; path: it is read before the first record with a header.
std::unique_ptr<Encoder> MakeLetterFileEncoder(const std::string& path);

}  // namespace laminar::cli
