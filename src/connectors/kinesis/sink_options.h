// The options of a Kinesis sink beyond its batches: how often a row is written, which key it gets, what becomes of one
// that is too large.
#pragma once

#include <vector>

#include "connectors/connector.h"
#include "connectors/kinesis/kinesis_sink.h"

namespace laminar::kinesis {

// `specs` and these options behind them.
std::vector<OptionSpec> WithSinkOptions(std::vector<OptionSpec> specs);
// What is wrong with a sink's options and cannot be said of one alone; appended.
void CheckSinkOptions(const TableSpec& table, std::vector<Status>* problems);
// Requires options without problems.
SinkSettings ToSinkSettings(const TableSpec& table);
// As the options say; `stream` reaches the table's stream. Error: the file, or the stream's endpoint, is not usable.
Result<DeadLetters> MakeDeadLetters(const OptionValues& options, StreamOptions stream, KinesisApiFactory* factory,
                                    const FileAccess& files);

}  // namespace laminar::kinesis
