#include "stream/runtime/values_reader.h"

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

namespace laminar {

namespace {

// A literal row that fails is the script's fault, whatever bad_data says of a table.
class Stop final : public FailureHandler {
 public:
  Status OnFailure(const Batch& /*input*/, const ExpressionFailure& failure) override {
    return Status::User(failure.message + " in " + failure.expression).At(failure.position);
  }
};

}  // namespace

ValuesReader::ValuesReader(const ValuesNode* node, const Schema& schema, DuckSession* session)
    : node_(node), schema_(schema), session_(session) {}

Result<PollState> ValuesReader::Poll(Batch* out) {
  if (next_ == node_->rows.size()) return PollState::kEnd;
  if (out->columns() != schema_.size()) *out = Batch(schema_);
  out->Reset();
  Stop stop;
  size_t row = 0;
  for (; next_ < node_->rows.size() && row < kBatchRows; next_++, row++) {
    Batch one_row{Schema()};
    one_row.chunk().SetCardinality(1);
    FilterProject evaluator(session_, ExpressionList(), node_->rows[next_], schema_, &stop);
    Batch* values = nullptr;
    RETURN_IF_ERROR(evaluator.Execute(&one_row, &values));
    for (size_t c = 0; c < schema_.size(); c++) {
      duckdb::VectorOperations::Copy(values->chunk().data[c], out->chunk().data[c], 1, 0, row);
    }
  }
  out->chunk().SetCardinality(row);
  return PollState::kBatch;
}

}  // namespace laminar
