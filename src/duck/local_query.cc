#include "duck/local_query.h"

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/main/materialized_query_result.hpp"
#include "duckdb/main/prepared_statement.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/window_expression.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/parser/tableref/column_data_ref.hpp"

#include "duck/engine_failure.h"

namespace laminar {

namespace {

using duckdb::ExpressionType;
using duckdb::WindowBoundary;

std::string ColumnName(size_t i) {
  return "c" + std::to_string(i);
}

bool CountsRows(WindowBoundary boundary) {
  return boundary == WindowBoundary::CURRENT_ROW_ROWS || boundary == WindowBoundary::EXPR_PRECEDING_ROWS ||
         boundary == WindowBoundary::EXPR_FOLLOWING_ROWS;
}

// Whether rows that its ORDER BY does not tell apart have different values, by their order.
bool DependsOnOrderOfPeers(const duckdb::WindowExpression& window) {
  switch (window.GetExpressionType()) {
    case ExpressionType::WINDOW_ROW_NUMBER:
    case ExpressionType::WINDOW_NTILE:
    case ExpressionType::WINDOW_LAG:
    case ExpressionType::WINDOW_LEAD:
      return true;
    case ExpressionType::WINDOW_RANK:
    case ExpressionType::WINDOW_RANK_DENSE:
    case ExpressionType::WINDOW_PERCENT_RANK:
    case ExpressionType::WINDOW_CUME_DIST:
      return false;
    default:
      return CountsRows(window.start) || CountsRows(window.end);
  }
}

duckdb::OrderByNode Ascending(const std::string& column) {
  return {duckdb::OrderType::ASCENDING, duckdb::OrderByNullType::NULLS_LAST,
          duckdb::make_uniq<duckdb::ColumnRefExpression>(column)};
}

}  // namespace

struct LocalQuery::Rep {
  size_t columns = 0;  // of the input; behind them each row's number
  duckdb::unique_ptr<duckdb::ColumnDataCollection> rows;
  duckdb::unique_ptr<duckdb::PreparedStatement> statement;
  duckdb::unique_ptr<duckdb::QueryResult> result;
  duckdb::unique_ptr<duckdb::DataChunk> chunk;  // of the result

  template <class Work>
  static Status Try(const Work& work) {
    try {
      work();
      return Status::Ok();
    } catch (const std::exception& exception) {
      std::string message;
      if (IsDataFailure(exception, &message)) return Status::User("a window function failed: " + message);
      return EngineFailure(exception, "computing window functions");
    }
  }
};

LocalQuery::LocalQuery(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
LocalQuery::~LocalQuery() = default;

Result<std::unique_ptr<LocalQuery>> LocalQuery::Prepare(DuckSession* session, const Schema& input,
                                                        const std::vector<std::string>& functions) {
  auto rep = std::make_unique<Rep>();
  RETURN_IF_ERROR(Rep::Try([&] {
    rep->columns = input.size();
    duckdb::vector<duckdb::LogicalType> types;
    duckdb::vector<std::string> names;
    auto select = duckdb::make_uniq<duckdb::SelectNode>();
    for (size_t i = 0; i < input.size(); i++) {
      types.push_back(*input[i].type);
      names.push_back(ColumnName(i));
      select->select_list.push_back(duckdb::make_uniq<duckdb::ColumnRefExpression>(names.back()));
    }
    types.push_back(duckdb::LogicalType::BIGINT);
    names.push_back(ColumnName(input.size()));
    const std::string number = names.back();
    for (const std::string& function : functions) {
      auto parsed = duckdb::Parser::ParseExpressionList(function);
      if (parsed.size() != 1 || parsed[0]->GetExpressionClass() != duckdb::ExpressionClass::WINDOW)
        throw duckdb::InternalException("not a window function: " + function);
      auto& window = parsed[0]->Cast<duckdb::WindowExpression>();
      if (DependsOnOrderOfPeers(window)) window.orders.push_back(Ascending(number));
      select->select_list.push_back(std::move(parsed[0]));
    }
    rep->rows = duckdb::make_uniq<duckdb::ColumnDataCollection>(duckdb::Allocator::DefaultAllocator(), types);
    select->from_table =
        duckdb::make_uniq<duckdb::ColumnDataRef>(duckdb::optionally_owned_ptr(*rep->rows), std::move(names));
    select->from_table->alias = "window_rows";
    auto order = duckdb::make_uniq<duckdb::OrderModifier>();
    order->orders.push_back(Ascending(number));
    select->modifiers.push_back(std::move(order));
    auto statement = duckdb::make_uniq<duckdb::SelectStatement>();
    statement->node = std::move(select);
    rep->statement = session->connection().Prepare(std::move(statement));
    if (rep->statement->HasError()) rep->statement->error.Throw();
  }));
  return std::unique_ptr<LocalQuery>(new LocalQuery(std::move(rep)));
}

Status LocalQuery::Append(Batch* rows) {
  return Rep::Try([&] {
    duckdb::DataChunk view;
    view.InitializeEmpty(rep_->rows->Types());
    for (size_t i = 0; i < rep_->columns; i++) view.data[i].Reference(rows->chunk().data[i]);
    view.data[rep_->columns].Sequence(static_cast<int64_t>(rep_->rows->Count()), 1, rows->rows());
    view.SetCardinality(rows->rows());
    rep_->rows->Append(view);
  });
}

Status LocalQuery::Run() {
  return Rep::Try([&] {
    duckdb::vector<duckdb::Value> none;
    rep_->result = rep_->statement->Execute(none, /*allow_stream_result=*/false);
    if (rep_->result->HasError()) rep_->result->ThrowError();
    rep_->rows->Reset();
  });
}

Status LocalQuery::Next(Batch* out) {
  return Rep::Try([&] {
    out->Reset();
    if (rep_->result) rep_->chunk = rep_->result->Fetch();
    if (!rep_->result || !rep_->chunk || rep_->chunk->size() == 0) {
      rep_->result.reset();
      rep_->chunk.reset();
      return;
    }
    out->chunk().Reference(*rep_->chunk);
  });
}

int64_t LocalQuery::bytes() const {
  auto bytes = static_cast<int64_t>(rep_->rows->SizeInBytes());
  if (rep_->result) {
    bytes += static_cast<int64_t>(rep_->result->Cast<duckdb::MaterializedQueryResult>().Collection().SizeInBytes());
  }
  return bytes;
}

}  // namespace laminar
