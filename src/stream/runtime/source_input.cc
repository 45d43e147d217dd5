#include "stream/runtime/source_input.h"

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/common/types/vector.hpp"

#include "base/check.h"

namespace laminar {

namespace {

size_t HiddenColumns(const SourceNode* source) {
  return source == nullptr ? 0 : static_cast<size_t>(source->adds_arrival) + static_cast<size_t>(source->adds_order);
}

// The last columns of the node: arrival, order.
Schema Hidden(const PlanNode& node) {
  const auto* source = std::get_if<SourceNode>(&node.op);
  return {node.schema.end() - static_cast<std::ptrdiff_t>(HiddenColumns(source)), node.schema.end()};
}

// What stands before them: decoded, metadata, computed.
Schema Visible(const PlanNode& node) {
  const auto* source = std::get_if<SourceNode>(&node.op);
  return {node.schema.begin(), node.schema.end() - static_cast<std::ptrdiff_t>(HiddenColumns(source))};
}

// What is not computed: decoded, metadata.
Schema Given(const PlanNode& node) {
  const auto* source = std::get_if<SourceNode>(&node.op);
  Schema given = Visible(node);
  if (source != nullptr) given.resize(given.size() - source->computed.size());
  return given;
}

Schema Decoded(const PlanNode& node) {
  const auto* source = std::get_if<SourceNode>(&node.op);
  Schema decoded = Given(node);
  if (source != nullptr) decoded.resize(decoded.size() - source->metadata.size());
  return decoded;
}

// The microseconds of a TIMESTAMP or TIMESTAMPTZ column; `missing` for NULL.
void ReadTimes(duckdb::Vector& vector, size_t count, int64_t missing, std::vector<int64_t>* times) {
  duckdb::UnifiedVectorFormat format;
  vector.ToUnifiedFormat(count, format);
  const auto* data = duckdb::UnifiedVectorFormat::GetData<int64_t>(format);
  times->resize(count);
  for (size_t i = 0; i < count; i++) {
    const auto at = format.sel->get_index(i);
    (*times)[i] = format.validity.RowIsValid(at) ? data[at] : missing;
  }
}

constexpr int64_t kNoTime = kNoWatermark;

// Why it is no event time.
const char* WhyNoTime(int64_t micros) {
  if (micros == kNoTime) return "NULL, but it is the event time: every row needs one";
  if (!duckdb::Timestamp::IsFinite(duckdb::timestamp_t(micros))) return "an infinite time, but it is the event time";
  return "more than 18,000 years from 1970, but it is the event time";
}

}  // namespace

SourceInput::SourceInput(const PlanNode& node, Parts parts, const World& world)
    : node_(node),
      source_(std::get_if<SourceNode>(&node.op)),
      parts_(std::move(parts)),
      world_(world),
      bad_rows_(parts_.bad_data, parts_.worker),
      failures_({parts_.bad_data == nullptr ? BadDataPolicy::kFail : parts_.bad_data->policy(),
                 source_ == nullptr ? "" : source_->table, parts_.bad_data},
                parts_.worker),
      read_(Decoded(node)),
      hidden_(Hidden(node)) {
  CHECK_MSG(parts_.reader != nullptr, "a source table has one SourceNode");
  if (source_ == nullptr) parts_.watermark = nullptr;
  if (source_ != nullptr && !source_->metadata.empty()) {
    const Schema given = Given(node), decoded = Decoded(node);
    const auto first = given.begin() + static_cast<std::ptrdiff_t>(decoded.size());
    metadata_ = std::make_unique<MetadataColumns>(*source_, decoded, Schema(first, given.end()));
  }
  if (source_ != nullptr && !source_->computed.empty()) {
    computes_ = std::make_unique<FilterProject>(world.session, ExpressionList(),
                                                source_->computed.BehindColumnsOf(world.session, Given(node)),
                                                Visible(node), &failures_);
  }
  if (parts_.watermark == nullptr) return;
  CHECK_MSG(source_->event_time.has_value(), "a source with a watermark has an event time");
  if (!parts_.reports_splits) split_ = parts_.watermark->AddSplit();
  if (!source_->watermark.empty()) {
    const Schema time = {{"watermark", MakeType(source_->watermark.type(0))}};
    watermark_of_ =
        std::make_unique<FilterProject>(world.session, ExpressionList(), source_->watermark, time, &failures_);
  }
}

SourceInput::~SourceInput() = default;

Result<PollState> SourceInput::Poll(Batch** out) {
  held_ = parts_.watermark != nullptr && !parts_.reports_splits && !finished_ && !parts_.watermark->MayRead(split_);
  if (held_) return PollState::kIdle;
  ASSIGN_OR_RETURN(const PollState state, parts_.reader->Poll(&read_));
  if (state == PollState::kEnd && parts_.watermark != nullptr && !parts_.reports_splits && !finished_) {
    finished_ = true;
    parts_.watermark->OnFinished(split_);
  }
  if (state != PollState::kBatch) return state;
  Batch* decoded = metadata_ == nullptr ? &read_ : metadata_->Add(&read_);
  if (computes_) RETURN_IF_ERROR(computes_->Execute(decoded, &decoded));
  *out = decoded;
  if (HiddenColumns(source_) == 0 && parts_.watermark == nullptr) return state;
  FillArrivals(*decoded);
  AddHiddenColumns(decoded);
  *out = &rows_;
  if (parts_.watermark != nullptr) RETURN_IF_ERROR(ReportEventTimes());
  return state;
}

// A source either knows when all of its rows arrived or of none.
void SourceInput::FillArrivals(const Batch& decoded) {
  arrivals_.assign(1, 0);
  if (decoded.rows() == 0 || decoded.origins == nullptr) return;
  arrivals_[0] = decoded.origins->ArrivalMicros(decoded.OriginRow(0));
  if (arrivals_[0] == 0) return;
  arrivals_.resize(decoded.rows());
  for (size_t i = 1; i < arrivals_.size(); i++) arrivals_[i] = decoded.origins->ArrivalMicros(decoded.OriginRow(i));
}

void SourceInput::AddHiddenColumns(Batch* decoded) {
  const size_t columns = decoded->columns(), count = decoded->rows();
  duckdb::vector<duckdb::LogicalType> types = decoded->chunk().GetTypes();
  for (duckdb::Vector& hidden : hidden_.chunk().data) types.push_back(hidden.GetType());
  rows_ = Batch();
  rows_.chunk().InitializeEmpty(types);
  for (size_t c = 0; c < columns; c++) rows_.chunk().data[c].Reference(decoded->chunk().data[c]);
  size_t column = 0;
  hidden_.Reset();
  if (source_->adds_arrival) {
    duckdb::Vector& arrival = hidden_.chunk().data[column];
    const int64_t now = world_.clock->WallMicros();
    auto* micros = duckdb::FlatVector::GetData<int64_t>(arrival);
    for (size_t i = 0; i < count; i++) {
      const int64_t known = arrivals_[arrivals_.size() == 1 ? 0 : i];
      micros[i] = known == 0 ? now : known;
    }
    rows_.chunk().data[columns + column++].Reference(arrival);
  }
  if (source_->adds_order) {
    duckdb::Vector& order = hidden_.chunk().data[column];
    auto* places = duckdb::FlatVector::GetData<uint64_t>(order);
    for (size_t i = 0; i < count; i++) places[i] = read_.order_key + i;
    rows_.chunk().data[columns + column].Reference(order);
  }
  rows_.chunk().SetCardinality(count);
  rows_.TakeOrigins(*decoded);
  rows_.split = read_.split;
  rows_.order_key = read_.order_key;
}

Status SourceInput::DropRowsWithoutTime() {
  const size_t column = *source_->event_time;
  std::vector<uint32_t> kept;
  for (size_t i = 0; i < event_times_.size(); i++) {
    if (IsEventTime(event_times_[i])) {
      kept.push_back(static_cast<uint32_t>(i));
      continue;
    }
    BadRow bad;
    bad.column = node_.schema[column].name;
    bad.reason = WhyNoTime(event_times_[i]);
    RowPosition position;
    position.source = "a row made here";
    std::string_view record;
    if (rows_.origins != nullptr) {
      if (bad_rows_.NeedsPosition(bad)) position = rows_.origins->Position(rows_.OriginRow(i));
      record = rows_.origins->RecordBytes(rows_.OriginRow(i));
    }
    RETURN_IF_ERROR(bad_rows_.Handle(position, bad, record));
  }
  duckdb::SelectionVector selection(kept.size());
  for (size_t i = 0; i < kept.size(); i++) {
    selection.set_index(i, kept[i]);
    event_times_[i] = event_times_[kept[i]];
    if (arrivals_.size() > 1) arrivals_[i] = arrivals_[kept[i]];
  }
  event_times_.resize(kept.size());
  if (arrivals_.size() > 1) arrivals_.resize(kept.size());
  rows_.Slice(selection, kept.size());
  return Status::Ok();
}

// A row whose expression is NULL promises nothing. A row on which it fails is dropped or ends the pipeline; the times
// are then read again, for the rows that are left.
Status SourceInput::EvaluateOwnWatermarks() {
  const size_t before = rows_.rows();
  Batch* values = nullptr;
  RETURN_IF_ERROR(watermark_of_->Execute(&rows_, &values));
  ReadTimes(values->chunk().data[0], rows_.rows(), kNoWatermark, &own_watermarks_);
  // No row says that the ones of its own time have come.
  for (size_t i = 0; i < own_watermarks_.size(); i++)
    own_watermarks_[i] = std::min(own_watermarks_[i], event_times_[i]);
  if (rows_.rows() < before) {
    ReadTimes(rows_.chunk().data[*source_->event_time], rows_.rows(), kNoTime, &event_times_);
    arrivals_.assign(1, 0);
  }
  return Status::Ok();
}

Status SourceInput::ReportEventTimes() {
  ReadTimes(rows_.chunk().data[*source_->event_time], rows_.rows(), kNoTime, &event_times_);
  bool all_have_one = true;
  for (const int64_t time : event_times_) all_have_one = all_have_one && IsEventTime(time);
  if (!all_have_one) RETURN_IF_ERROR(DropRowsWithoutTime());
  own_watermarks_.clear();
  if (watermark_of_ && rows_.rows() > 0) RETURN_IF_ERROR(EvaluateOwnWatermarks());
  if (event_times_.empty()) return Status::Ok();
  if (arrivals_.size() != event_times_.size()) arrivals_.resize(1);
  parts_.watermark->OnRows(parts_.reports_splits ? rows_.split : split_, event_times_, arrivals_, own_watermarks_);
  return Status::Ok();
}

}  // namespace laminar
