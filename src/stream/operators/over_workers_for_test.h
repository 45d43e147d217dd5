// The operators of several workers, which may be restarted on the way, and what they give out.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <vector>

#include "state/key_codec.h"
#include "stream/operators/over.h"
#include "stream/operators/over_calls_for_test.h"

namespace laminar {

class Collect final : public Operator {
 public:
  Collect() : Operator(1) {}
  Status Push(size_t, Batch* batch) override {
    for (size_t i = 0; i < batch->rows(); i++) {
      const int64_t ts = batch->chunk().GetValue(0, i).GetValue<duckdb::timestamp_t>().value;
      if (ordered) {
        EXPECT_GE(ts, last_time) << "out of order";
        EXPECT_GE(ts, watermark) << "behind the watermark";
      }
      last_time = ts;
      std::vector<Value> row;
      for (size_t c = kColumns.size() - 1; c < batch->columns(); c++) row.push_back(batch->chunk().GetValue(c, i));
      const auto id = row[0].GetValue<int64_t>();
      order.push_back(id);
      EXPECT_TRUE(rows.emplace(id, std::move(row)).second) << "twice";
    }
    return Status::Ok();
  }
  Status OnWatermark(int64_t value) override {
    watermark = value;
    return Status::Ok();
  }
  bool ordered = true;  // the rows are all of one worker
  std::map<int64_t, std::vector<Value>> rows;
  std::vector<int64_t> order;
  int64_t last_time = INT64_MIN, watermark = INT64_MIN;
};

// The operators of several workers, which get the rows dealt as an exchange would.
class OverWorkers {
 public:
  // All borrowed.
  OverWorkers(const OverNode& node, const PlanNode& input, const Schema& output, Collect* collect)
      : node_(node), input_(input), output_(output), collect_(collect) {
    Start(1);
  }

  Status Push(Batch* batch) {
    if (workers_.size() == 1) return workers_[0]->Push(0, batch);
    std::vector<TypeRef> types;
    for (const size_t column : node_.partition) types.push_back(input_.schema[column].type);
    EncodedKeys keys;
    KeyCodec(types).Encode(*batch, node_.partition, &keys);
    const int count = static_cast<int>(workers_.size());
    for (int w = 0; w < count; w++) {
      duckdb::SelectionVector rows(kBatchRows);
      size_t own = 0;
      for (size_t i = 0; i < batch->rows(); i++) {
        const int owner = node_.partition.empty() ? 0 : WorkerOf(KeyGroupOf(keys.hash(i)), count);
        if (owner == w) rows.set_index(own++, i);
      }
      if (own == 0) continue;
      Batch part;
      part.Share(batch);
      part.Slice(rows, own);
      RETURN_IF_ERROR(workers_[static_cast<size_t>(w)]->Push(0, &part));
    }
    return Status::Ok();
  }
  Status Advance(int64_t watermark) {
    for (auto& worker : workers_) {
      RETURN_IF_ERROR(worker->AdvanceWatermark(0, watermark));
      while (worker->HasPending()) RETURN_IF_ERROR(worker->Resume());
    }
    return Status::Ok();
  }
  Status End() {
    for (auto& worker : workers_) {
      RETURN_IF_ERROR(worker->OnEnd(0));
      while (worker->HasPending()) RETURN_IF_ERROR(worker->Resume());
    }
    return Status::Ok();
  }

  // Makes new operators of what these save.
  Status Restart(int workers) {
    ASSIGN_OR_RETURN(std::vector<StatePart> parts, Save());
    const int64_t watermark = workers_[0]->SavedWatermark();
    const int64_t rows = StateRows();
    Start(workers);
    for (size_t w = 0; w < workers_.size(); w++)
      RETURN_IF_ERROR(
          workers_[w]->Restore(StateInput(parts, static_cast<int>(w), workers, node_.partition.empty()), watermark));
    EXPECT_EQ(StateRows(), rows);
    return Status::Ok();
  }
  // Of all workers, twice: nothing changes by it.
  Result<std::vector<StatePart>> Save() {
    std::vector<StatePart> parts;
    for (auto& worker : workers_) {
      StateOutput first, second;
      RETURN_IF_ERROR(worker->Save(&first));
      RETURN_IF_ERROR(worker->Save(&second));
      const std::vector<StatePart> a = first.Take(), b = second.Take();
      EXPECT_EQ(a.size(), b.size());
      for (size_t i = 0; i < a.size(); i++) {
        EXPECT_EQ(a[i].section, b[i].section);
        EXPECT_EQ(a[i].part->bytes, b[i].part->bytes) << a[i].section;
      }
      parts.insert(parts.end(), b.begin(), b.end());
    }
    return parts;
  }

  int64_t StateRows() const {
    int64_t rows = 0;
    for (const auto& worker : workers_) rows += worker->StateRows();
    return rows;
  }
  uint64_t late() const { return late_.Get(); }

 private:
  void Start(int workers) {
    workers_.clear();
    outputs_.clear();
    for (int w = 0; w < workers; w++) {
      workers_.push_back(std::make_unique<OverOperator>(node_, input_, output_, &late_));
      outputs_.push_back(std::make_unique<ToCollect>(collect_));
      workers_.back()->AddOutput(outputs_.back().get(), 0);
    }
    if (workers > 1) collect_->ordered = false;
  }

  class ToCollect final : public Operator {
   public:
    explicit ToCollect(Collect* collect) : Operator(1), collect_(collect) {}
    Status Push(size_t, Batch* batch) override { return collect_->Push(0, batch); }
    Status OnWatermark(int64_t watermark) override {
      collect_->watermark = watermark;
      return Status::Ok();
    }

   private:
    Collect* const collect_;
  };

  const OverNode& node_;
  const PlanNode& input_;
  const Schema& output_;
  Collect* const collect_;
  Counter late_;
  std::vector<std::unique_ptr<ToCollect>> outputs_;
  std::vector<std::unique_ptr<OverOperator>> workers_;
};

}  // namespace laminar
