// ConnectionTest: what a table needs is tried - what a pipeline would ask of its service is asked, but for what would
// change something - and told check by check, with some of its records where it is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "duck/batch.h"
#include "formats/format.h"

namespace laminar {

struct ConnectionCheck {
  enum class Outcome { kOk, kFailed, kSkipped };
  std::string name;  // "credentials", "kinesis:GetRecords"
  Outcome outcome = Outcome::kOk;
  std::string message;  // what was found; why it failed or was not tried
  std::string hint;     // what to change; "" = nothing
};

// Records that came together, as decoders take them.
struct SampledRecords {
  std::vector<RecordView> records;             // valid as long as `storage`, with kRecordPadding readable bytes behind
  std::shared_ptr<const RowOrigins> origins;   // by place in `records`; nullptr: a file
  std::shared_ptr<const void> storage;         // shared with whoever looks at the records
  std::string file;                            // "file orders.csv", whose beginning is the only record; "" = a stream
  bool is_cut = false;                         // the file goes on
};

struct TestLimits {
  int64_t deadline_micros = kNever;  // SteadyMicros; whoever waits for anything waits no longer
  size_t records = 10;               // wanted
  size_t bytes = 1 << 20;            // no more are fetched, but for one record, or those of one answer
};

// Filled by one thread.
class ConnectionTest {
 public:
  // clock: borrowed.
  ConnectionTest(const Clock* clock, const TestLimits& limits) : clock_(clock), limits_(limits) {}

  const Clock& clock() const { return *clock_; }
  const TestLimits& limits() const { return limits_; }
  int64_t micros_left() const { return limits_.deadline_micros - clock_->SteadyMicros(); }

  void Ok(std::string name, std::string message, std::string hint = "") {
    checks.push_back({std::move(name), ConnectionCheck::Outcome::kOk, std::move(message), std::move(hint)});
  }
  void Failed(std::string name, const Status& status) {
    checks.push_back({std::move(name), ConnectionCheck::Outcome::kFailed, status.message(), status.hint()});
  }
  void Skipped(std::string name, std::string message, std::string hint = "") {
    checks.push_back({std::move(name), ConnectionCheck::Outcome::kSkipped, std::move(message), std::move(hint)});
  }
  bool ok() const {
    for (const ConnectionCheck& check : checks) {
      if (check.outcome == ConnectionCheck::Outcome::kFailed) return false;
    }
    return true;
  }

  std::vector<ConnectionCheck> checks;   // in the order in which they were made
  std::vector<SampledRecords> samples;   // of a source

 private:
  const Clock* const clock_;
  const TestLimits limits_;
};

}  // namespace laminar
