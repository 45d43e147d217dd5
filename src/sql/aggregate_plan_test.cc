// Every aggregate of DuckDB, computed in one piece, in pieces whose results are merged as rows, and in pieces whose
// states are combined, against DuckDB's own answer to the same SELECT.
#include "sql/aggregate_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "duckdb/parser/parser.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/planner.hpp"

#include "base/clock.h"
#include "base/random.h"
#include "duck/aggregate_set.h"
#include "duck/filter_project.h"

namespace laminar::sql {
namespace {

using duckdb::Value;
using Rows = std::vector<std::vector<Value>>;

// Rows in the order of (ts, o), so that DuckDB sees them as an ordered aggregate must.
constexpr char kTable[] = R"(CREATE TABLE t AS SELECT
  h % 7 AS g, TIMESTAMP '2026-01-01' + INTERVAL (r // 3) SECOND AS ts, (r % 3)::UBIGINT AS o,
  CASE WHEN h % 5 > 0 THEN h % 3 = 0 END AS b, CASE WHEN h % 11 > 0 THEN (h % 100 - 50)::TINYINT END AS tiny,
  CASE WHEN h % 9 > 0 THEN (h % 40)::SMALLINT END AS small, CASE WHEN h % 4 > 0 THEN (h % 1000 - 500)::INTEGER END AS i,
  CASE WHEN h % 6 > 0 THEN (h % 100000)::BIGINT * 1000003 END AS l, CASE WHEN h % 6 > 0 THEN (h % 50)::UBIGINT END AS ul,
  CASE WHEN h % 7 > 1 THEN (h % 33)::HUGEINT * 12345678901234567890 END AS huge,
  CASE WHEN h % 8 > 0 THEN (h % 500) / 8.0 - 20 END::DOUBLE AS d, CASE WHEN h % 9 > 1 THEN (h % 70) / 4.0 END::FLOAT AS f,
  CASE WHEN h % 8 > 1 THEN (h % 900) / 100.0 END::DECIMAL(9, 2) AS small_money,
  CASE WHEN h % 8 > 1 THEN (h % 90000) / 100.0 END::DECIMAL(38, 10) AS money,
  CASE WHEN h % 7 > 0 THEN repeat('word ', (h % 5)::INT) || (h % 13)::VARCHAR END AS s, (h % 17)::VARCHAR::BLOB AS bytes,
  CASE WHEN h % 6 > 0 THEN DATE '2026-01-01' + (h % 20)::INT END AS day, (TIME '00:00:00' + INTERVAL (h % 4000) SECOND) AS clock,
  CASE WHEN h % 6 > 0 THEN TIMESTAMP '2026-01-01' + INTERVAL (h % 90) MINUTE END AS moment,
  CASE WHEN h % 6 > 0 THEN (TIMESTAMP '2026-01-01' + INTERVAL (h % 90) MINUTE)::TIMESTAMPTZ END AS atz,
  CASE WHEN h % 6 > 0 THEN INTERVAL (h % 29) DAY END AS span, md5((h % 15)::VARCHAR)::UUID AS id,
  CASE WHEN h % 4 > 0 THEN (h % 16)::INTEGER::BIT END AS bits, CASE WHEN h % 4 > 0 THEN [h % 3, NULL, h % 2] END AS ints,
  CASE WHEN h % 4 > 0 THEN {'x': h % 3, 'y': (h % 5)::VARCHAR} END AS pair,
  CASE WHEN h % 5 > 0 THEN ['red', 'green', 'blue'][(h % 3 + 1)::INT]::ENUM('red', 'green', 'blue') END AS colour,
  CASE WHEN h % 5 > 0 THEN ('{"k": ' || (h % 4)::VARCHAR || '}')::JSON END AS js
  FROM (SELECT r, (hash(r * 7919 + SEED) % 1000003)::BIGINT AS h FROM range(ROWS) q(r)) ORDER BY ts, o)";

// The order of the columns above.
const std::vector<std::string>& Calls() {
  // clang-format off
  static const std::vector<std::string> kCalls = {
      "count(*)", "count(i)", "count(1)", "count(*) FILTER (WHERE b)", "count(s) FILTER (WHERE i > 0)",
      "count(*) FILTER (WHERE i > 100000)", "count_if(b)", "countif(i > 0)", "count_star()", "sum(tiny)", "sum(i)",
      "sum(l)", "sum(huge)", "sum(ul)", "sum(d)", "sum(f)", "sum(small_money)", "sum(money)", "sum(b)",
      "sum(i) FILTER (WHERE i > 100000)", "sum(d) FILTER (WHERE b)", "sum(i + tiny)", "sum(l::BIGNUM)", "fsum(d)",
      "kahan_sum(d)", "sumkahan(d)", "product(1 + d / 10000)", "avg(i)", "avg(l)", "avg(huge)", "avg(d)", "avg(f)",
      "avg(small_money)", "avg(money)", "avg(tiny)", "favg(d)", "mean(d)", "avg(i) FILTER (WHERE i > 100000)",
      "avg(moment)", "avg(atz)", "avg(day)", "avg(span)", "avg(clock)", "min(i)", "max(i)", "min(d)", "max(s)", "min(s)",
      "max(moment)", "min(atz)", "max(pair)", "min(ints)", "max(money)", "min(b)", "max(id)", "min(colour)", "max(colour)",
      "min(span)", "max(day)", "min(huge)", "max(bits)", "min(bytes)", "min(i, 3)", "max(s, 2)", "max(d, 4)",
      "min(pair, 2)", "bool_and(b)", "bool_or(b)", "bool_or(i > 0) FILTER (WHERE tiny > 0)", "bit_and(small)",
      "bit_or(small)", "bit_xor(ul)", "bit_or(bits)", "bit_and(bits)", "bitstring_agg(small, 0, 40)", "stddev(d)",
      "stddev_samp(d)", "stddev_pop(i)", "variance(d)", "var_samp(money)", "var_pop(d)", "sem(d)",
      "stddev(d) FILTER (WHERE tiny = 3)", "var_pop(d) FILTER (WHERE i > 100000)", "corr(d, i)", "covar_pop(d, f)",
      "covar_samp(d, f)", "regr_avgx(d, i)", "regr_avgy(d, i)", "regr_count(d, i)", "regr_intercept(d, i)",
      "regr_r2(d, i)", "regr_slope(d, i)", "regr_sxx(d, i)", "regr_sxy(d, i)", "regr_syy(d, i)",
      "corr(d, i) FILTER (WHERE i > 100000)", "regr_count(d, i) FILTER (WHERE i > 100000)", "skewness(d)",
      "kurtosis(d)", "kurtosis_pop(d)", "entropy(small)", "entropy(s)", "mad(d)", "mad(i)", "mad(money)", "mad(day)",
      "mad(moment)", "median(d)", "median(i)", "median(s)", "median(small_money)", "mode(small)", "mode(s)", "mode(pair)",
      "mode(d) FILTER (WHERE b)", "quantile(i, 0.3)", "quantile_cont(d, 0.25)", "quantile_cont(i, [0.1, 0.5, 0.9])",
      "quantile_disc(s, 0.5)", "quantile_cont(small_money, 0.5)", "quantile_disc(moment, [0.2, 0.8])",
      "quantile_cont(moment, 0.3)", "quantile_cont(d, 0.5 ORDER BY d DESC)",
      "percentile_cont(0.25) WITHIN GROUP (ORDER BY d)", "percentile_disc(0.25) WITHIN GROUP (ORDER BY i DESC)",
      "mode() WITHIN GROUP (ORDER BY small)", "approx_quantile(d, 0.5)", "approx_quantile(i, [0.25, 0.75])",
      "reservoir_quantile(i, 0.5)", "approx_count_distinct(s)", "approx_count_distinct(i) FILTER (WHERE b)",
      "approx_top_k(small, 3)", "histogram(small)", "histogram(s)", "histogram(i, [-100, 0, 100])",
      "histogram_exact(small, [1, 2, 3])", "first(i)", "last(i)", "any_value(i)", "arbitrary(s)", "first(pair)",
      "last(ints)", "first(i ORDER BY l DESC, s)", "last(s ORDER BY i NULLS FIRST, l, s)", "any_value(s ORDER BY l, s)",
      "first(s) FILTER (WHERE i > 0)", "arg_max(s, i)", "arg_min(i, d)", "arg_max(pair, moment)", "arg_max_null(i, s)",
      "arg_min_null(i, d)", "arg_max(i, d, 3)", "arg_min(s, l, 2)", "max_by(i, money)", "min_by(s, d)", "argmax(i, l)",
      "argmin(i, l)", "arg_max_nulls_last(i, d)", "arg_min_nulls_last(i, d)", "arg_max(s, i) FILTER (WHERE b)",
      "string_agg(s)", "string_agg(s, '-')", "string_agg(s, ', ' ORDER BY i DESC NULLS LAST, l, s)",
      "group_concat(s, '/')", "listagg(s, '+')", "string_agg(DISTINCT s, ',' ORDER BY s DESC)",
      "string_agg(i, ',' ORDER BY s, l, i)", "list(i)", "array_agg(i)", "list(pair)", "list(ints)",
      "list(i ORDER BY i DESC NULLS FIRST)", "list(s ORDER BY d, l, s)", "list(i) FILTER (WHERE b)",
      "list(i) FILTER (WHERE i > 100000)", "list(DISTINCT i ORDER BY i)", "list(DISTINCT s ORDER BY s DESC NULLS LAST)",
      "list(DISTINCT pair ORDER BY pair)", "list(money)", "list(1)", "count(DISTINCT i)", "count(DISTINCT l)", "count(DISTINCT l::VARCHAR || ' and more')", "count(DISTINCT s)",
      "count(DISTINCT d)", "count(DISTINCT pair)", "count(DISTINCT ints)", "count(DISTINCT span)",
      "count(DISTINCT money)", "count(DISTINCT id)", "count(DISTINCT colour)", "count(DISTINCT bits)",
      "count(DISTINCT (i, s))", "count(DISTINCT s) FILTER (WHERE i > 0)", "count(DISTINCT s) FILTER (WHERE i > 100000)",
      "count(DISTINCT bytes)", "count(DISTINCT b)", "count(DISTINCT huge)", "count(DISTINCT atz)", "count(DISTINCT f)",
      "sum(DISTINCT i)", "sum(DISTINCT money)", "avg(DISTINCT d)", "max(DISTINCT i)", "stddev(DISTINCT d)",
      "sum(DISTINCT d) FILTER (WHERE i > 0)", "median(DISTINCT i)", "mad(DISTINCT d)", "corr(DISTINCT d, i)",
      "bit_xor(DISTINCT small)", "product(DISTINCT small)", "entropy(DISTINCT small)", "histogram(DISTINCT small)",
      "json_group_array(i)", "json_group_array(pair)", "json_group_object(o, i)", "json_group_structure(js)",
      "geomean(d + 100)", "geometric_mean(d + 100)", "wavg(d, i)", "weighted_avg(d, small)", "sum(i) / count(*)",
      "max(i) - min(i)", "sum(i ORDER BY l)", "list(js)", "max(js)", "min(clock)"};
  // clang-format on
  return kCalls;
}

bool Near(const Value& a, const Value& b) {
  if (a.ToString() == b.ToString()) return true;
  if (a.IsNull() || b.IsNull() || a.type() != b.type()) return false;
  if (a.type().id() == duckdb::LogicalTypeId::DOUBLE || a.type().id() == duckdb::LogicalTypeId::FLOAT) {
    const double x = a.GetValue<double>(), y = b.GetValue<double>();
    return std::abs(x - y) <= 1e-9 * std::max({std::abs(x), std::abs(y), 1e-3});
  }
  if (a.type().id() != duckdb::LogicalTypeId::LIST) return false;
  const auto &left = duckdb::ListValue::GetChildren(a), &right = duckdb::ListValue::GetChildren(b);
  if (left.size() != right.size()) return false;
  for (size_t i = 0; i < left.size(); i++) {
    if (!Near(left[i], right[i])) return false;
  }
  return true;
}

class FailOnFailure final : public FailureHandler {
 public:
  Status OnFailure(const Batch&, const ExpressionFailure& failure) override {
    return Status::User(failure.expression + ": " + failure.message).At(failure.position);
  }
};

// What a SELECT ... FROM t GROUP BY g has above its aggregates: expressions over (g, start, end, finals).
struct Planned {
  AggregatePlan plan;
  std::vector<ExpressionPtr> results;  // over finals
};

class AggregatePlanTest : public ::testing::Test {
 protected:
  AggregatePlanTest() : database_(DuckDatabase::Open(&clock_, 256 << 20).value()), session_(database_->NewSession()) {}

  void Fill(int rows, int seed) {
    std::string sql = kTable;
    sql.replace(sql.find("ROWS"), 4, std::to_string(rows));
    sql.replace(sql.find("SEED"), 4, std::to_string(seed));
    ASSERT_NO_FATAL_FAILURE(Must("DROP TABLE IF EXISTS t"));
    ASSERT_NO_FATAL_FAILURE(Must(sql));
    auto all = session_->connection().Query("SELECT * FROM t");
    schema_.clear();
    names_ = all->names;
    for (size_t i = 0; i < all->names.size(); i++) schema_.push_back({all->names[i], MakeType(all->types[i])});
    batches_.clear();
    while (auto chunk = all->Fetch()) {
      Batch batch(schema_);
      chunk->Copy(batch.chunk());
      batches_.push_back(std::move(batch));
    }
  }

  void Must(const std::string& sql) {
    const auto result = session_->connection().Query(sql);
    ASSERT_FALSE(result->HasError()) << result->GetError();
  }

  static std::string Select(const std::vector<std::string>& calls) {
    std::string sql = "SELECT g";
    for (const std::string& call : calls) sql += ", " + call;
    return sql + " FROM t GROUP BY g ORDER BY g";
  }

  ExpressionPtr Column(const std::string& name) {
    const auto at = std::find(names_.begin(), names_.end(), name);
    const auto i = static_cast<size_t>(at - names_.begin());
    return duckdb::make_uniq<duckdb::BoundReferenceExpression>(name, *schema_.at(i).type, i);
  }

  // Column references of DuckDB's plan -> references to our columns: by name below the aggregates, by `column` above.
  void Refer(ExpressionPtr& expression, const std::function<ExpressionPtr(duckdb::BoundColumnRefExpression&)>& column) {
    if (expression->GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF) {
      const auto location = expression->GetQueryLocation();
      expression = column(expression->Cast<duckdb::BoundColumnRefExpression>());
      expression->SetQueryLocation(location);
      return;
    }
    duckdb::ExpressionIterator::EnumerateChildren(*expression, [&](ExpressionPtr& child) { Refer(child, column); });
  }

  // Plans the calls with DuckDB's own binder.
  Planned Plan(const std::string& sql, bool with_order = true) {
    Planned planned;
    session_->context().RunFunctionInTransaction([&] {
      duckdb::Parser parser;
      parser.ParseQuery(sql);
      duckdb::Planner planner(session_->context());
      planner.CreatePlan(std::move(parser.statements.at(0)));
      duckdb::LogicalOperator* op = planner.plan.get();
      duckdb::LogicalOperator* projection = nullptr;
      while (op->type != duckdb::LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) {
        if (op->type == duckdb::LogicalOperatorType::LOGICAL_PROJECTION) projection = op;
        op = op->children.at(0).get();
      }
      auto& aggregate = op->Cast<duckdb::LogicalAggregate>();
      std::vector<ExpressionPtr> calls;
      for (auto& expression : aggregate.expressions) {
        Refer(expression, [&](duckdb::BoundColumnRefExpression& column) { return Column(column.GetName()); });
        auto& call = expression->Cast<duckdb::BoundAggregateExpression>();
        if (call.order_bys) {
          for (auto& node : call.order_bys->orders)
            Refer(node.expression, [&](duckdb::BoundColumnRefExpression& column) { return Column(column.GetName()); });
        }
        calls.push_back(std::move(expression));
      }
      const ExpressionPtr time = Column("ts"), order = Column("o");
      planned.plan = PlanAggregates(session_->context(), std::move(calls), schema_.size(), kFirstResult, kFirstResult,
                                    *time, with_order ? order.get() : nullptr);
      for (size_t i = 1; i < projection->expressions.size(); i++) {
        auto& expression = projection->expressions[i];
        Refer(expression, [&](duckdb::BoundColumnRefExpression& column) {
          EXPECT_EQ(column.binding.table_index, aggregate.aggregate_index) << column.ToString();
          return planned.plan.finals.at(column.binding.column_index)->Copy();
        });
        planned.results.push_back(std::move(expression));
      }
    });
    return planned;
  }

  static AggregateList List(const std::vector<ExpressionPtr>& expressions) {
    std::vector<std::unique_ptr<duckdb::Expression>> copies;
    for (const auto& expression : expressions) copies.push_back(expression->Copy());
    return AggregateList(std::move(copies));
  }

  // The states of one piece of the input.
  struct Piece {
    std::map<int64_t, std::byte*> groups;
    std::vector<std::unique_ptr<std::vector<uint64_t>>> bytes;
    AggregateMemory memory;
    std::byte* Find(int64_t group, const AggregateSet& set) {
      auto [place, is_new] = groups.try_emplace(group, nullptr);
      if (is_new) {
        bytes.push_back(std::make_unique<std::vector<uint64_t>>(set.state_bytes() / 8 + 1));
        place->second = reinterpret_cast<std::byte*>(bytes.back()->data());
        set.Initialize(place->second);
      }
      return place->second;
    }
    std::vector<std::byte*> States() const {
      std::vector<std::byte*> all;
      for (const auto& [group, state] : groups) all.push_back(state);
      return all;
    }
  };

  Schema ResultSchema(const Planned& planned) {
    Schema schema = {{"g", MakeType("BIGINT")}, {"start", MakeType("BIGINT")}, {"end", MakeType("BIGINT")}};
    for (const auto& aggregate : planned.plan.aggregates) schema.push_back({"", MakeType(aggregate->return_type)});
    return schema;
  }

  // A row for each group: what an operator would emit.
  Status Emit(AggregateSet& set, Piece& piece, Batch* out) {
    size_t row = 0;
    for (const auto& [group, state] : piece.groups) out->chunk().SetValue(0, row++, Value::BIGINT(group));
    out->chunk().SetCardinality(row);
    return set.Finalize(piece.States(), &piece.memory, out, kFirstResult);
  }

  // The results over the rows of results.
  Status Finish(const Planned& planned, Batch* results, Rows* out) {
    std::vector<std::unique_ptr<duckdb::Expression>> list;
    Schema schema;
    session_->context().RunFunctionInTransaction([&] {
      for (const auto& result : planned.results) {
        schema.push_back({"", MakeType(result->return_type)});
        list.push_back(result->Copy());
      }
    });
    FailOnFailure failures;
    FilterProject finish(session_.get(), {}, ExpressionList(std::move(list)), schema, &failures);
    Batch* finished = nullptr;
    RETURN_IF_ERROR(finish.Execute(results, &finished));
    for (size_t row = 0; row < finished->rows(); row++) {
      std::vector<Value> values;
      for (size_t i = 0; i < schema.size(); i++) values.push_back(finished->chunk().GetValue(i, row));
      out->push_back(std::move(values));
    }
    return Status::Ok();
  }

  enum class Way { kOnePiece, kMergedRows, kCombinedStates };

  Status Compute(const Planned& planned, Way way, size_t pieces, Random* random, Rows* out) {
    std::vector<std::unique_ptr<duckdb::Expression>> columns;
    Schema input = schema_;
    for (size_t i = 0; i < schema_.size(); i++)
      columns.push_back(std::make_unique<duckdb::BoundReferenceExpression>(*schema_[i].type, i));
    for (const auto& payload : planned.plan.payload) {
      input.push_back({"", MakeType(payload->return_type)});
      columns.push_back(payload->Copy());
    }
    FailOnFailure failures;
    FilterProject project(session_.get(), {}, ExpressionList(std::move(columns)), input, &failures);
    AggregateSet set(List(planned.plan.aggregates)), merges(List(planned.plan.merges));
    // Declared after the sets: nothing of them is needed to free a piece but Destroy, called below.
    std::vector<std::unique_ptr<Piece>> parts;
    for (size_t i = 0; i < pieces; i++) parts.push_back(std::make_unique<Piece>());
    for (Batch& source : batches_) {
      Batch batch;
      batch.Share(&source);
      Batch* projected = nullptr;
      RETURN_IF_ERROR(project.Execute(&batch, &projected));
      // Each row into a piece: the rows of a piece in one call.
      for (size_t p = 0; p < pieces; p++) {
        std::vector<uint32_t> rows;
        std::vector<std::byte*> states;
        if (pieces == 1) {
          for (size_t row = 0; row < projected->rows(); row++)
            states.push_back(parts[p]->Find(projected->chunk().GetValue(0, row).GetValue<int64_t>(), set));
          RETURN_IF_ERROR(set.Update(projected, states, &parts[p]->memory));
          continue;
        }
        for (size_t row = 0; row < projected->rows(); row++) {
          if ((row * 2654435761U + batch_salt_) % 65'536 * pieces / 65'536 != p) continue;
          rows.push_back(static_cast<uint32_t>(row));
          states.push_back(parts[p]->Find(projected->chunk().GetValue(0, row).GetValue<int64_t>(), set));
        }
        RETURN_IF_ERROR(set.UpdateRows(projected, rows, states, &parts[p]->memory));
      }
      batch_salt_ = random->Uniform(65'536);
    }
    const auto cleanup = [&](AggregateSet& of, Piece& piece) { of.Destroy(piece.States(), &piece.memory); };
    Batch results(ResultSchema(planned));
    Status status;
    if (way == Way::kMergedRows) {
      Piece merged;
      for (auto& part : parts) {
        Batch rows(ResultSchema(planned));
        RETURN_IF_ERROR(Emit(set, *part, &rows));
        std::vector<std::byte*> states;
        for (const auto& [group, state] : part->groups) states.push_back(merged.Find(group, merges));
        RETURN_IF_ERROR(merges.Update(&rows, states, &merged.memory));
      }
      RETURN_IF_ERROR(Emit(merges, merged, &results));
      cleanup(merges, merged);
    } else {
      Piece combined;
      for (auto& part : parts) {
        std::vector<std::byte*> into;
        for (const auto& [group, state] : part->groups) into.push_back(combined.Find(group, set));
        RETURN_IF_ERROR(set.Combine(part->States(), into, &combined.memory));
      }
      RETURN_IF_ERROR(Emit(set, way == Way::kOnePiece ? *parts[0] : combined, &results));
      cleanup(set, combined);
    }
    for (auto& part : parts) cleanup(set, *part);
    return Finish(planned, &results, out);
  }

  static constexpr size_t kFirstResult = 3;
  ManualClock clock_;
  std::unique_ptr<DuckDatabase> database_;
  std::unique_ptr<DuckSession> session_;
  Schema schema_;
  duckdb::vector<std::string> names_;
  std::vector<Batch> batches_;
  size_t batch_salt_ = 0;
};

TEST_F(AggregatePlanTest, EveryCallIsDuckDBs) {
  for (const auto& [rows, seed] : {std::pair{0, 1}, {40, 2}, {3'000, 3}}) {
    Fill(rows, seed);
    if (HasFatalFailure()) return;
    Random random(static_cast<uint64_t>(seed));
    for (const std::string& call : Calls()) {
      const auto expected = session_->connection().Query(Select({call}));
      EXPECT_FALSE(expected->HasError()) << call << ": " << expected->GetError();
      if (expected->HasError()) continue;
      try {
        const Planned planned = Plan(Select({call}));
        for (const auto& [way, pieces] : {std::pair{Way::kOnePiece, 1U},
                                          {Way::kMergedRows, 1U},
                                          {Way::kMergedRows, 4U},
                                          {Way::kCombinedStates, 3U}}) {
          Rows got;
          const Status status = Compute(planned, way, pieces, &random, &got);
          EXPECT_TRUE(status.ok()) << call << ": " << status.ToString();
          EXPECT_EQ(got.size(), expected->RowCount()) << call;
          if (got.size() != expected->RowCount()) continue;
          for (size_t row = 0; row < got.size(); row++) {
            EXPECT_TRUE(Near(got[row][0], expected->GetValue(1, row)))
                << call << ", " << rows << " rows, " << pieces << " pieces, way " << static_cast<int>(way) << ", group "
                << row << ":\n  " << got[row][0].ToString() << "\n  " << expected->GetValue(1, row).ToString();
          }
        }
      } catch (const std::exception& exception) {
        ADD_FAILURE() << call << ": " << duckdb::ErrorData(exception).Message();
      }
    }
  }
}

TEST_F(AggregatePlanTest, NoAggregateOfTheCatalogueIsForgotten) {
  // Functions of OVER that DuckDB lists as aggregates, and one for itself.
  const std::set<std::string> others = {"cume_dist",  "dense_rank", "fill",       "first_value",    "lag",
                                        "last_value", "lead",       "nth_value",  "ntile",          "percent_rank",
                                        "rank",       "rank_dense", "row_number", "sum_no_overflow"};
  const auto names = session_->connection().Query(
      "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'");
  ASSERT_GT(names->RowCount(), 60U);
  for (size_t i = 0; i < names->RowCount(); i++) {
    const std::string name = names->GetValue(0, i).ToString();
    if (others.contains(name)) continue;
    EXPECT_TRUE(std::any_of(Calls().begin(), Calls().end(), [&](const std::string& call) {
      return call.starts_with(name + "(");
    })) << name;
  }
}

TEST_F(AggregatePlanTest, PartsAreSharedAndKnowTheirPlace) {
  Fill(10, 1);
  const std::string sql = Select({"avg(i)", "sum(i)", "count(i)", "count(*)", "stddev(d)", "var_pop(d)", "first(s)",
                                  "last(s)", "sum(DISTINCT l)", "count(DISTINCT l)"});
  const Planned planned = Plan(sql);
  // sum(i), count(i), count(*), moments(d), the rows with s, the set of l
  EXPECT_EQ(planned.plan.aggregates.size(), 6U);
  EXPECT_EQ(planned.plan.merges.size(), 6U);
  EXPECT_EQ(planned.plan.payload.size(), 4U);
  ASSERT_EQ(planned.plan.finals.size(), 10U);
  const auto stands_in = [&](const ExpressionPtr& expression, const std::string& call) {
    const size_t offset = OffsetOf(*expression).value_or(0), first = sql.find(call);
    return offset >= first && offset < first + call.size();
  };
  EXPECT_TRUE(stands_in(planned.plan.finals[0], "avg(i)"));
  EXPECT_TRUE(stands_in(planned.plan.finals[9], "count(DISTINCT l)"));
  EXPECT_TRUE(stands_in(planned.plan.aggregates[0], "avg(i)"));
}

TEST_F(AggregatePlanTest, WithoutAnOrderColumnTheOrderOfRowsOfOneTimeDoesNotMatter) {
  Fill(600, 5);
  Random random(1);
  for (const char* call : {"string_agg(s)", "list(i)", "first(i)", "last(s)"}) {
    const Planned planned = Plan(Select({call}), false);
    Rows once;
    ASSERT_TRUE(Compute(planned, Way::kOnePiece, 1, &random, &once).ok());
    for (Batch& batch : batches_) {  // the rows backwards
      duckdb::SelectionVector backwards(batch.rows());
      for (size_t i = 0; i < batch.rows(); i++) backwards.set_index(i, batch.rows() - 1 - i);
      batch.Slice(backwards, batch.rows());
    }
    Rows again;
    ASSERT_TRUE(Compute(planned, Way::kMergedRows, 3, &random, &again).ok());
    ASSERT_EQ(once.size(), again.size());
    for (size_t row = 0; row < once.size(); row++) EXPECT_EQ(once[row][0].ToString(), again[row][0].ToString()) << call;
  }
}

}  // namespace
}  // namespace laminar::sql
