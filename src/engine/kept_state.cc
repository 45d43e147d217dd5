#include "engine/kept_state.h"

#include <utility>

#include "base/event_time.h"
#include "base/hex.h"
#include "stream/state_shape.h"

namespace laminar {

namespace {

constexpr int kInstanceDigits = 8, kStateIdDigits = 12;

std::string RandomId(Random* random, int digits) {
  std::string id;
  AppendHex(random->Next(), digits, &id);
  return id;
}

// Tables that are read again after a restart.
std::set<std::string> TablesReadAnew(const StreamPlan& plan) {
  const std::vector<bool> anew = ReadAnew(plan);
  std::set<std::string> tables;
  for (size_t id = 0; id < plan.nodes.size(); id++) {
    const auto* source = std::get_if<SourceNode>(&plan.nodes[id].op);
    if (source != nullptr && anew[id]) tables.insert(source->table);
  }
  return tables;
}

}  // namespace

KeptState::KeptState(const sql::CompiledScript& script, BlobStore* blobs, Random* random)
    : script_(script), store_(blobs, RandomId(random, kInstanceDigits)), read_anew_(TablesReadAnew(script.plan)) {}

Result<std::unique_ptr<KeptState>> KeptState::Load(const sql::CompiledScript& script, BlobStore* blobs,
                                                   const RecoverySettings& settings, Random random) {
  std::unique_ptr<KeptState> kept(new KeptState(script, blobs, &random));
  ASSIGN_OR_RETURN(kept->recovery_, Recover(&kept->store_, script, settings));
  const bool keeps_id = kept->goes_on() && !kept->recovery_.new_state_id;
  kept->state_id_ = keeps_id ? kept->recovery_.from->manifest.state_id : RandomId(&random, kStateIdDigits);
  return kept;
}

const Manifest::Source* KeptState::SavedSource(const std::string& table) const {
  if (!goes_on()) return nullptr;
  const auto found = recovery_.from->manifest.sources.find(table);
  return found == recovery_.from->manifest.sources.end() ? nullptr : &found->second;
}

bool KeptState::BeginsHere(const std::string& table) const {
  return read_anew_.count(table) == 0 && SavedSource(table) == nullptr;
}

Status KeptState::ResumeSource(const std::string& table, Source* source, SourceWatermark* watermark) const {
  if (read_anew_.count(table) > 0) return Status::Ok();
  if (!source->HasPositions()) {
    return Status::User("rows of this table cannot be read from where a checkpoint left off",
                        "Run it without --state-dir");
  }
  const Manifest::Source* const saved = SavedSource(table);
  if (saved == nullptr) return Status::Ok();
  if (watermark != nullptr) watermark->Restore({saved->watermark_micros.value_or(kNoWatermark), saved->lag_micros});
  return source->Resume(saved->position);
}

Status KeptState::ResumeSink(const std::string& table, Sink* sink) const {
  std::vector<SinkState> states;
  if (goes_on()) {
    const auto& all = recovery_.from->manifest.writers;
    if (const auto saved = all.find(table); saved != all.end()) {
      for (const Manifest::Writer& writer : saved->second) {
        SinkState state{writer.progress, {}};
        for (const Manifest::Part& part : writer.parts) state.parts.push_back(recovery_.from->parts.at(part.file));
        states.push_back(std::move(state));
      }
    }
  }
  return sink->Resume(state_id_, std::move(states));
}

std::map<NodeId, std::vector<NodeState>> KeptState::Nodes() const {
  std::map<NodeId, std::vector<NodeState>> nodes;
  if (!goes_on()) return nodes;
  for (const StateShape& shape : StateShapes(script_.plan)) {
    const Manifest::Operator& op = recovery_.from->manifest.operators.at(shape.id);
    NodeState state{shape.node, op.watermark_micros.value_or(kNoWatermark), {}};
    for (const Manifest::Part& part : op.parts)
      state.parts.push_back({part.section, recovery_.from->parts.at(part.file)});
    nodes[shape.node].push_back(std::move(state));
  }
  return nodes;
}

void KeptState::ForgetParts() {
  if (goes_on()) recovery_.from->parts.clear();
}

Status KeptState::TakePosition(const std::string& table, const Source& source, const SourceWatermark* watermark,
                               std::map<std::string, Manifest::Source>* positions) const {
  if (read_anew_.count(table) > 0) return Status::Ok();
  Manifest::Source saved;
  ASSIGN_OR_RETURN(saved.position, source.Position());
  if (watermark != nullptr) {
    const SourceWatermark::Saved time = watermark->Save();
    if (time.watermark != kNoWatermark) saved.watermark_micros = time.watermark;
    saved.lag_micros = time.lag_micros;
  }
  (*positions)[table] = std::move(saved);
  return Status::Ok();
}

}  // namespace laminar
