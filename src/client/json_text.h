// Parts of a JSON text as they are written: what is printed for machines is the server's own text, whose numbers may
// have more digits than a program's.
#pragma once

#include <string_view>
#include <vector>

namespace laminar::client {

// All of these take text that has been parsed before, and point into it.

// The value of the object's member; "" = it has none of that name, or is no object. name: without escapes.
std::string_view MemberText(std::string_view object, std::string_view name);
// The values of an array; none where it is no array.
std::vector<std::string_view> ElementTexts(std::string_view array);

}  // namespace laminar::client
