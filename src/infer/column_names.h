// Names that the column list of a table can hold.
#pragma once

#include <string>

#include "infer/columns.h"

namespace laminar::infer {

// Leaves out columns whose names SQL cannot write, or takes for those of columns before them, and reads structures with
// such fields as JSON. Remarks and notes say so.
void KeepWritableNames(const std::string& format, ColumnGuess* guess);

// Adds what else is to be known of a column.
void AddNote(const std::string& more, std::string* note);

}  // namespace laminar::infer
