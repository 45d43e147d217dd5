// Whether a file of dead letters holds nothing else, which is to be known before the first one is put back.
#pragma once

#include <string>

#include "base/status.h"

namespace laminar::cli {

// Reads the whole file; one that can be read only once (a pipe) is not looked at. Error (kEnvironment): it cannot be
// read. Error (kUser): a line is no letter; the message says which is the first, and how many there are.
Status CheckLetters(const std::string& path);

}  // namespace laminar::cli
