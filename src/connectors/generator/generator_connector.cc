#include "connectors/generator/generator_connector.h"

#include <algorithm>
#include <cmath>

#include "connectors/generator/row_query.h"

namespace laminar {

namespace {

constexpr int64_t kRowsPerQuery = 16 * static_cast<int64_t>(kBatchRows);
constexpr int64_t kTickMicros = 10'000;  // with a rate, rows are made at most this often

class GeneratorOrigins final : public RowOrigins {
 public:
  GeneratorOrigins(std::string source, int64_t first, int64_t step)
      : source_(std::move(source)), first_(first), step_(step) {}
  RowPosition Position(uint32_t row) const override {
    return {source_ + ", row " + std::to_string(first_ + step_ * static_cast<int64_t>(row)), "", "", 0};
  }

 private:
  const std::string source_;
  const int64_t first_, step_;
};

// Worker w of n makes the rows w, w + n, w + 2n, ...
class GeneratorReader final : public SourceReader {
 public:
  GeneratorReader(const TableSpec& table, const ConnectorContext& context, std::unique_ptr<DuckSession> session,
                  int worker, int workers, int64_t start_micros)
      : table_(table),
        context_(context),
        session_(std::move(session)),
        next_(worker),
        step_(workers),
        rows_(table.options.Has("rows") ? table.options.Integer("rows") : INT64_MAX),
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
        if (handed_ != next_) {
          return Status::User("table " + table_.name +
                              ": an expression of its columns does not give one value for each row");
        }
      }
      if (next_ >= rows_) return PollState::kEnd;
      const int64_t due = DueRows();
      if (due == 0) return PollState::kIdle;
      RETURN_IF_ERROR(Execute(due));
    }
  }

  int64_t NextDeadline() const override { return deadline_; }

 private:
  // How many rows of this worker to make now; 0: none yet, and deadline_ says when.
  int64_t DueRows() {
    int64_t end = rows_;
    if (rate_ > 0) {
      const int64_t now = context_.clock->SteadyMicros();
      const double elapsed_seconds = static_cast<double>(now - start_micros_) / 1e6;
      end = std::min(
          end, static_cast<int64_t>(std::min(std::floor(elapsed_seconds * rate_) + 1, 9e18)));  // row 0 is due at once
      if (next_ >= end) {
        const auto due_at = start_micros_ + static_cast<int64_t>(std::ceil(static_cast<double>(next_) / rate_ * 1e6));
        deadline_ = std::max({due_at, last_micros_ + kTickMicros, now + 1});
        return 0;
      }
      last_micros_ = now;
    }
    return std::min((end - next_ + step_ - 1) / step_, kRowsPerQuery);
  }

  Status Execute(int64_t count) {
    if (statement_ == nullptr) {
      statement_ = session_->connection().Prepare(generator::RowQuery(table_));
      if (statement_->HasError()) return Failed(statement_->GetErrorObject());
    }
    session_->FreezeTime();
    duckdb::vector<duckdb::Value> parameters = {duckdb::Value::BIGINT(next_), duckdb::Value::BIGINT(step_),
                                                duckdb::Value::BIGINT(count)};
    result_ = statement_->Execute(parameters, /*allow_stream_result=*/false);
    if (result_->HasError()) return Failed(result_->GetErrorObject());
    handed_ = next_;
    next_ += count * step_;
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
    out->origins = std::make_shared<GeneratorOrigins>("generator " + table_.name, handed_, step_);
    handed_ += static_cast<int64_t>(chunk_->size()) * step_;
    context_.metrics->rows_in.Add(chunk_->size());
    return PollState::kBatch;
  }

  const TableSpec table_;
  const ConnectorContext context_;
  const std::unique_ptr<DuckSession> session_;
  int64_t next_;  // first row that is in no query yet
  const int64_t step_, rows_;
  const double rate_;  // rows a second of all workers; 0 = as fast as it can
  const int64_t start_micros_;
  int64_t last_micros_ = INT64_MIN / 2, deadline_ = kNever;
  duckdb::unique_ptr<duckdb::PreparedStatement> statement_;
  duckdb::unique_ptr<duckdb::QueryResult> result_;  // of the last query, while it has rows
  duckdb::unique_ptr<duckdb::DataChunk> chunk_;     // behind the batch handed out last
  int64_t handed_ = 0;                              // first row that is in no batch yet
};

class GeneratorSource final : public Source {
 public:
  GeneratorSource(const TableSpec& table, const ConnectorContext& context, DuckDatabase* database)
      : table_(table), context_(context), database_(database) {}
  Status Start(std::vector<Waker*> wakers) override {
    workers_ = std::max(1, static_cast<int>(wakers.size()));
    start_micros_ = context_.clock->SteadyMicros();
    return Status::Ok();
  }
  std::unique_ptr<SourceReader> CreateReader(int worker) override {
    return std::make_unique<GeneratorReader>(table_, context_, database_->NewSession(), worker, workers_,
                                             start_micros_);
  }
  bool Ready() const override { return true; }

 private:
  const TableSpec table_;
  const ConnectorContext context_;
  DuckDatabase* const database_;
  int workers_ = 1;
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

  void Check(const TableSpec& table, OptionUse /*use*/, std::vector<Status>* problems) const override {
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
