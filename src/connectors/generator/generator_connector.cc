#include "connectors/generator/generator_connector.h"

#include <algorithm>
#include <cmath>

#include "connectors/dealt_ranges.h"
#include "connectors/generator/row_query.h"

namespace laminar {

namespace {

constexpr int64_t kRowsPerQuery = 16 * static_cast<int64_t>(kBatchRows);
constexpr int64_t kTickMicros = 10'000;  // with a rate, rows are made at most this often

class GeneratorOrigins final : public RowOrigins {
 public:
  GeneratorOrigins(std::string source, int64_t first) : source_(std::move(source)), first_(first) {}
  RowPosition Position(uint32_t row) const override {
    RowPosition position;
    position.source = source_ + ", row " + std::to_string(first_ + static_cast<int64_t>(row));
    return position;
  }

 private:
  const std::string source_;
  const int64_t first_;
};

class GeneratorReader final : public SourceReader {
 public:
  GeneratorReader(const TableSpec& table, const ConnectorContext& context, std::unique_ptr<DuckSession> session,
                  std::shared_ptr<DealtRanges> ranges, int64_t start_micros)
      : table_(table),
        context_(context),
        counts_(context.metrics, table.name),
        session_(std::move(session)),
        ranges_(std::move(ranges)),
        open_(ranges_->AddReader()),
        first_row_(ranges_->next()),
        rate_(table.options.Number("rows_per_second")),
        start_micros_(start_micros) {}

  Result<PollState> Poll(Batch* out) override {
    out->Reset();
    deadline_ = kNever;
    while (true) {
      if (result_ != nullptr) {
        chunk_ = result_->Fetch();
        if (result_->HasError()) return Failed(result_->GetErrorObject());
        if (chunk_ != nullptr && chunk_->size() > 0) return Hand(out);
        result_.reset();
        if (open_->begin != open_->end) {
          return Status::User("table " + table_.name +
                              ": an expression of its columns does not give one value for each row");
        }
      }
      if (ranges_->AllDealt()) return PollState::kEnd;
      if (!TakeDueRows()) return PollState::kIdle;
      RETURN_IF_ERROR(Execute());
    }
  }

  int64_t NextDeadline() const override { return deadline_; }
  bool HasRows() const override {
    return chunk_ != nullptr || deadline_ == kNever || context_.clock->SteadyMicros() >= deadline_;
  }

 private:
  // Rows to make now: open_. False: none yet, and deadline_ says when.
  bool TakeDueRows() {
    int64_t limit = INT64_MAX;
    const int64_t now = context_.clock->SteadyMicros();
    if (rate_ > 0) {
      const double elapsed_seconds = static_cast<double>(now - start_micros_) / 1e6;
      const double due = std::min(std::floor(elapsed_seconds * rate_) + 1, 4e18);  // the first row is due at once
      limit = first_row_ + static_cast<int64_t>(due);
    }
    const auto range = ranges_->Take(kRowsPerQuery, limit);
    if (!range) {
      const auto taken = static_cast<double>(ranges_->next() - first_row_);
      const auto due_at = start_micros_ + static_cast<int64_t>(std::ceil(taken / std::max(rate_, 1e-9) * 1e6));
      deadline_ = rate_ > 0 ? std::max({due_at, last_micros_ + kTickMicros, now + 1}) : now;
      return false;
    }
    last_micros_ = now;
    *open_ = *range;
    return true;
  }

  Status Execute() {
    if (statement_ == nullptr) {
      statement_ = session_->connection().Prepare(generator::RowQuery(table_));
      if (statement_->HasError()) return Failed(statement_->GetErrorObject());
    }
    session_->FreezeTime();
    duckdb::vector<duckdb::Value> parameters = {duckdb::Value::BIGINT(open_->begin),
                                                duckdb::Value::BIGINT(open_->end - open_->begin)};
    result_ = statement_->Execute(parameters, /*allow_stream_result=*/false);
    if (result_->HasError()) return Failed(result_->GetErrorObject());
    return Status::Ok();
  }

  Status Failed(const duckdb::ErrorData& error) const {
    return Status::User("table " + table_.name + ": " + error.RawMessage(), "Correct the expressions of its columns");
  }

  PollState Hand(Batch* out) {
    if (table_.schema.empty()) {
      out->chunk().SetCardinality(chunk_->size());  // rows are only counted
    } else {
      out->chunk().Reference(*chunk_);
    }
    out->origins = std::make_shared<GeneratorOrigins>("generator " + table_.name, open_->begin);
    out->order_key = static_cast<uint64_t>(open_->begin);
    open_->begin += static_cast<int64_t>(chunk_->size());
    counts_.Rows(chunk_->size());
    return PollState::kBatch;
  }

  const TableSpec table_;
  const ConnectorContext context_;
  const ReadCounts counts_;
  const std::unique_ptr<DuckSession> session_;
  const std::shared_ptr<DealtRanges> ranges_;       // shared: by the readers of all workers
  const std::shared_ptr<DealtRanges::Range> open_;  // shared with the ranges: rows that are in no batch yet
  const int64_t first_row_;                         // of this run
  const double rate_;                               // rows a second of all workers; 0 = as fast as it can
  const int64_t start_micros_;
  int64_t last_micros_ = INT64_MIN / 2, deadline_ = kNever;
  duckdb::unique_ptr<duckdb::PreparedStatement> statement_;
  duckdb::unique_ptr<duckdb::QueryResult> result_;  // of the last query, while it has rows
  duckdb::unique_ptr<duckdb::DataChunk> chunk_;     // behind the batch handed out last
};

class GeneratorSource final : public Source {
 public:
  GeneratorSource(const TableSpec& table, const ConnectorContext& context, DuckDatabase* database)
      : table_(table),
        context_(context),
        database_(database),
        ranges_(std::make_shared<DealtRanges>(table.options.Has("rows") ? table.options.Integer("rows") : INT64_MAX)) {}
  Status Start(std::vector<Waker*> /*wakers*/) override {
    start_micros_ = context_.clock->SteadyMicros();
    return Status::Ok();
  }
  std::unique_ptr<SourceReader> CreateReader(int /*worker*/) override {
    return std::make_unique<GeneratorReader>(table_, context_, database_->NewSession(), ranges_, start_micros_);
  }
  bool HasPositions() const override { return true; }
  Result<std::string> Position() const override { return ranges_->Position(); }
  Status Resume(const std::string& position) override { return ranges_->Resume(position); }
  bool Ready() const override { return true; }

 private:
  const TableSpec table_;
  const ConnectorContext context_;
  DuckDatabase* const database_;
  const std::shared_ptr<DealtRanges> ranges_;  // shared: with the readers
  int64_t start_micros_ = 0;
};

class GeneratorConnector final : public Connector {
 public:
  explicit GeneratorConnector(DuckDatabase* database) : database_(database) {}
  std::string name() const override { return "generator"; }
  std::string description() const override {
    return "Makes up rows, the same ones for the same seed. A column is made up by its type, or by its expression: "
           "`temperature DOUBLE AS (20 + 30 * r)`, where i is the row's number from 0, and r, r2 and r3 are random "
           "numbers from 0 to 1";
  }
  const std::vector<OptionSpec>& options() const override {
    static const std::vector<OptionSpec> kOptions = {
        {.name = "rows_per_second",
         .type = OptionType::kNumber,
         .use = OptionUse::kSource,
         .default_value = "0",
         .help = "How many rows a second, over all workers; 0 is as fast as it can",
         .example = "100"},
        {.name = "rows",
         .type = OptionType::kInteger,
         .use = OptionUse::kSource,
         .help = "How many rows in all; without it they never end",
         .example = "1000000"},
        {.name = "seed",
         .type = OptionType::kInteger,
         .use = OptionUse::kSource,
         .default_value = "0",
         .help = "Another seed gives other rows",
         .example = "42"},
    };
    return kOptions;
  }
  std::vector<std::string> formats() const override { return {}; }
  bool is_source() const override { return true; }
  bool is_sink() const override { return false; }
  bool IsBounded(const TableSpec& table) const override { return table.options.Has("rows"); }

  void Check(const TableSpec& table, OptionUse use, std::vector<Status>* problems) const override {
    if (use == OptionUse::kSink) return;  // which it cannot be, as has been told; its options are not read then
    generator::CheckColumns(table, database_->NewSession().get(), problems);
  }

  Result<std::unique_ptr<Source>> MakeSource(const TableSpec& table, const ConnectorContext& context) const override {
    if (context.until_caught_up && !table.options.Has("rows")) {
      return Status::User("a generator without 'rows' never ends, so it cannot be read until caught up",
                          "Add rows = '1000'");
    }
    return std::unique_ptr<Source>(std::make_unique<GeneratorSource>(table, context, database_));
  }

 private:
  DuckDatabase* const database_;
};

}  // namespace

std::unique_ptr<Connector> MakeGeneratorConnector(DuckDatabase* database) {
  return std::make_unique<GeneratorConnector>(database);
}

}  // namespace laminar
