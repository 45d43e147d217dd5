#include "connectors/kinesis/sink_state.h"

#include <simdjson.h>

#include <algorithm>

#include "connectors/kinesis/codec_json.h"

namespace laminar::kinesis {

namespace {

constexpr int64_t kSinkStateVersion = 1;
constexpr int64_t kMostEpoch = 999'999'999'999;  // kMostIdBytes has room for it

Status Unreadable(const std::string& what) {
  return Status::Environment("the progress of a Kinesis sink in the checkpoint cannot be read: " + what,
                             "Start from an older checkpoint, or with --fresh")
      .WithCode(kCheckpointDamaged);
}

bool IsIdPrefix(std::string_view text) {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// The progress of one writer.
struct WriterProgress {
  std::string stream;
  ShardPositions after;
  std::vector<EpochRows::Progress> epochs;
};

Status ReadEpoch(simdjson::dom::object object, EpochRows::Progress* epoch) {
  int64_t worker = 0;
  uint64_t parts = 0;
  std::string_view prefix, bits;
  if (object["id"].get(prefix) || object["worker"].get(worker) || object["epoch"].get(epoch->epoch) ||
      object["sealed_micros"].get(epoch->sealed_wall_micros) || object["rows"].get(epoch->rows) ||
      object["parts"].get(parts) || object["acknowledged_to"].get(epoch->acknowledged_to) ||
      object["acknowledged_bits"].get(bits))
    return Unreadable("an epoch lacks a value");
  if (!IsIdPrefix(prefix)) return Unreadable("the ids of an epoch's rows do not begin as ids do");
  if (worker < 0 || worker > 99'999) return Unreadable("an epoch has no worker");
  if (epoch->epoch <= 0 || epoch->epoch > kMostEpoch) return Unreadable("an epoch has no number");
  epoch->prefix = prefix;
  epoch->worker = static_cast<int>(worker);
  epoch->parts = parts;
  epoch->bits = bits;
  return Status::Ok();
}

Status ReadProgress(const std::string& text, WriterProgress* progress) {
  namespace dom = simdjson::dom;
  dom::parser parser;
  const simdjson::padded_string padded(text);
  dom::object root, after;
  dom::array epochs;
  int64_t version = 0;
  std::string_view stream;
  if (parser.parse(padded).get(root)) return Unreadable("it is not a JSON object");
  if (root["version"].get(version) || version != kSinkStateVersion)
    return Unreadable("its version is " + std::to_string(version) + ", and this program knows " +
                      std::to_string(kSinkStateVersion));
  if (root["stream"].get(stream) || root["after"].get(after) || root["epochs"].get(epochs))
    return Unreadable("it lacks a value");
  progress->stream = stream;
  for (const auto& [shard, value] : after) {
    std::string_view number;
    if (value.get(number)) return Unreadable("a sequence number is no text");
    progress->after[std::string(shard)] = number;
  }
  for (const dom::element element : epochs) {
    dom::object object;
    if (element.get(object)) return Unreadable("an epoch is no object");
    RETURN_IF_ERROR(ReadEpoch(object, &progress->epochs.emplace_back()));
  }
  return Status::Ok();
}

}  // namespace

SinkState MakeSinkState(const std::string& stream, const ShardPositions& after, const std::vector<EpochRows*>& epochs) {
  SinkState state;
  if (epochs.empty()) return state;
  std::string& out = state.progress;
  out = "{\"version\":" + std::to_string(kSinkStateVersion) + ",\"stream\":";
  AppendJsonText(stream, &out);
  out += ",\"after\":{";
  bool first = true;
  for (const auto& [shard, number] : after) {
    if (!std::exchange(first, false)) out += ',';
    AppendJsonText(shard, &out);
    out += ':';
    AppendJsonText(number, &out);
  }
  out += "},\"epochs\":[";
  first = true;
  for (EpochRows* epoch : epochs) {
    if (!std::exchange(first, false)) out += ',';
    const auto& parts = epoch->Parts();
    state.parts.insert(state.parts.end(), parts.begin(), parts.end());
    epoch->AppendProgress(&out);
  }
  out += "]}";
  return state;
}

Result<RestoredRows> ReadSinkStates(const std::string& stream, std::vector<SinkState> states, int64_t* held_bytes,
                                    int64_t now_micros) {
  RestoredRows restored;
  bool first = true;
  for (SinkState& state : states) {
    if (state.progress.empty()) continue;
    WriterProgress progress;
    RETURN_IF_ERROR(ReadProgress(state.progress, &progress));
    if (progress.stream != stream) {
      return Status::User("the checkpoint has rows that are still to be written to stream " + progress.stream +
                              ", and the table now names stream " + stream,
                          "Run the pipeline with the old name until it has stopped, or start with --fresh");
    }
    size_t part = 0;
    for (const EpochRows::Progress& epoch : progress.epochs) {
      if (epoch.parts > state.parts.size() - part) return Unreadable("a part is missing");
      const auto begin = state.parts.begin() + static_cast<std::ptrdiff_t>(part);
      part += epoch.parts;
      ASSIGN_OR_RETURN(
          std::unique_ptr<EpochRows> rows,
          EpochRows::Restore(epoch, {begin, begin + static_cast<std::ptrdiff_t>(epoch.parts)}, held_bytes, now_micros));
      if (rows->unacknowledged() > 0) restored.epochs.push_back(std::move(rows));
    }
    // Behind a shard's position there must be the rows of all writers: the lowest, where all have one.
    if (std::exchange(first, false)) {
      restored.after = std::move(progress.after);
      continue;
    }
    for (auto known = restored.after.begin(); known != restored.after.end();) {
      const auto other = progress.after.find(known->first);
      if (other == progress.after.end()) {
        known = restored.after.erase(known);
        continue;
      }
      if (SequenceLess(other->second, known->second)) known->second = other->second;
      ++known;
    }
  }
  std::stable_sort(restored.epochs.begin(), restored.epochs.end(),
                   [](const auto& a, const auto& b) { return a->epoch() < b->epoch(); });
  return restored;
}

}  // namespace laminar::kinesis
