#include "connectors/kinesis/shard_position.h"

#include <nlohmann/json.hpp>

#include "base/check.h"

namespace laminar::kinesis {

namespace {

using Json = nlohmann::ordered_json;
using Kind = ShardPosition::Kind;
using State = ShardStanding::State;

constexpr int kVersion = 1;
constexpr char kStates[][9] = {"waiting", "reading", "finished"};  // by State

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

// Throws what nlohmann throws.
ShardPosition ReadPosition(const Json& json) {
  ShardPosition position;
  if (json.contains("after")) {
    position = ShardPosition::After(json.at("after").get<std::string>());
  } else if (json.contains("at")) {
    position = ShardPosition::At(json.at("at").get<std::string>());
    position.sub_sequence_number = json.value("sub", uint64_t{0});
    position.offset = json.value("offset", uint64_t{0});
    position.line = json.value("line", uint64_t{0});
  } else if (const Json& from = json.at("from"); from.is_number_integer()) {
    position = ShardPosition::Timestamp(from.get<int64_t>());
  }
  position.rows = json.value("rows", uint64_t{0});
  return position;
}

ShardStanding ReadShard(const Json& json) {
  ShardStanding shard;
  shard.id = json.at("id").get<std::string>();
  shard.parents = json.value("parents", std::vector<std::string>{});
  const auto state = json.at("state").get<std::string>();
  shard.state = state == kStates[0] ? State::kWaiting : state == kStates[1] ? State::kReading : State::kFinished;
  if (shard.state != State::kFinished) shard.position = ReadPosition(json);
  shard.position.complete_through_micros = json.value("complete_through", int64_t{0});
  shard.awaits_children = json.value("awaits_children", false);
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
  json["version"] = kVersion;
  json["stream"] = position.stream;
  if (!position.arn.empty()) json["arn"] = position.arn;
  json["shards"] = std::move(shards);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<SourcePosition> ParseSourcePosition(const std::string& text) {
  constexpr char kHint[] = "Use the version of Laminar that wrote the checkpoint, or start anew with --fresh";
  try {
    const Json json = Json::parse(text);
    const int version = json.at("version").get<int>();
    if (version != kVersion) {
      return Status::Environment("the position of a stream in the checkpoint has the format " +
                                     std::to_string(version) + ", which this version does not read",
                                 kHint);
    }
    SourcePosition position;
    position.stream = json.at("stream").get<std::string>();
    position.arn = json.value("arn", std::string());
    for (const Json& shard : json.at("shards")) position.shards.push_back(ReadShard(shard));
    return position;
  } catch (const Json::exception& error) {
    return Status::Environment(
        "the position of a stream in the checkpoint cannot be read: " + std::string(error.what()), kHint);
  }
}

}  // namespace laminar::kinesis
