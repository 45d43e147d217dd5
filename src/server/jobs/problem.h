// A Status as clients of the REST API get it: message, hint, line and column, in the API's words.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/status.h"
#include "connectors/bad_record.h"

namespace laminar::server {

// {"message": ..., "hint": ..., "line": 3, "column": 7}; null where no place in the query is known.
nlohmann::json ProblemOf(const Status& status);
// The same as text, for the database.
std::string ProblemText(const Status& status);

// A bad record as an error of its job: JSON, with the record's place and its bytes.
std::string BadRecordText(const BadRecordEvent& event);

// What says `--fresh` to the user of the command line says `"fresh": true` here.
std::string InApiWords(std::string text);

}  // namespace laminar::server
