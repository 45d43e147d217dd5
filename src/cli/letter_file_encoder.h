// Records that dead letters held, as lines that are added to a file.
#pragma once

#include <memory>
#include <string>

#include "cli/dead_letter_format.h"
#include "formats/format.h"

namespace laminar::cli {

// Of batches of ReplaySchema(). A file has one header at most: that of the first record that brings one begins a file
// that is empty, and the others are left out. It is compressed as it is, or else as the first record; others become so.
// What cannot be decompressed would end it, and is left out and counted. Error of Encode (kUser): a record has another
// header than the file, or is of a format whose records do not stand in a file. The only writer of the file; path: it
// is read before the first record. counts: borrowed.
std::unique_ptr<Encoder> MakeLetterFileEncoder(const std::string& path, ReplayCounts* counts);

}  // namespace laminar::cli
