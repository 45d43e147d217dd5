#include "script_run.h"

#include "engine/pipeline.h"
#include "formats/json/json_format.h"
#include "oracle.h"

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
