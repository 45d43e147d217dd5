// Pipelines as people read them. All take what the API sends.
#pragma once

#include <string>

#include "client/api_client.h"
#include "client/text_table.h"

namespace laminar::client {

// How a state is shown: what runs as good, what has failed as bad.
TextTable::Cell StateCell(const std::string& state);
// "2026-01-31T12:00:00.250Z" without its milliseconds.
std::string ShownTime(const std::string& time);
std::string FirstLine(const std::string& text);

// list: {"data": [...]}.
TextTable PipelineTable(const Json& list);
// One, with its plan and its query.
std::string PipelineDetails(const Json& pipeline);

// Whether it runs, and its query is another than that which runs: it takes effect at the next start.
bool RunsAnotherQuery(const Json& pipeline);
// Whether its newest job has not ended.
bool IsRunning(const Json& pipeline);

}  // namespace laminar::client
