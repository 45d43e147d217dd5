// SourceInput: one worker's reader of a source as its task sees it: with the columns that the SourceNode adds, and the
// event times of its rows reported to the SourceWatermark that all workers share.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "connectors/bad_row.h"
#include "connectors/connector.h"
#include "duck/database.h"
#include "duck/filter_project.h"
#include "stream/plan.h"
#include "stream/runtime/expression_failures.h"
#include "stream/runtime/metadata_columns.h"

namespace laminar {

class SourceInput {
 public:
  struct Parts {
    std::unique_ptr<SourceReader> reader;
    BadData* bad_data = nullptr;           // of the table: also for rows without an event time; nullptr: they fail
    int worker = 0;                        // whose dead letters it adds to
    SourceWatermark* watermark = nullptr;  // nullptr: nobody asks for event time
    bool reports_splits = false;           // Source::ReportsSplits
    SourceMetrics* metrics = nullptr;      // nullptr: nobody asks
  };
  struct World {
    DuckSession* session = nullptr;  // all borrowed
    const Clock* clock = nullptr;
    PipelineMetrics* metrics = nullptr;
  };

  // node: a SourceNode of the plan, or a ValuesNode, which has a reader and nothing else. Borrowed.
  SourceInput(const PlanNode& node, Parts parts, const World& world);
  ~SourceInput();
  SourceInput(const SourceInput&) = delete;

  // Like SourceReader::Poll. *out is borrowed until the next call; it may have no rows left. A reader that is one split
  // is left alone while alignment holds it (SourceWatermark::MayRead): its worker is woken when that changes.
  Result<PollState> Poll(Batch** out);
  // Whether Poll would go on with rows, as far as it is known without it.
  bool HasRows() const { return !held_ && !finished_ && parts_.reader->HasRows(); }
  int64_t NextDeadline() const { return held_ ? kNever : parts_.reader->NextDeadline(); }

  // What the source promises by now. To be passed on after the rows that Poll gave out.
  int64_t watermark() const { return parts_.watermark == nullptr ? kNoWatermark : parts_.watermark->watermark(); }

 private:
  void FillArrivals(const Batch& decoded);
  void AddHiddenColumns(Batch* decoded);
  Status DropRowsWithoutTime();
  Status EvaluateOwnWatermarks();
  Status ReportEventTimes();

  const PlanNode& node_;
  const SourceNode* const source_;  // nullptr: VALUES
  Parts parts_;
  const World world_;
  BadRowPolicy bad_rows_;
  ExpressionFailures failures_;
  std::unique_ptr<MetadataColumns> metadata_;          // nullptr: there are none
  std::unique_ptr<FilterProject> computes_;            // nullptr: no computed columns
  Batch read_;                                         // the columns that the reader decodes
  Batch rows_;                                         // those, computed and hidden ones
  Batch hidden_;                                       // memory of the hidden ones
  std::unique_ptr<FilterProject> watermark_of_;        // nullptr: event time - max delay
  std::vector<int64_t> arrivals_;                      // of rows_, 0 = not known; one for all where no row has one
  std::vector<int64_t> event_times_, own_watermarks_;  // of rows_
  uint32_t split_ = 0;                                 // ours, where the source does not report its own
  bool held_ = false;                                  // at the last Poll
  bool finished_ = false;
};

}  // namespace laminar
