// Jobs, their errors, checkpoints and figures as people read them. All take what the API sends.
#pragma once

#include <string>

#include "client/api_client.h"
#include "client/text_table.h"

namespace laminar::client {

TextTable JobTable(const Json& list);
std::string JobDetails(const Json& job);

// list: {"data": [...]} of /errors: each with its hint and the record that it is about.
std::string ErrorsText(const Json& list);

TextTable CheckpointTable(const Json& list);

// What /metrics has but for the series: totals that are not zero, sources with their shards, operators, sinks.
std::string MetricsText(const Json& metrics, const TableStyle& style);

// A line of a log as the server's own log has it: "2026-01-31T12:00:00.250Z warning retrying stream=orders".
std::string LogLineText(const Json& line);

}  // namespace laminar::client
