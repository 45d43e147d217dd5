// KeptState: the state of a pipeline between its runs. What the last checkpoint holds goes to the sources, the sinks
// and the operators; where the sources stand goes into the next one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "connectors/connector.h"
#include "engine/checkpoint_store.h"
#include "engine/recovery.h"
#include "sql/compiler.h"
#include "stream/runtime/checkpoint_control.h"

namespace laminar {

// Used by one thread at a time.
class KeptState {
 public:
  // Reads the store. script, blobs: borrowed. Error: of Recover.
  static Result<std::unique_ptr<KeptState>> Load(const sql::CompiledScript& script, BlobStore* blobs,
                                                 const RecoverySettings& settings, Random random);

  CheckpointStore* store() { return &store_; }
  const Recovery& recovery() const { return recovery_; }
  bool goes_on() const { return recovery_.from.has_value(); }  // else it begins anew
  const std::string& state_id() const { return state_id_; }

  // The source's place is none of the last checkpoint's, and is to be kept before its first row is given out. Not of
  // tables that are read again after each restart: they have no place.
  bool BeginsHere(const std::string& table) const;
  // Before its Start. watermark: of its event time; nullptr: nobody asks. Error (kUser): it cannot be gone on with.
  Status ResumeSource(const std::string& table, Source* source, SourceWatermark* watermark) const;
  Status ResumeSink(const std::string& table, Sink* sink) const;
  // Of all operators. Its parts are let go of by ForgetParts.
  std::map<NodeId, std::vector<NodeState>> Nodes() const;
  void ForgetParts();

  // While no source is polled: adds where this one stands.
  Status TakePosition(const std::string& table, const Source& source, const SourceWatermark* watermark,
                      std::map<std::string, Manifest::Source>* positions) const;

 private:
  KeptState(const sql::CompiledScript& script, BlobStore* blobs, Random* random);
  const Manifest::Source* SavedSource(const std::string& table) const;  // nullptr: not in the checkpoint

  const sql::CompiledScript& script_;  // borrowed
  CheckpointStore store_;
  const std::set<std::string> read_anew_;  // tables that a join reads to their end first, after each restart
  Recovery recovery_;
  std::string state_id_;
};

}  // namespace laminar
