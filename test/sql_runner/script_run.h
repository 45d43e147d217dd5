// A script, compiled once over the connector 'lines' and run as often as wanted.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "connectors/registry.h"
#include "duck/database.h"
#include "lines_connector.h"
#include "rows.h"
#include "sql/compiler.h"
#include "test_file.h"

namespace laminar::sqltest {

class ScriptRun {
 public:
  // clock, random: borrowed.
  ScriptRun(const Clock* clock, Random* random);

  // What the planner says against it: "" if nothing.
  std::string Compile(const TestFile& test);
  const sql::CompiledScript& script() const { return *script_; }
  const Format& json() const { return *registry_.FindFormat("json"); }
  // What the planner warns of, one a line.
  std::string Warnings() const;

  struct Outcome {
    std::string failure;                   // "" if it ran to the end of its inputs
    std::map<std::string, Rows> outputs;   // by sink
    std::map<std::string, uint64_t> late;  // by source
  };
  Outcome Run(int workers, size_t batch_rows);
  // The same, interrupted up to `interruptions` times at random places - stopped, or killed - and gone on with from the
  // last checkpoint, each time with another number of workers; checkpoints are taken as fast as they can.
  Outcome RunWithRestarts(size_t batch_rows, int interruptions, Random* random);

  // What DuckDB answers, by sink.
  Result<std::map<std::string, Rows>> AskDuckDb(const TestFile& test) const;
  // Of the sink; no columns if the script has none of that name.
  const Schema& SinkSchema(const std::string& sink) const;

 private:
  const Clock* const clock_;
  Random* const random_;
  Lines lines_;
  Registry registry_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckSession> session_;
  std::unique_ptr<sql::CompiledScript> script_;
};

}  // namespace laminar::sqltest
