// The JSON form of the calls that move no records, and of every call's errors. See codec.h.
#pragma once

#include <string>
#include <string_view>

#include "connectors/kinesis/codec.h"

namespace laminar::kinesis {

// A string with its quotes.
void AppendJsonText(std::string_view text, std::string* out);

std::string EncodeDescribeStreamSummary(const StreamId& stream);
std::string EncodeListShards(const StreamId& stream, const std::string& next_token);
std::string EncodeGetShardIterator(const StreamId& stream, const IteratorRequest& request);

// The first ten.
std::string EncodeListStreams();

Result<StreamSummary> DecodeDescribeStreamSummary(std::string body);
Result<ListShardsResult> DecodeListShards(std::string body);
Result<std::string> DecodeGetShardIterator(std::string body);
Result<std::vector<std::string>> DecodeListStreams(std::string body);

}  // namespace laminar::kinesis
