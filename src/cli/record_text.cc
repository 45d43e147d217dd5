#include "cli/record_text.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "aws/base64.h"
#include "base/utc.h"

namespace laminar::cli {

std::string RecordAsText(std::string_view data) {
  while (data.ends_with('\n') || data.ends_with('\r')) data.remove_suffix(1);
  std::string out;
  for (const char c : data) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if ((byte < 0x20 && c != '\t') || byte == 0x7f) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      out += escaped;
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string RecordAsJson(const RowPosition& position, std::string_view data) {
  nlohmann::ordered_json record;
  if (!position.shard.empty()) record["shard"] = position.shard;
  if (!position.sequence_number.empty()) record["sequence_number"] = position.sequence_number;
  if (!position.partition_key.empty()) record["partition_key"] = position.partition_key;
  if (position.arrival_micros > 0) record["arrival"] = Rfc3339(position.arrival_micros, /*milliseconds=*/true);
  record["data"] = std::string(data);
  try {
    return record.dump();
  } catch (const nlohmann::json::type_error&) {  // it is not UTF-8
    record.erase("data");
    std::string encoded;
    aws::Base64Append(data, &encoded);
    record["data_base64"] = std::move(encoded);
    return record.dump();
  }
}

}  // namespace laminar::cli
