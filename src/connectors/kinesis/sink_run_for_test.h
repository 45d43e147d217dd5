// For seeded simulations of the Kinesis sink: a pipeline in small, which feeds numbered rows to the writers of several
// workers, takes checkpoints, dies at any step and goes on from the last checkpoint that it committed.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kinesis/kinesis_sink.h"
#include "connectors/kinesis/random_world_for_test.h"
#include "connectors/kinesis/world_for_test.h"
#include "duck/pch.h"

namespace laminar::kinesis {

// The explicit hash key of a key's rows, where they have one.
inline std::string HashKeyText(int key) {
  return std::to_string(key + 1) + "00000000000000000000000000000000000";
}

// Rows 0 ... of a table (line, key, hash): row i of the key i % keys. key_columns: the last two are metadata.
class SinkRun {
 public:
  SinkRun(uint64_t seed, const SinkSettings& settings, int keys, bool key_columns, ModelOptions options)
      : rng(seed), world(seed + 1, options), settings_(settings), keys_(keys) {
    if (!key_columns) {
      world.table.schema = columns_;
      return;
    }
    world.table.schema = {columns_[0]};
    world.table.metadata = {{"partition_key", "key", 1, {}}, {"explicit_hash_key", "hash", 2, {}}};
  }
  ~SinkRun() { Kill(); }

  // As a new process: from what the last committed checkpoint holds.
  void Start(int workers) {
    workers_ = workers;
    sink_ = std::make_unique<KinesisSink>(world.model.Connect("out"), world.table, settings_, world.context);
    std::vector<SinkState> states;
    for (const SinkState& saved : committed_.states) states.push_back(Loaded(saved));
    status = sink_->Resume("state", std::move(states));
    if (status.ok()) status = sink_->Start(world.Wakers(workers));
    for (int i = 0; i < workers && status.ok(); i++) writers_.push_back(sink_->CreateWriter(i));
    pushed = committed_.position;
    next_epoch_ = committed_.epoch + 1;
    checkpoint_.reset();
  }
  void Kill() {
    writers_.clear();
    sink_.reset();
  }

  // One step of anything. False: it failed, `status` says how.
  bool Step(int total) {
    switch (rng.Uniform(6)) {
      case 0:
        if (pushed < total && CanAccept()) PushSome(total);
        break;
      case 1:
        TryCheckpoint();
        break;
      default:
        if (!world.model.Step()) Wait();
    }
    for (const auto& writer : writers_) {
      if (status.ok()) status = writer->Poll();
    }
    if (std::any_of(writers_.begin(), writers_.end(), [](const auto& w) { return w->WantsCheckpoint(); })) {
      early_checkpoints++;
      BeginCheckpoint();
    }
    return status.ok();
  }
  bool Drained() const {
    return std::all_of(writers_.begin(), writers_.end(), [](const auto& writer) { return writer->Drained(); });
  }
  void Finish() {
    for (const auto& writer : writers_) writer->Finish();
  }
  // Where it stands, for the message of a run that does not end.
  std::string Describe() const {
    std::string text = "pushed " + std::to_string(pushed) + ", committed " + std::to_string(committed_.position) +
                       (checkpoint_ ? ", checkpoint " + std::to_string(checkpoint_->epoch) : "") + ", next due in " +
                       std::to_string(world.model.NextDue() - world.clock.SteadyMicros());
    for (const auto& writer : writers_) {
      text += "; writer " + std::string(writer->CanAccept() ? "accepts" : "is full") +
              (writer->Drained() ? ", drained" : "") + (writer->WantsCheckpoint() ? ", wants a checkpoint" : "") +
              ", due in " + std::to_string(writer->NextDeadline() - world.clock.SteadyMicros());
    }
    return text;
  }
  int committed_position() const { return committed_.position; }
  bool checkpointing() const { return checkpoint_.has_value(); }

  Random rng;
  TestWorld world;
  Status status;
  int pushed = 0;
  int checkpoints = 0, early_checkpoints = 0;

 private:
  struct Checkpoint {
    int64_t epoch = 0;
    int position = 0;
    std::vector<SinkState> states;
  };

  bool CanAccept() const {
    return std::all_of(writers_.begin(), writers_.end(), [](const auto& writer) { return writer->CanAccept(); });
  }

  void PushSome(int total) {
    std::vector<std::vector<int>> rows(writers_.size());
    for (uint64_t i = 1 + rng.Uniform(150); i > 0 && pushed < total; i--, pushed++) {
      rows[static_cast<size_t>(pushed % keys_) % rows.size()].push_back(pushed);
    }
    for (size_t worker = 0; worker < rows.size(); worker++) {
      Batch batch(columns_);
      for (size_t i = 0; i < rows[worker].size(); i++) {
        // A row's text follows from its number: it is the same when the row is made again.
        const int row = rows[worker][i];
        const std::string text = std::to_string(row) + std::string(static_cast<size_t>(row * 7 % 31), 'x');
        batch.chunk().SetValue(0, i, duckdb::Value(text));
        batch.chunk().SetValue(1, i, duckdb::Value("key " + std::to_string(row % keys_)));
        batch.chunk().SetValue(2, i, duckdb::Value(HashKeyText(row % keys_)));
      }
      batch.chunk().SetCardinality(rows[worker].size());
      if (status.ok()) status = writers_[worker]->Push(batch);
    }
  }

  void BeginCheckpoint() {
    if (checkpoint_) return;
    checkpoint_.emplace(Checkpoint{.epoch = next_epoch_++, .position = pushed, .states = {}});
    for (const auto& writer : writers_) writer->EndEpoch(checkpoint_->epoch);
  }

  void TryCheckpoint() {
    if (!checkpoint_) {
      if (rng.Uniform(20) == 0) BeginCheckpoint();
      return;
    }
    for (const auto& writer : writers_) {
      if (!writer->EpochReady(checkpoint_->epoch)) return;
    }
    for (const auto& writer : writers_) checkpoint_->states.push_back(Saved(writer->State(checkpoint_->epoch)));
    const bool lost = rng.Uniform(10) == 0;  // the store fails: the next checkpoint holds all that this one does
    if (!lost) {
      committed_ = std::move(*checkpoint_);
      checkpoints++;
      death_wish = deaths > 0 && rng.Uniform(10) == 0;  // between the manifest and what follows it
      if (!death_wish) {
        for (const auto& writer : writers_) writer->EpochCommitted(committed_.epoch);
      }
    }
    checkpoint_.reset();
  }

  // As an engine does: a part gets a file and loses its bytes; one with a file is not written again.
  SinkState Saved(SinkState state) {
    for (const auto& part : state.parts) {
      if (!part->file.empty()) continue;
      part->file = "part-" + std::to_string(files_.size());
      files_[part->file] = std::exchange(part->bytes, {});
    }
    return state;
  }
  SinkState Loaded(const SinkState& saved) {
    SinkState state{.progress = saved.progress, .parts = {}};
    for (const auto& part : saved.parts)
      state.parts.push_back(std::make_shared<CheckpointPart>(CheckpointPart{files_.at(part->file), part->file}));
    return state;
  }

  void Wait() {
    int64_t next = world.model.NextDue();
    for (const auto& writer : writers_) next = std::min(next, writer->NextDeadline());
    if (next != kNever) world.clock.Advance(std::max<int64_t>(0, next - world.clock.SteadyMicros()));
  }

  const Schema columns_ = {
      {"line", MakeType("VARCHAR"), false}, {"key", MakeType("VARCHAR"), false}, {"hash", MakeType("VARCHAR"), false}};
  const SinkSettings settings_;
  const int keys_;
  int workers_ = 1;
  std::map<std::string, std::string> files_;
  Checkpoint committed_;
  std::optional<Checkpoint> checkpoint_;  // under way
  int64_t next_epoch_ = 1;
  std::unique_ptr<KinesisSink> sink_;
  std::vector<std::unique_ptr<SinkWriter>> writers_;

 public:
  int deaths = 0;           // that are still to come
  bool death_wish = false;  // to be killed now
};

}  // namespace laminar::kinesis
