#include "connectors/kinesis/shard_position.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

#include "base/check.h"

namespace laminar::kinesis {

namespace {

using Json = nlohmann::ordered_json;
using Kind = ShardPosition::Kind;
using State = ShardStanding::State;

constexpr int kPositionVersion = 1;
constexpr std::string_view kStates[] = {"waiting", "reading", "finished"};  // by State

void WritePosition(const ShardPosition& position, Json* json) {
  switch (position.kind) {
    case Kind::kOldest:
      (*json)["from"] = "oldest";
      break;
    case Kind::kLatest:
      CHECK_MSG(false, "a start at the latest record that is not pinned is no position");
      break;
    case Kind::kTimestamp:
      (*json)["from"] = position.timestamp_micros;
      break;
    case Kind::kAfter:
      (*json)["after"] = position.sequence_number;
      break;
    case Kind::kAt:
      (*json)["at"] = position.sequence_number;
      if (position.within_record()) {
        (*json)["sub"] = position.sub_sequence_number;
        (*json)["offset"] = position.offset;
        (*json)["line"] = position.line;
      }
      break;
  }
  if (position.rows > 0) (*json)["rows"] = position.rows;
}

// What follows throws std::exception. nlohmann would turn 1e300, true and -1 into some number.
uint64_t CountOf(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end()) return 0;
  if (!found->is_number_unsigned()) throw std::invalid_argument(std::string(name) + " is no whole number");
  return found->get<uint64_t>();
}

int64_t MicrosOf(const Json& json, const char* name) {
  const bool fits = json.is_number_unsigned()
                        ? json.get<uint64_t>() <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())
                        : json.is_number_integer();
  if (!fits) throw std::invalid_argument(std::string(name) + " is no time");
  return json.get<int64_t>();
}

ShardPosition ReadPosition(const Json& json) {
  ShardPosition position;
  if (json.contains("after")) {
    position = ShardPosition::After(json.at("after").get<std::string>());
  } else if (json.contains("at")) {
    position = ShardPosition::At(json.at("at").get<std::string>());
    position.sub_sequence_number = CountOf(json, "sub");
    position.offset = CountOf(json, "offset");
    if (position.within_record()) position.line = CountOf(json, "line");
  } else if (const Json& from = json.at("from"); from != "oldest") {
    position = ShardPosition::Timestamp(MicrosOf(from, "from"));
  }
  position.rows = CountOf(json, "rows");
  return position;
}

State StateOf(const std::string& name) {
  const auto found = std::find(std::begin(kStates), std::end(kStates), name);
  if (found == std::end(kStates)) throw std::invalid_argument("'" + name + "' is no state of a shard");
  return static_cast<State>(found - std::begin(kStates));
}

ShardStanding ReadShard(const Json& json) {
  ShardStanding shard;
  shard.id = json.at("id").get<std::string>();
  shard.parents = json.value("parents", std::vector<std::string>{});
  shard.state = StateOf(json.at("state").get<std::string>());
  if (shard.state != State::kFinished) shard.position = ReadPosition(json);
  const auto through = json.find("complete_through");
  if (through != json.end())
    shard.position.complete_through_micros = std::max<int64_t>(0, MicrosOf(*through, "complete_through"));
  if (shard.state == State::kFinished) shard.awaits_children = json.value("awaits_children", false);
  return shard;
}

}  // namespace

std::string ToJson(const SourcePosition& position) {
  Json shards = Json::array();
  for (const ShardStanding& shard : position.shards) {
    Json json;
    json["id"] = shard.id;
    json["state"] = kStates[static_cast<size_t>(shard.state)];
    if (!shard.parents.empty()) json["parents"] = shard.parents;
    if (shard.state != State::kFinished) WritePosition(shard.position, &json);
    if (shard.position.complete_through_micros > 0) json["complete_through"] = shard.position.complete_through_micros;
    if (shard.awaits_children && shard.state == State::kFinished) json["awaits_children"] = true;
    shards.push_back(std::move(json));
  }
  Json json;
  json["version"] = kPositionVersion;
  json["stream"] = position.stream;
  if (!position.arn.empty()) json["arn"] = position.arn;
  json["shards"] = std::move(shards);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<SourcePosition> ParseSourcePosition(const std::string& text) {
  constexpr char kHint[] = "Use the version of Laminar that wrote the checkpoint, or start anew with --fresh";
  try {
    const Json json = Json::parse(text);
    const Json& version = json.at("version");
    if (version != kPositionVersion) {
      return Status::Environment("the position of a stream in the checkpoint has the format " + version.dump() +
                                     ", which this version does not read",
                                 kHint);
    }
    SourcePosition position;
    position.stream = json.at("stream").get<std::string>();
    position.arn = json.value("arn", std::string());
    const Json& shards = json.at("shards");
    if (!shards.is_array()) throw std::invalid_argument("the shards are no list");
    for (const Json& shard : shards) position.shards.push_back(ReadShard(shard));
    return position;
  } catch (const std::exception& error) {
    return Status::Environment(
        "the position of a stream in the checkpoint cannot be read: " + std::string(error.what()), kHint);
  }
}

}  // namespace laminar::kinesis
