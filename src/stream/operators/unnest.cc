#include "stream/operators/unnest.h"

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

namespace laminar {

namespace {

Schema InputThenListTypes(const Schema& input, const ExpressionList& lists) {
  Schema schema = input;
  for (size_t i = 0; i < lists.size(); i++) schema.push_back({lists.ToString(i), MakeType(lists.type(i)), false});
  return schema;
}

struct ListColumn {
  duckdb::UnifiedVectorFormat format;
  const duckdb::list_entry_t* entries = nullptr;
  duckdb::Vector* elements = nullptr;

  size_t Length(size_t row) const {
    const auto at = format.sel->get_index(row);
    return format.validity.RowIsValid(at) ? entries[at].length : 0;
  }
  size_t Offset(size_t row) const { return entries[format.sel->get_index(row)].offset; }
};

}  // namespace

UnnestOperator::UnnestOperator(const UnnestNode& node, const Schema& input, const Schema& output, DuckSession* session,
                               FailureHandler* failures, StepGuard* guard)
    : Operator(1),
      input_columns_(input.size()),
      // Evaluated together, so that a list that fails drops its row.
      lists_(session, ExpressionList(), node.lists.BehindColumnsOf(session, input),
             InputThenListTypes(input, node.lists), failures),
      guard_(guard),
      out_(output) {}

Status UnnestOperator::Push(size_t /*input*/, Batch* batch) {
  Batch* evaluated = nullptr;
  RETURN_IF_ERROR(lists_.Execute(batch, &evaluated));
  duckdb::DataChunk& from = evaluated->chunk();
  const size_t rows = evaluated->rows();
  std::vector<ListColumn> lists(from.ColumnCount() - input_columns_);
  for (size_t i = 0; i < lists.size(); i++) {
    duckdb::Vector& vector = from.data[input_columns_ + i];
    if (vector.GetType().id() != duckdb::LogicalTypeId::LIST)
      continue;  // UNNEST(NULL): no rows of its own (the planner casts an ARRAY to a LIST)
    vector.ToUnifiedFormat(rows, lists[i].format);
    lists[i].entries = duckdb::UnifiedVectorFormat::GetData<duckdb::list_entry_t>(lists[i].format);
    lists[i].elements = &duckdb::ListVector::GetEntry(vector);
  }

  // Output rows are gathered as pairs (input row, element) until a batch is full.
  duckdb::SelectionVector parents(kBatchRows), children(kBatchRows);
  std::vector<std::pair<uint32_t, uint64_t>> pending;  // input row, index within its lists
  pending.reserve(kBatchRows);
  auto flush = [&]() -> Status {
    out_.Reset();
    duckdb::DataChunk& to = out_.chunk();
    for (size_t i = 0; i < pending.size(); i++) parents.set_index(i, pending[i].first);
    for (size_t c = 0; c < input_columns_; c++) to.data[c].Slice(from.data[c], parents, pending.size());
    for (size_t l = 0; l < lists.size(); l++) {
      duckdb::Vector& target = to.data[input_columns_ + l];
      target.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
      // Runs of elements that lie side by side are copied at once.
      for (size_t i = 0; i < pending.size();) {
        const auto [row, index] = pending[i];
        const size_t length = lists[l].elements ? lists[l].Length(row) : 0;
        size_t run = 1;
        while (i + run < pending.size() && pending[i + run].first == row) run++;
        const size_t present = index < length ? std::min<size_t>(run, length - index) : 0;
        if (present > 0) {
          const size_t begin = lists[l].Offset(row) + index;
          duckdb::VectorOperations::Copy(*lists[l].elements, target, begin + present, begin, i);
        }
        for (size_t k = present; k < run; k++) duckdb::FlatVector::SetNull(target, i + k, true);
        i += run;
      }
    }
    to.SetCardinality(pending.size());
    out_.origins = evaluated->origins;
    if (out_.origins) {
      out_.origin_rows.resize(pending.size());
      for (size_t i = 0; i < pending.size(); i++) out_.origin_rows[i] = evaluated->OriginRow(pending[i].first);
    }
    pending.clear();
    RETURN_IF_ERROR(Emit(&out_));
    return guard_->MayGoOn();
  };

  for (size_t row = 0; row < rows; row++) {
    size_t longest = 0;
    for (const ListColumn& list : lists) {
      if (list.elements) longest = std::max(longest, list.Length(row));
    }
    for (size_t index = 0; index < longest; index++) {
      pending.emplace_back(static_cast<uint32_t>(row), index);
      if (pending.size() == kBatchRows) RETURN_IF_ERROR(flush());
    }
  }
  return pending.empty() ? Status::Ok() : flush();
}

}  // namespace laminar
