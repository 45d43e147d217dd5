// BadData: what becomes of rows that a source table cannot take - a record that its format refuses, a row on which an
// expression fails, one without an event time - as bad_data says, over all of the pipeline's workers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "connectors/bad_record.h"
#include "connectors/connector.h"
#include "connectors/dead_letters.h"

namespace laminar {

class BadData {
 public:
  struct Settings {
    std::string table;
    BadDataPolicy policy = BadDataPolicy::kFail;
    int64_t most_per_minute = 0;  // bad_data.max_rate; 0: any number
    LetterTable letters = {};     // `table`, for dead letters
    BadRecordObserver observer = {};
  };
  // clock, metrics: borrowed. workers: each gets dead letters of its own.
  BadData(Settings settings, int workers, const Clock* clock, PipelineMetrics* metrics);

  const std::string& table() const { return settings_.table; }
  BadDataPolicy policy() const { return settings_.policy; }
  // Of a worker, for its thread; nullptr: there are none.
  DeadLetters* letters(int worker) const;

  // A row was refused, and is not to stop the pipeline by itself. Any thread. Error (kUser): there have been too many
  // within a minute; it sums them up by cause. *log: it is one of those that the log should show. *like_it: how many of
  // its cause there are, where it is one that the observer should see; else 0.
  Status Count(std::string_view reason, bool* log, uint64_t* like_it);
  uint64_t rows() const { return rows_.Get(); }  // refused so far
  // Count would say so of the next one if it has this reason, as far as one worker can know.
  bool NextIsShown(std::string_view reason) const;
  // Shows the observer, if there is one, a row with the bytes of its record.
  void Show(BadRecordEvent event, std::string_view record) const;

  // A reason without what differs from row to row: quoted text and numbers.
  static std::string CauseOf(std::string_view reason);

 private:
  static bool IsLogged(uint64_t number);
  std::string KnownCause(std::string_view reason) const;
  Status TooMany() const;

  const Settings settings_;
  const Clock* const clock_;
  PipelineMetrics* const metrics_;
  ReadMetrics* const table_metrics_;
  std::vector<std::unique_ptr<DeadLetters>> letters_;  // by worker
  Counter rows_;
  mutable std::mutex mutex_;
  std::map<std::string, uint64_t> causes_;  // guarded by mutex_; of a bounded number
  std::optional<int64_t> minute_began_;     // guarded by mutex_; SteadyMicros
  int64_t within_minute_ = 0;               // guarded by mutex_
};

}  // namespace laminar
