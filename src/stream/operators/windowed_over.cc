// A function's partitions lie inside one window, so windows that are complete at the same time are computed by one
// query (duck/local_query.h): as many as make kRowsAtOnce rows, and at least one. The query is planned once.
#include "stream/operators/windowed_over.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "duck/local_query.h"
#include "stream/over/row_buffer.h"

namespace laminar {

namespace {

constexpr size_t kRowsAtOnce = 16 * kBatchRows;

}  // namespace

struct WindowedOverOperator::Rep {
  Rep(const WindowedOverNode& node, const PlanNode& input, const Schema& output, DuckSession* session)
      : node(node),
        schema(input.schema),
        session(session),
        lag_micros(input.LagOf(node.time_column)),
        buffer(input.schema, node.time_column, {}, input.order_column),
        in(input.schema),
        out(output) {}

  // Hands rows of complete windows to the query and runs it.
  Status Compute() {
    if (!query) {
      ASSIGN_OR_RETURN(query, LocalQuery::Prepare(session, schema, node.functions));
    }
    size_t count = std::min(buffer.released(), kRowsAtOnce);
    const uint64_t* peers = buffer.peers();
    while (count < buffer.released() && peers[count] == peers[count - 1]) count++;
    while (count > 0) {
      const size_t part = std::min(count, kBatchRows);
      buffer.Gather(0, part, &in);
      RETURN_IF_ERROR(query->Append(&in));
      buffer.Drop(part);
      count -= part;
    }
    RETURN_IF_ERROR(query->Run());
    computed = true;
    return Status::Ok();
  }

  const WindowedOverNode node;
  const Schema schema;
  DuckSession* const session;
  const int64_t lag_micros;
  RowBuffer buffer;
  std::unique_ptr<LocalQuery> query;                // planned with the first window
  bool computed = false;                            // the query has rows to give out
  int64_t closed = kNoWatermark;                    // windows below are given out, or about to be
  std::optional<int64_t> watermark = std::nullopt;  // to be passed on after the released rows
  Batch in, out;
};

WindowedOverOperator::WindowedOverOperator(const WindowedOverNode& node, const PlanNode& input, const Schema& output,
                                           DuckSession* session, Counter* late_rows)
    : Operator(1), late_rows_(late_rows), rep_(std::make_unique<Rep>(node, input, output, session)) {}

WindowedOverOperator::~WindowedOverOperator() = default;

Status WindowedOverOperator::Push(size_t /*input*/, Batch* batch) {
  if (const size_t late = rep_->buffer.Add(batch, rep_->closed)) late_rows_->Add(late);
  return Status::Ok();
}

bool WindowedOverOperator::HasPending() const {
  return rep_->watermark.has_value();
}

// Only rows: a function's answer is computed when its window is complete, and then forgotten.
Status WindowedOverOperator::Save(StateOutput* out) {
  CHECK(!HasPending());
  rep_->buffer.Save(out);
  return Status::Ok();
}

Status WindowedOverOperator::OnRestore(const StateInput& in, int64_t watermark) {
  rep_->closed = WatermarkMinus(watermark, rep_->lag_micros);
  return rep_->buffer.Restore(in, rep_->node.partition);
}

int64_t WindowedOverOperator::StateBytes() const {
  return rep_->buffer.bytes() + (rep_->query ? rep_->query->bytes() : 0);
}

int64_t WindowedOverOperator::StateRows() const {
  return static_cast<int64_t>(rep_->buffer.rows());
}

Status WindowedOverOperator::OnWatermark(int64_t watermark) {
  Rep& rep = *rep_;
  const bool pending = HasPending();
  rep.watermark = watermark;
  rep.closed = WatermarkMinus(watermark, rep.lag_micros);
  if (rep.closed != kNoWatermark) RETURN_IF_ERROR(rep.buffer.Release(rep.closed));
  return pending ? Status::Ok() : EmitPending();
}

Status WindowedOverOperator::EmitPending() {
  Rep& rep = *rep_;
  if (!rep.watermark) return Status::Ok();
  if (!rep.computed && rep.buffer.released() > 0) RETURN_IF_ERROR(rep.Compute());
  if (rep.computed) {
    RETURN_IF_ERROR(rep.query->Next(&rep.out));
    if (rep.out.rows() > 0) return Emit(&rep.out);
    rep.computed = false;
  }
  if (rep.buffer.released() > 0) return Status::Ok();
  const int64_t watermark = *rep.watermark;
  rep.watermark.reset();
  return EmitWatermark(watermark);
}

}  // namespace laminar
