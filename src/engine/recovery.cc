#include "engine/recovery.h"

#include <algorithm>
#include <map>

#include "state/state_file.h"
#include "stream/state_shape.h"

namespace laminar {

namespace {

constexpr const char* kAnewHint =
    "--fresh begins anew and leaves the old state; SET pipeline.name = '...' or another --state-dir keeps both";

// The state that a script has to fit.
struct Kept {
  std::string since;                          // "checkpoint 7"
  std::map<std::string, std::string> shapes;  // by the id of the operator
  std::vector<std::string> sources;           // tables that have been read
  std::vector<std::string> sinks_with_rows;   // tables with rows to be sent
};

Kept KeptIn(const Manifest& manifest) {
  Kept kept;
  kept.since = "checkpoint " + std::to_string(manifest.checkpoint);
  for (const auto& [id, op] : manifest.operators) kept.shapes[id] = op.shape;
  for (const auto& [table, source] : manifest.sources) kept.sources.push_back(table);
  for (const auto& [table, writers] : manifest.writers) {
    const bool has_rows = std::any_of(writers.begin(), writers.end(),
                                      [](const Manifest::Writer& writer) { return !writer.parts.empty(); });
    if (has_rows) kept.sinks_with_rows.push_back(table);
  }
  return kept;
}

// By a script that runs, once it takes its next checkpoint. Whether sinks will have rows cannot be known.
Kept KeptBy(const sql::CompiledScript& running) {
  Kept kept;
  kept.since = "its start";
  for (const StateShape& shape : StateShapes(running.plan)) kept.shapes[shape.id] = shape.text;
  for (const auto& [table, source] : running.sources) kept.sources.push_back(table);
  return kept;
}

Status Changed(const Kept& kept, const std::string& what) {
  return Status::User("the script has changed since " + kept.since + ", and its state does not fit: " + what,
                      kAnewHint);
}

// Whether the script can go on from there.
Status CheckFits(const Kept& kept, const sql::CompiledScript& script) {
  const std::vector<StateShape> shapes = StateShapes(script.plan);
  for (const StateShape& shape : shapes) {
    const auto saved = kept.shapes.find(shape.id);
    if (saved == kept.shapes.end()) {
      return std::move(Changed(kept, shape.id + " is new: " + shape.text))
          .At(script.plan.nodes[static_cast<size_t>(shape.node)].position);
    }
    if (saved->second != shape.text) {
      return std::move(Changed(kept, shape.id + " was {" + saved->second + "} and is now {" + shape.text + "}"))
          .At(script.plan.nodes[static_cast<size_t>(shape.node)].position);
    }
  }
  for (const auto& [id, shape] : kept.shapes) {
    const bool there = std::any_of(shapes.begin(), shapes.end(), [&](const StateShape& each) { return each.id == id; });
    if (!there) return Changed(kept, id + " is gone: {" + shape + "}");
  }
  for (const std::string& table : kept.sources) {
    if (script.sources.count(table) == 0) return Changed(kept, "it no longer reads " + table);
  }
  for (const std::string& table : kept.sinks_with_rows) {
    if (script.sinks.count(table) == 0)
      return Changed(kept, "it no longer writes " + table + ", which has rows to be sent");
  }
  return Status::Ok();
}

}  // namespace

Result<Recovery> Recover(CheckpointStore* store, const sql::CompiledScript& script, const RecoverySettings& settings) {
  Recovery recovery;
  ASSIGN_OR_RETURN(const std::vector<int64_t> numbers, store->Numbers());
  if (numbers.empty()) return recovery;
  recovery.newest = numbers.front();
  if (settings.fresh) {
    recovery.notes.push_back("begins anew and leaves what " + store->Describe(recovery.newest) + " stands for");
    recovery.new_state_id = true;
    return recovery;
  }
  for (const int64_t number : numbers) {
    Result<LoadedCheckpoint> loaded = store->Load(number);
    if (loaded.ok()) {
      const Manifest& manifest = loaded->manifest;
      if (manifest.pipeline != settings.pipeline) {
        return Status::User(
            "this is the state of another pipeline: " + manifest.pipeline + ", not " + settings.pipeline,
            "Name another --state-dir; a script that was moved keeps its state by SET pipeline.name = "
            "'...', from its first run on");
      }
      RETURN_IF_ERROR(CheckFits(KeptIn(manifest), script));
      recovery.from = std::move(loaded).value();
      return recovery;
    }
    const std::string problem = loaded.status().message();
    if (loaded.status().code() != kCheckpointDamaged) return loaded.status();  // a newer format, no permission
    if (settings.exactly_once && !settings.accept_duplicates) {
      return Status::Environment(
          problem +
              ": rows that it stands for may have been sent already, and an older checkpoint would send them "
              "again",
          "--accept-duplicates goes on from the one before, --fresh begins anew");
    }
    if (settings.exactly_once) recovery.new_state_id = true;
    recovery.notes.push_back(problem + ": going on from the checkpoint before it");
  }
  return Status::Environment("no checkpoint is whole: " + recovery.notes.back(), "--fresh begins anew");
}

Status FitsState(CheckpointStore* store, const sql::CompiledScript& script) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> numbers, store->Numbers());
  for (const int64_t number : numbers) {
    const Result<Manifest> manifest = store->ReadManifest(number);
    if (manifest.ok()) return CheckFits(KeptIn(*manifest), script);
    if (manifest.status().code() != kCheckpointDamaged) return manifest.status();
  }
  return Status::Ok();
}

Status FitsRunning(const sql::CompiledScript& running, const sql::CompiledScript& script) {
  return CheckFits(KeptBy(running), script);
}

}  // namespace laminar
