#include "duck/filter_project.h"

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/planner/expression/bound_conjunction_expression.hpp"

#include "base/check.h"
#include "duck/engine_failure.h"

namespace laminar {

namespace {

using duckdb::DataChunk;
using duckdb::Expression;
using duckdb::SelectionVector;
using duckdb::Vector;

constexpr char kDoing[] = "evaluating an expression";

}  // namespace

struct FilterProject::Rep {
  Rep(DuckSession* session, const ExpressionList& filters, const ExpressionList& projections, const Schema& output,
      FailureHandler* failures)
      : session(session),
        filters(filters),
        projections(projections),
        failures(failures),
        output(output),
        filter_executor(session->context()),
        executor(session->context()) {
    // list_sort looks functions up to copy itself.
    session->context().RunFunctionInTransaction([&] { Prepare(); });
  }

  void Prepare() {
    if (filters.size() == 1) {
      predicate = filters.at(0).Copy();
    } else if (filters.size() > 1) {
      auto conjunction = duckdb::make_uniq<duckdb::BoundConjunctionExpression>(duckdb::ExpressionType::CONJUNCTION_AND);
      for (size_t i = 0; i < filters.size(); i++) conjunction->children.push_back(filters.at(i).Copy());
      predicate = std::move(conjunction);
    }
    if (predicate) filter_executor.AddExpression(*predicate);
    for (size_t i = 0; i < projections.size(); i++) {
      size_t column = 0;
      if (projections.IsColumnReference(i, &column)) {
        references.push_back({i, column});
        continue;
      }
      computed.push_back(i);
      copies.push_back(projections.at(i).Copy());
      executor.AddExpression(*copies.back());
    }
  }

  // Throws what DuckDB throws. Rows of `in` that a filter drops are sliced away.
  void Evaluate(Batch* in) {
    output.Reset();
    if (predicate) {
      const size_t kept = filter_executor.SelectExpression(in->chunk(), selection);
      if (kept < in->rows()) in->Slice(selection, kept);
    }
    DataChunk& from = in->chunk();
    DataChunk& to = output.chunk();
    if (in->rows() > 0) {
      executor.SetChunk(&from);
      for (size_t i = 0; i < computed.size(); i++) executor.ExecuteExpression(i, to.data[computed[i]]);
      for (const auto& [target, source] : references) to.data[target].Reference(from.data[source]);
    }
    to.SetCardinality(in->rows());
    output.TakeOrigins(*in);
  }

  // Evaluates some rows of `in` for the sake of the exception alone: *failure says what a row among them causes.
  Status Try(Batch& in, const std::vector<uint32_t>& rows, size_t begin, size_t end,
             std::optional<std::string>* failure) {
    Batch part;
    part.Share(&in);
    SelectionVector some(end - begin);
    for (size_t i = begin; i < end; i++) some.set_index(i - begin, rows[i]);
    part.Slice(some, end - begin);
    try {
      Evaluate(&part);
    } catch (const std::exception& exception) {
      if (!IsDataFailure(exception, &failure->emplace())) return EngineFailure(exception, kDoing);
    }
    return Status::Ok();
  }

  // The first of our expressions that fails on this row alone, and where it stands in the user's text.
  void Blame(Batch& in, size_t row, ExpressionFailure* failure) {
    Batch one;
    one.Share(&in);
    SelectionVector only(1);
    only.set_index(0, row);
    one.Slice(only, 1);
    for (const ExpressionList* list : {&filters, &projections}) {
      for (size_t i = 0; i < list->size(); i++) {
        duckdb::ExpressionExecutor single(session->context(), list->at(i));
        try {
          Vector result(list->at(i).return_type);
          single.SetChunk(&one.chunk());
          single.ExecuteExpression(result);
        } catch (std::exception&) {
          failure->expression = list->ToString(i);
          failure->position = list->position(i);
          return;
        }
      }
    }
  }

  // Splits rows[begin, end) into good ones (appended to `good`) and bad ones (to the handler).
  Status Bisect(Batch& in, const std::vector<uint32_t>& rows, size_t begin, size_t end, std::vector<uint32_t>* good) {
    std::optional<std::string> message;
    RETURN_IF_ERROR(Try(in, rows, begin, end, &message));
    if (!message) {
      good->insert(good->end(), rows.begin() + static_cast<ptrdiff_t>(begin),
                   rows.begin() + static_cast<ptrdiff_t>(end));
      return Status::Ok();
    }
    if (end - begin == 1) {
      ExpressionFailure failure;
      failure.row = rows[begin];
      failure.message = *message;
      Blame(in, rows[begin], &failure);
      return failures->OnFailure(in, failure);
    }
    const size_t middle = begin + (end - begin) / 2;
    RETURN_IF_ERROR(Bisect(in, rows, begin, middle, good));
    return Bisect(in, rows, middle, end, good);
  }

  // `whole`: the batch as it came. Leaves the rows that pass in `in`.
  Status Recover(Batch* whole, Batch* in) {
    std::vector<uint32_t> all(whole->rows()), good;
    for (size_t i = 0; i < all.size(); i++) all[i] = static_cast<uint32_t>(i);
    RETURN_IF_ERROR(Bisect(*whole, all, 0, all.size(), &good));
    SelectionVector keep(good.size());
    for (size_t i = 0; i < good.size(); i++) keep.set_index(i, good[i]);
    whole->Slice(keep, good.size());
    in->chunk().Reference(whole->chunk());
    in->TakeOrigins(*whole);
    try {
      Evaluate(in);
    } catch (const std::exception& exception) {
      // A volatile expression may fail now although it passed before; nothing says for which row.
      std::string message;
      return IsDataFailure(exception, &message) ? Status::User("an expression failed: " + message)
                                                : EngineFailure(exception, kDoing);
    }
    return Status::Ok();
  }

  DuckSession* const session;  // borrowed
  const ExpressionList filters, projections;
  FailureHandler* const failures;  // borrowed
  Batch output;
  duckdb::unique_ptr<Expression> predicate;            // all filters in one; nullptr without
  std::vector<duckdb::unique_ptr<Expression>> copies;  // the executor refers to them
  std::vector<size_t> computed;                        // output columns that the executor makes, in its order
  std::vector<std::pair<size_t, size_t>> references;   // output column <- input column
  duckdb::ExpressionExecutor filter_executor, executor;
  SelectionVector selection{kBatchRows};
};

FilterProject::FilterProject(DuckSession* session, const ExpressionList& filters, const ExpressionList& projections,
                             const Schema& output, FailureHandler* failures)
    : rep_(std::make_unique<Rep>(session, filters, projections, output, failures)) {}

FilterProject::~FilterProject() = default;

Status FilterProject::Execute(Batch* in, Batch** out) {
  *out = &rep_->output;
  // Evaluate slices the filtered rows away before a projection can throw, so what must be searched is the batch as it
  // came.
  Batch whole;
  whole.Share(in);
  rep_->session->FreezeTime();
  try {
    rep_->Evaluate(in);
    return Status::Ok();
  } catch (const std::exception& exception) {
    std::string message;
    if (!IsDataFailure(exception, &message)) return EngineFailure(exception, kDoing);
  }
  return rep_->Recover(&whole, in);
}

}  // namespace laminar
