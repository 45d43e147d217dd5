#include "script_run.h"

#include "engine/pipeline.h"
#include "formats/json/json_format.h"
#include "oracle.h"
#include "state/memory_store_for_test.h"

namespace laminar::sqltest {
namespace {

constexpr int64_t kMemory = 256 << 20;

}  // namespace

ScriptRun::ScriptRun(const Clock* clock, Random* random) : clock_(clock), random_(random) {
  registry_.Add(MakeLinesConnector("lines", &lines_));
  registry_.Add(MakeLinesConnector("stdout", &lines_));
  registry_.AddFormat("json", MakeJsonFormat(), JsonFormatOptions());
  database_ = DuckDatabase::Open(clock_, kMemory).value();
  session_ = database_->NewSession();
}

std::string ScriptRun::Compile(const TestFile& test) {
  lines_.inputs = test.inputs;
  sql::CompileResult compiled = sql::Compile({test.script, {}}, registry_, session_.get());
  std::string problems;
  for (const Status& problem : compiled.problems) problems += sql::RenderProblem("script", test.script, problem);
  script_ = std::move(compiled.script);
  return problems;
}

std::string ScriptRun::Warnings() const {
  std::string warnings;
  for (const Status& warning : script_->warnings) warnings += warning.ToString() + "\n";
  return warnings;
}

ScriptRun::Outcome ScriptRun::Run(int workers, size_t batch_rows) {
  Outcome outcome;
  lines_.outputs.clear();
  lines_.batch_rows = batch_rows;
  PipelineOptions options;
  options.parallelism = workers;
  if (batch_rows % 3 == 0) options.partial_trial_rows = 0;  // hardly a row is grouped before it goes to its worker
  const auto pipeline = Pipeline::Create(*script_, options, {clock_, random_, database_.get()});
  if (!pipeline.ok()) {
    outcome.failure = pipeline.status().ToString();
    return outcome;
  }
  const Status status = (*pipeline)->Run(nullptr);
  if (!status.ok()) outcome.failure = status.ToString();
  outcome.outputs = std::move(lines_.outputs);
  for (const auto& [source, metrics] : (*pipeline)->source_metrics()) outcome.late[source] = metrics.late_rows.Get();
  return outcome;
}

ScriptRun::Outcome ScriptRun::RunWithRestarts(size_t batch_rows, int interruptions, Random* random) {
  Outcome outcome;
  MemoryStore store;
  lines_.outputs.clear();
  lines_.batch_rows = batch_rows;
  lines_.holds_output = true;
  size_t records = 0;
  for (const auto& [table, shards] : lines_.inputs) {
    for (const auto& [number, shard] : shards) records += shard.lines.size();
  }
  bool ended = false;
  for (int run = 0; run <= interruptions && !ended && outcome.failure.empty(); run++) {
    PipelineOptions options;
    options.parallelism = 1 << random->Uniform(3);
    if (batch_rows % 3 == 0) options.partial_trial_rows = 0;
    options.checkpoints.store = &store;
    options.checkpoints.pipeline = "test";
    options.checkpoints.interval_micros = static_cast<int64_t>(random->Uniform(2) * 1'000);
    const auto pipeline = Pipeline::Create(*script_, options, {clock_, random_, database_.get()});
    if (!pipeline.ok()) {
      outcome.failure = pipeline.status().ToString();
      break;
    }
    const bool kill = random->Uniform(2) == 0;
    bool interrupted = false;
    lines_.batches = 0;
    lines_.interrupt_after =
        run == interruptions ? 0 : 1 + static_cast<int64_t>(random->Uniform(1 + records / batch_rows / 2));
    lines_.interrupt = [&] {
      interrupted = true;
      if (kill) {
        (*pipeline)->Abort();
      } else {
        (*pipeline)->Stop();
      }
    };
    const Status status = (*pipeline)->Run(nullptr);
    if (!status.ok() && !(interrupted && kill)) outcome.failure = status.ToString();
    for (const auto& [source, metrics] : (*pipeline)->source_metrics()) outcome.late[source] += metrics.late_rows.Get();
    ended = !interrupted;
  }
  lines_.interrupt_after = 0;
  lines_.holds_output = false;
  outcome.outputs = std::move(lines_.outputs);
  return outcome;
}

Result<std::map<std::string, Rows>> ScriptRun::AskDuckDb(const TestFile& test) const {
  const auto database = DuckDatabase::Open(clock_, kMemory).value();
  const auto session = database->NewSession();
  return Ask(test, *script_, json(), session.get());
}

const Schema& ScriptRun::SinkSchema(const std::string& sink) const {
  static const Schema kNone;
  const auto found = script_->sinks.find(sink);
  return found == script_->sinks.end() ? kNone : found->second.spec.schema;
}

}  // namespace laminar::sqltest
