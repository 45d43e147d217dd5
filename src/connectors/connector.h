// Connectors: where rows come from and go to. A pipeline runs N workers; each has one SourceReader per source and one
// SinkWriter per sink, used on its own thread only, and a Waker. Nothing here blocks: network callbacks put results
// into mailboxes and wake the worker, and a worker that has nothing to do waits for its Waker or the earliest
// NextDeadline().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/checkpoint_part.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/status.h"
#include "base/waker.h"
#include "connectors/source_watermark.h"
#include "duck/batch.h"
#include "duck/schema.h"
#include "formats/format.h"
#include "formats/option.h"

namespace laminar {

class BadData;         // bad_data.h
class ConnectionTest;  // connection_check.h

// What `bad_data` says for a table.
enum class BadDataPolicy { kFail, kDrop, kDeadLetter };

// The world, handed to every source and sink. All borrowed; all outlive them.
struct ConnectorContext {
  const Clock* clock = nullptr;
  Random* random = nullptr;  // only for forking, before the workers start
  PipelineMetrics* metrics = nullptr;
  bool until_caught_up = false;            // bounded read: up to the tip seen at the start
  int64_t source_buffer_bytes = 64 << 20;  // all that one source may hold prefetched, over all its readers
  int64_t sink_buffer_bytes = 64 << 20;    // all that one sink may hold unacknowledged, over all its writers
  // Sources only. Their readers give out no rows before Source::Release: the position that they begin at is to be kept
  // first.
  bool hold_rows = false;
  // Sources only: what becomes of rows that it cannot take, over all its readers. nullptr: what TableSpec::bad_data
  // says.
  BadData* bad_data = nullptr;
  // Sources only: where its splits, their idleness and their ends are reported. nullptr: nobody asks for event time.
  SourceWatermark* watermark = nullptr;
};

// A column of a sink that is no part of its records' bytes: METADATA FROM 'name'.
struct SinkMetadata {
  std::string name;    // of Connector::metadata
  std::string column;  // in SQL
  size_t index = 0;    // in the batches that the sink gets
  SqlPosition position;
};

// A table as the script defines it, checked: what a connector is made from.
struct TableSpec {
  std::string name;  // in SQL
  // Source: the columns to decode, in the order the plan wants them. Sink: the columns to encode, in the order of its
  // batches, which have those of `metadata` beside them.
  Schema schema;
  std::vector<SinkMetadata> metadata;           // sinks only; each name once
  OptionValues options;                         // against the connector's specs and its format's
  const Format* format = nullptr;               // nullptr for connectors without one (generator)
  std::vector<std::string> column_expressions;  // generator only: SQL of each column's `AS (...)`, else empty
  BadDataPolicy bad_data = BadDataPolicy::kFail;
  std::vector<ColumnPredicate> predicates;  // sources only, on columns of `schema`: for Decoder::PushDown
};

enum class PollState {
  kBatch,  // `out` holds rows
  kIdle,   // nothing at hand: ask again after a wake-up or at NextDeadline()
  kEnd,    // there will never be more
};

class SourceReader {
 public:
  virtual ~SourceReader() = default;
  // Fills `out` (which the reader owns until the call, the caller until the next one). Calling it again says that the
  // batch before has passed through everything downstream: a shard whose last batch it was is finished, and its
  // children may begin. Error: the pipeline stops with it.
  virtual Result<PollState> Poll(Batch* out) = 0;
  // SteadyMicros at which Poll may have something to do although nobody wakes it; kNever.
  virtual int64_t NextDeadline() const = 0;
  // Whether rows wait for Poll, as far as it is known without it: for figures only.
  virtual bool HasRows() const { return true; }
};

class Source {
 public:
  virtual ~Source() = default;
  // Starts finding out where to read; returns at once. Wakers: one a worker, in the workers' order; borrowed, outlive
  // the source.
  virtual Status Start(std::vector<Waker*> wakers) = 0;
  // Called once for each worker, after Start; the reader must not outlive the source.
  virtual std::unique_ptr<SourceReader> CreateReader(int worker) = 0;

  // Checkpoints. A source without positions begins anew after each restart.
  virtual bool HasPositions() const { return false; }
  // What its readers have given out until now, as text of the source's own (JSON, in one line): everything before it is
  // read. May be asked for once it is Ready, by any thread, while no reader is being polled and everything given out
  // has been pushed. The text names no worker: any number of them may go on from it.
  virtual Result<std::string> Position() const { return Status::Bug("the source has no positions"); }
  // Before Start: goes on behind a Position. Error (kUser, kEnvironment): it is one of another stream or file, or is
  // gone.
  virtual Status Resume(const std::string& /*position*/) { return Status::Bug("the source has no positions"); }
  // With ConnectorContext::hold_rows: rows may be given out now. Any thread; wakes the workers.
  virtual void Release() {}

  // True once its reading position is fixed everywhere (LATEST pinned on all shards): a record put after that is read.
  // Thread-safe.
  virtual bool Ready() const = 0;
  // Whether it tells ConnectorContext::watermark of its splits and sets Batch::split. Else each reader is one split,
  // which the task reports.
  virtual bool ReportsSplits() const { return false; }
};

// What a checkpoint holds of a SinkWriter.
struct SinkState {
  std::string progress;  // text of the sink's own (JSON, in one line); empty: nothing
  // Larger parts, each below 64 MB. A part that was in the checkpoint before is the same object and is not written
  // again.
  std::vector<std::shared_ptr<CheckpointPart>> parts;
};

class SinkWriter {
 public:
  virtual ~SinkWriter() = default;
  // Takes a copy of what it needs of `batch`. May be called whatever CanAccept says, but the caller stops polling
  // sources when it is false.
  virtual Status Push(const Batch& batch) = 0;
  virtual bool CanAccept() const = 0;
  // Sends what is due, handles what came back. Called after a wake-up and at NextDeadline(). Error: the pipeline stops
  // with it.
  virtual Status Poll() = 0;
  virtual int64_t NextDeadline() const = 0;
  // No more rows will come: send everything now. Poll() until Drained().
  virtual void Finish() = 0;
  virtual bool Drained() const = 0;  // everything pushed is acknowledged

  // Checkpoints. Epochs are the stretches between two of them; their numbers rise. What was pushed since the last call
  // belongs to `epoch`. Several may have ended and not be ready.
  virtual void EndEpoch(int64_t epoch) = 0;
  // A checkpoint that ends with this epoch may be committed. At least once: all of its rows are acknowledged. Exactly
  // once: those that are not are in State(). Poll() until then.
  virtual bool EpochReady(int64_t epoch) const = 0;
  // Exactly once: what the checkpoint has to hold of this writer. Asked once for each epoch, when it is ready.
  virtual SinkState State(int64_t /*epoch*/) { return {}; }
  // That checkpoint has been committed: its rows may be sent.
  virtual void EpochCommitted(int64_t /*epoch*/) {}
  // It should be committed soon, for the memory that its rows take.
  virtual bool WantsCheckpoint() const { return false; }
};

class Sink {
 public:
  virtual ~Sink() = default;
  // Checks what can be checked before the first row (the stream exists). Asynchronous like Source::Start; an error
  // found later comes out of Poll.
  virtual Status Start(std::vector<Waker*> wakers) = 0;
  virtual std::unique_ptr<SinkWriter> CreateWriter(int worker) = 0;
  virtual bool Ready() const = 0;

  // Rows are sent once the checkpoint that holds them is committed. Without checkpoints such a sink cannot run.
  virtual bool NeedsCheckpoints() const { return false; }
  // Before Start, also without states: what the last checkpoint holds of the writers of all workers, in their order
  // then; there may be more or fewer now. state_id: of this pipeline's state, random, new where it began anew.
  virtual Status Resume(const std::string& /*state_id*/, std::vector<SinkState> /*states*/) { return Status::Ok(); }
};

// What comes with a record besides its bytes: a column declared as METADATA FROM 'name'.
struct MetadataSpec {
  std::string_view name;
  std::string_view type;  // SQL; what RowOrigins::FillMetadata fills
  OptionUse use = OptionUse::kSource;
  std::string_view help;
};

// What `connector = '...'` names. One object for the whole process, stateless but for what it was constructed with.
class Connector {
 public:
  virtual ~Connector() = default;
  virtual std::string name() const = 0;
  virtual std::string description() const = 0;  // one sentence
  virtual const std::vector<OptionSpec>& options()
      const = 0;  // without those that every table has (connector, type, format, bad_data, ...)
  virtual std::vector<std::string> formats() const = 0;              // the first is the default; empty: takes no format
  virtual std::vector<MetadataSpec> metadata() const { return {}; }  // that its records have
  virtual bool is_source() const = 0;
  virtual bool is_sink() const = 0;
  // Whether the source ends by itself and soon: a stream may be joined with it, which reads it to its end first.
  virtual bool IsBounded(const TableSpec& /*table*/) const { return false; }
  // Whether rows go into one file: as Format::MakeFileEncoder writes it, where the format has one.
  virtual bool WritesFile() const { return false; }
  // Whether a sink for the table writes all of its output when the pipeline ends: no checkpoint can have a part of it.
  virtual bool WritesWhole(const TableSpec& /*table*/) const { return false; }
  // Checks that need no network (combinations of options). Called while planning, for `laminar check` too. Appends to
  // `problems`.
  virtual void Check(const TableSpec& table, OptionUse use, std::vector<Status>* problems) const {}
  // The options of a table for `stream`, reached as `table` reaches its own: its region, endpoint, role. Of a table of
  // another connector: by the stream's name alone. Empty: this connector has no streams.
  virtual std::vector<WrittenOption> OptionsForStream(const OptionValues& /*table*/,
                                                      const std::string& /*stream*/) const {
    return {};
  }
  // Tries what the table needs (ConnectionTest). Blocks, until the test's deadline, or a little longer where
  // credentials are looked for. Requires a table that Check has no problem with.
  virtual void Test(const TableSpec& table, OptionUse use, ConnectionTest* test) const;
  // The same of a connection alone: options that have OptionSpec::connection.
  virtual void TestConnection(const OptionValues& options, ConnectionTest* test) const;
  virtual Result<std::unique_ptr<Source>> MakeSource(const TableSpec& table, const ConnectorContext& context) const;
  virtual Result<std::unique_ptr<Sink>> MakeSink(const TableSpec& table, const ConnectorContext& context) const;
};

}  // namespace laminar
