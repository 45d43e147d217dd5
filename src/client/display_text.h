// Text for a terminal: what others wrote is shown without what a terminal would act on, and takes as many columns as it
// is wide.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace laminar::client {

// UTF-8 without control characters: line breaks and tabs become spaces, the others, and bytes that are no UTF-8,
// U+FFFD.
std::string Printable(std::string_view text);
// The same, but line breaks stay.
std::string PrintableLines(std::string_view text);

// Columns of a terminal that the printable text takes: two for wide characters of East Asia and pictures, none for
// marks that combine (Unicode's East Asian Width W and F, categories Mn and Me, in ranges).
size_t DisplayWidth(std::string_view text);

// At most so many columns of the text: what is longer ends with an ellipsis.
std::string CutToWidth(std::string_view text, size_t width);

}  // namespace laminar::client
