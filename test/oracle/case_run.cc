// Shrinking is delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002) in
// its plainest form: leave out pieces of the rows, half of a shard first, single rows last, as long as it still
// differs.
#include "case_run.h"

#include <algorithm>

#include "base/clock.h"
#include "base/random.h"
#include "script_run.h"

namespace laminar::oracle {

using sqltest::Difference;
using sqltest::ScriptRun;

namespace {

constexpr int kRestarts = 3;

}  // namespace

std::string DifferenceOf(const RandomCase& random_case) {
  const SystemClock clock;
  Random random(1);
  ScriptRun run(&clock, &random);
  const std::string problems = run.Compile(random_case.test);
  if (!problems.empty()) return "the planner refuses it\n" + problems;
  auto answers = run.AskDuckDb(random_case.test);
  if (!answers.ok()) return answers.status().ToString() + "\n";
  for (const RunSettings& settings : random_case.runs) {
    const std::string title =
        std::to_string(settings.workers) + " workers, batches of " + std::to_string(settings.batch_rows) + ": ";
    ScriptRun::Outcome outcome = run.Run(settings.workers, settings.batch_rows);
    if (!outcome.failure.empty()) return title + outcome.failure + "\n";
    for (const auto& [table, rows] : outcome.late) {
      if (rows > 0) return title + std::to_string(rows) + " late rows of " + table + "\n";
    }
    for (const auto& [sink, rows] : *answers) {
      const std::string difference = Difference(run.SinkSchema(sink), rows, outcome.outputs[sink], /*ordered=*/false);
      if (!difference.empty()) return title + "expected is what DuckDB answers\n" + difference;
    }
  }
  // Restarts add nothing and lose nothing.
  Random restarts(random_case.runs.front().batch_rows);
  ScriptRun::Outcome outcome = run.RunWithRestarts(random_case.runs.front().batch_rows, kRestarts, &restarts);
  if (!outcome.failure.empty()) return "restarts: " + outcome.failure + "\n";
  for (const auto& [table, rows] : outcome.late) {
    if (rows > 0) return "restarts: " + std::to_string(rows) + " late rows of " + table + "\n";
  }
  for (const auto& [sink, rows] : *answers) {
    const std::string difference = Difference(run.SinkSchema(sink), rows, outcome.outputs[sink], /*ordered=*/false);
    if (!difference.empty()) return "restarts: expected is what DuckDB answers\n" + difference;
  }
  return "";
}

RandomCase Shrink(RandomCase random_case, int attempts) {
  bool smaller = true;
  while (smaller && attempts > 0) {
    smaller = false;
    for (auto& [table, shards] : random_case.test.inputs) {
      for (auto& [number, shard] : shards) {
        for (size_t piece = std::max<size_t>(shard.lines.size(), 1); piece > 0 && attempts > 0; piece /= 2) {
          for (size_t at = 0; at < shard.lines.size() && attempts > 0;) {
            const auto whole = shard.lines;
            const auto first = shard.lines.begin() + static_cast<std::ptrdiff_t>(at);
            shard.lines.erase(first, first + static_cast<std::ptrdiff_t>(std::min(piece, shard.lines.size() - at)));
            attempts--;
            if (DifferenceOf(random_case).empty()) {
              shard.lines = whole;
              at += piece;
            } else {
              smaller = true;
            }
          }
        }
      }
    }
  }
  return random_case;
}

}  // namespace laminar::oracle
