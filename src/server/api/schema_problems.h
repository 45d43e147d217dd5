// What is wrong with a value, in words that say what to change.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "server/api/schema.h"

namespace laminar::server {

// Of the keywords that the bodies' schemas have: $ref, type, enum, required, properties, additionalProperties (false),
// items, minimum, maximum, minLength, maxLength, maxItems, pattern. Nothing else is looked at.
std::vector<SchemaProblem> ProblemsOf(const json& value, const json& schema,
                                      const std::map<std::string, json>& schemas);

}  // namespace laminar::server
