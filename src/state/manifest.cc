#include "state/manifest.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "state/blob_store.h"
#include "state/state_file.h"

namespace laminar {

namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMostWorkers = 1 << 20;         // more than any machine runs
constexpr int64_t kMostBytes = int64_t{1} << 48;  // of a file: Manifest::Bytes adds them up

Json Micros(const std::optional<int64_t>& micros) {
  return micros ? Json(*micros) : Json(nullptr);
}

// nlohmann would turn 1e300, true and 2^63 into some integer, and take null for an empty list.
int64_t IntegerOf(const Json& json, int64_t least, int64_t most) {
  const bool fits = json.is_number_unsigned()
                        ? json.get<uint64_t>() <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())
                        : json.is_number_integer();
  if (!fits || json.get<int64_t>() < least || json.get<int64_t>() > most) {
    throw std::invalid_argument("a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                                " is missing");
  }
  return json.get<int64_t>();
}
int64_t IntegerOf(const Json& json) {
  return IntegerOf(json, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
}
std::optional<int64_t> MicrosOf(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return IntegerOf(json);
}
const Json& ObjectOf(const Json& json) {
  if (!json.is_object()) throw std::invalid_argument("an object is missing");
  return json;
}
const Json& ListOf(const Json& json) {
  if (!json.is_array()) throw std::invalid_argument("a list is missing");
  return json;
}

Json PartsToJson(const std::vector<Manifest::Part>& parts) {
  Json out = Json::array();
  for (const Manifest::Part& part : parts) {
    out.push_back({{"worker", part.worker}, {"section", part.section}, {"file", part.file}, {"bytes", part.bytes}});
  }
  return out;
}

std::vector<Manifest::Part> PartsOf(const Json& json) {
  std::vector<Manifest::Part> parts;
  for (const Json& each : ListOf(json)) {
    Manifest::Part part;
    part.worker = static_cast<int>(IntegerOf(each.at("worker"), 0, kMostWorkers));
    part.section = each.at("section").get<std::string>();
    part.file = each.at("file").get<std::string>();
    part.bytes = IntegerOf(each.at("bytes"), 0, kMostBytes);
    if (!BlobStore::IsName(part.file)) throw std::invalid_argument("'" + part.file + "' is no name of a file");
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace

std::string Manifest::ToJson() const {
  Json json;
  json["checkpoint"] = checkpoint;
  json["pipeline"] = pipeline;
  json["state_id"] = state_id;
  json["instance"] = instance;
  json["version"] = version;
  json["taken_micros"] = taken_micros;
  json["parallelism"] = parallelism;
  json["finished"] = finished;
  json["sources"] = Json::object();
  for (const auto& [table, source] : sources) {
    json["sources"][table] = {{"position", source.position},
                              {"watermark_micros", Micros(source.watermark_micros)},
                              {"lag_micros", Micros(source.lag_micros)}};
  }
  json["operators"] = Json::object();
  for (const auto& [id, op] : operators) {
    json["operators"][id] = {
        {"shape", op.shape}, {"watermark_micros", Micros(op.watermark_micros)}, {"parts", PartsToJson(op.parts)}};
  }
  json["sinks"] = Json::object();
  for (const auto& [table, of_workers] : writers) {
    Json list = Json::array();
    for (const Writer& writer : of_workers)
      list.push_back({{"progress", writer.progress}, {"parts", PartsToJson(writer.parts)}});
    json["sinks"][table] = std::move(list);
  }
  // Texts that are not UTF-8 (a table's name) must not stop a checkpoint.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Manifest> Manifest::FromJson(const std::string& name, std::string_view text) {
  try {
    const Json json = Json::parse(text);
    Manifest manifest;
    manifest.checkpoint = IntegerOf(json.at("checkpoint"));
    manifest.pipeline = json.at("pipeline").get<std::string>();
    manifest.state_id = json.at("state_id").get<std::string>();
    manifest.instance = json.at("instance").get<std::string>();
    manifest.version = json.at("version").get<std::string>();
    manifest.taken_micros = IntegerOf(json.at("taken_micros"));
    manifest.parallelism = static_cast<int>(IntegerOf(json.at("parallelism"), 1, kMostWorkers));
    manifest.finished = json.at("finished").get<bool>();
    for (const auto& [table, each] : ObjectOf(json.at("sources")).items()) {
      manifest.sources[table] = {each.at("position").get<std::string>(), MicrosOf(each.at("watermark_micros")),
                                 MicrosOf(each.at("lag_micros"))};
    }
    for (const auto& [id, each] : ObjectOf(json.at("operators")).items()) {
      manifest.operators[id] = {each.at("shape").get<std::string>(), MicrosOf(each.at("watermark_micros")),
                                PartsOf(each.at("parts"))};
    }
    for (const auto& [table, list] : ObjectOf(json.at("sinks")).items()) {
      for (const Json& each : ListOf(list))
        manifest.writers[table].push_back({each.at("progress").get<std::string>(), PartsOf(each.at("parts"))});
    }
    return manifest;
  } catch (const std::exception& error) {
    return Status::Environment(name + " is no manifest of a checkpoint that this version can read: " + error.what())
        .WithCode(kCheckpointDamaged);
  }
}

std::vector<std::string> Manifest::Files() const {
  std::vector<std::string> files;
  for (const auto& [id, op] : operators) {
    for (const Part& part : op.parts) files.push_back(part.file);
  }
  for (const auto& [table, of_workers] : writers) {
    for (const Writer& writer : of_workers) {
      for (const Part& part : writer.parts) files.push_back(part.file);
    }
  }
  return files;
}

int64_t Manifest::Bytes() const {
  int64_t bytes = 0;
  for (const auto& [id, op] : operators) {
    for (const Part& part : op.parts) bytes += part.bytes;
  }
  for (const auto& [table, of_workers] : writers) {
    for (const Writer& writer : of_workers) {
      for (const Part& part : writer.parts) bytes += part.bytes;
    }
  }
  return bytes;
}

}  // namespace laminar
