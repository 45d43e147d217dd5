#include "engine/figure_book.h"

#include <algorithm>
#include <utility>

#include "base/event_time.h"

namespace laminar {

namespace {

// "The last seconds" of OperatorFigures::backpressure.
constexpr int64_t kSampleEveryMicros = kMicrosPerSecond;
constexpr int64_t kRecentMicros = 5 * kMicrosPerSecond;

uint64_t Read(const OwnCounter& counter, int64_t /*now*/) {
  return counter.Get();
}
int64_t Read(const Gauge& gauge, int64_t /*now*/) {
  return gauge.Get();
}
uint64_t Read(const Stopwatch& watch, int64_t now) {
  return watch.Get(now);
}

void Add(const OperatorMetrics& of_worker, int64_t now, OperatorValues* sum) {
#define X(name, type, help) sum->name += Read(of_worker.name, now);
  LAMINAR_OPERATOR_METRICS(X)
#undef X
}

}  // namespace

FigureBook::FigureBook(Parts parts) : parts_(std::move(parts)) {
  const size_t nodes = parts_.plan->nodes.size();
  for (size_t id = 0; id < nodes; id++) names_.push_back(DescribeNode(*parts_.plan, static_cast<NodeId>(id)).front());
  for (int w = 0; w < parts_.workers; w++) operators_.emplace_back(nodes);
  shown_.resize(nodes);
  samples_.push_back({parts_.clock->SteadyMicros(), std::vector<uint64_t>(nodes)});
}

PipelineFigures FigureBook::Take() {
  PipelineFigures figures;
  figures.workers = parts_.workers;
  figures.totals = ValuesOf(*parts_.metrics);
  for (const std::string& table : parts_.sources) figures.sources.push_back(TakeSource(table));
  for (const std::string& table : parts_.sinks) figures.sinks.push_back(TakeSink(table));
  TakeOperators(&figures.operators);
  return figures;
}

SourceFigures FigureBook::TakeSource(const std::string& table) const {
  SourceFigures figures;
  figures.table = table;
  if (const auto found = parts_.event_times->find(table); found != parts_.event_times->end())
    figures.event_time = ValuesOf(found->second);
  const ReadMetrics* const read = parts_.metrics->reads.Find(table);
  if (read == nullptr) return figures;
  figures.values = ValuesOf(*read);
  figures.failures = read->failures.List();
  const auto watermark = parts_.watermarks->find(table);
  for (const ShardBoard::Entry& entry : read->shards.List(&figures.finished_shards)) {
    ShardFigures& shard = figures.shards.emplace_back();
    shard.shard_id = entry.shard_id;
    shard.state = entry.state;
    if (entry.metrics != nullptr) shard.values = ValuesOf(*entry.metrics);
    if (!entry.split || watermark == parts_.watermarks->end()) continue;
    const int64_t reached = watermark->second->WatermarkOf(*entry.split);
    if (reached != kNoWatermark) shard.watermark_micros = reached;
  }
  return figures;
}

SinkFigures FigureBook::TakeSink(const std::string& table) const {
  SinkFigures figures;
  figures.table = table;
  const WriteMetrics* const written = parts_.metrics->writes.Find(table);
  if (written == nullptr) return figures;
  figures.values = ValuesOf(*written);
  figures.failures = written->failures.List();
  figures.send_latency = FiguresOf(written->send_latency);
  return figures;
}

void FigureBook::TakeOperators(std::vector<OperatorFigures>* figures) {
  const StreamPlan& plan = *parts_.plan;
  std::lock_guard lock(mutex_);
  const int64_t now = parts_.clock->SteadyMicros();
  Sample sample{now, {}};
  for (size_t id = 0; id < names_.size(); id++) {
    OperatorFigures& node = figures->emplace_back();
    node.node_id = static_cast<int>(id);
    node.name = names_[id];
    for (const auto& of_worker : operators_) Add(of_worker[id], now, &node.values);
    // With one worker an exchange is nothing.
    if (parts_.workers == 1 && std::holds_alternative<ExchangeNode>(plan.nodes[id].op)) {
      const OperatorFigures& input = (*figures)[static_cast<size_t>(plan.nodes[id].inputs.at(0))];
      node.values.rows_in = node.values.rows_out = input.values.rows_out;
      node.values.backpressure_micros = input.values.backpressure_micros;
    }
    if (std::holds_alternative<SinkNode>(plan.nodes[id].op)) node.values.rows_out = node.values.rows_in;
    // A stopwatch that was started after `now` shows a little less than before.
    uint64_t& held_up = node.values.backpressure_micros;
    held_up = shown_[id] = std::max(held_up, shown_[id]);
    sample.backpressure_micros.push_back(node.values.backpressure_micros);
  }
  const Sample& before = samples_.front();
  const int64_t micros = (now - before.at_micros) * parts_.workers;
  for (size_t id = 0; id < names_.size() && micros > 0; id++) {
    const auto held_up = static_cast<double>(sample.backpressure_micros[id] - before.backpressure_micros[id]);
    (*figures)[id].backpressure = std::clamp(held_up / static_cast<double>(micros), 0.0, 1.0);
  }
  if (now - samples_.back().at_micros < kSampleEveryMicros) return;
  samples_.push_back(std::move(sample));
  while (samples_.size() > 1 && now - samples_[1].at_micros >= kRecentMicros) samples_.pop_front();
}

}  // namespace laminar
