// Readers and writers on threads of their own, as in production: what they share is exercised under ThreadSanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "connectors/kinesis/kinesis_sink.h"
#include "connectors/kinesis/kinesis_source.h"
#include "connectors/kinesis/world_for_test.h"

namespace laminar::kinesis {
namespace {

constexpr int kWorkers = 4;
constexpr int kRecords = 20'000;

TEST(KinesisThreads, ABoundedReadIsWrittenToAnotherStream) {
  SystemClock clock;
  Random rng(1);
  PipelineMetrics metrics;
  line_format::LineFormat format;
  ModelKinesis model(&clock, 2);
  model.CreateStream("in", 4);
  model.CreateStream("out", 4);
  for (int i = 0; i < kRecords; i++) {
    if (i % 5000 == 2500) model.SplitShard("in", model.OpenShards("in")[0]);
    model.Put("in", "key" + std::to_string(i % 100), std::to_string(i));
  }
  ConnectorContext context{.clock = &clock, .random = &rng, .metrics = &metrics, .until_caught_up = true};
  TableSpec table;
  table.name = "lines";
  table.schema = line_format::LineSchema();
  table.format = &format;
  SinkSettings settings;
  settings.batch.interval_micros = 1000;

  std::vector<std::unique_ptr<ThreadWaker>> owned;
  std::vector<Waker*> wakers;
  for (int i = 0; i < kWorkers; i++) {
    owned.push_back(std::make_unique<ThreadWaker>());
    wakers.push_back(owned.back().get());
  }
  std::atomic<bool> stop{false};
  std::thread service([&] {
    while (!stop) {
      if (!model.Step()) std::this_thread::yield();
    }
  });
  {
    KinesisSource source(model.Connect("in"), table, {SourceOffset::kEarliest}, context);
    KinesisSink sink(model.Connect("out"), table, settings, context);
    ASSERT_TRUE(source.Start(wakers).ok());
    ASSERT_TRUE(sink.Start(wakers).ok());
    std::vector<std::unique_ptr<SourceReader>> readers;
    std::vector<std::unique_ptr<SinkWriter>> writers;
    for (int i = 0; i < kWorkers; i++) {
      readers.push_back(source.CreateReader(i));
      writers.push_back(sink.CreateWriter(i));
    }
    const auto work = [&](size_t worker) {
      SourceReader& reader = *readers[worker];
      SinkWriter& writer = *writers[worker];
      Batch batch;
      bool ended = false;
      while (!ended || !writer.Drained()) {
        ASSERT_TRUE(writer.Poll().ok());
        bool idle = ended || !writer.CanAccept();
        if (!idle) {
          const auto state = reader.Poll(&batch);
          ASSERT_TRUE(state.ok());
          idle = *state == PollState::kIdle;
          if (*state == PollState::kBatch) ASSERT_TRUE(writer.Push(batch).ok());
          if (*state == PollState::kEnd) {
            ended = true;
            writer.Finish();
          }
        }
        const int64_t deadline = ended || !writer.CanAccept() ? kNever : reader.NextDeadline();
        if (idle && !(ended && writer.Drained()))
          owned[worker]->WaitUntil(clock, std::min(deadline, writer.NextDeadline()));
      }
    };
    std::vector<std::thread> threads;
    for (size_t i = 0; i < kWorkers; i++) threads.emplace_back(work, i);
    for (std::thread& thread : threads) thread.join();
  }
  stop = true;
  service.join();
  std::multiset<std::string> written;
  for (const auto& record : model.Records("out")) written.insert(record.data);
  EXPECT_EQ(written.size(), static_cast<size_t>(kRecords));
  EXPECT_EQ(std::set<std::string>(written.begin(), written.end()).size(), static_cast<size_t>(kRecords));
  EXPECT_EQ(metrics.rows_in.Get(), static_cast<uint64_t>(kRecords));
  EXPECT_EQ(metrics.rows_out.Get(), static_cast<uint64_t>(kRecords));
}

}  // namespace
}  // namespace laminar::kinesis
