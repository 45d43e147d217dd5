#include "engine/checkpointer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "state/memory_store_for_test.h"

namespace laminar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// One worker, which does what the test says.
class CheckpointerTest : public ::testing::Test {
 protected:
  CheckpointerTest() {
    Checkpointer::Parts parts;
    parts.store = &store_;
    parts.clock = &clock_;
    parts.random = &random_;
    parts.metrics = &metrics_;
    parts.workers = {&worker_};
    parts.own_thread = &own_thread_;
    parts.base.pipeline = "clicks";
    parts.base.instance = store_.instance();
    parts.take_positions = [](std::map<std::string, Manifest::Source>* out) {
      (*out)["s"] = {R"({"next":7})", 5, std::nullopt};
      return Status::Ok();
    };
    parts.fail = [](const Status& status) { ADD_FAILURE() << status.ToString(); };
    parts.ready_at_end = [this] {
      if (ready_at_end_) checkpointer_->SourcesReady(/*at_once=*/true);
      return ready_at_end_ || announced_;
    };
    parts.ends_without = [this] { ended_without_++; };
    parts.finished = [] { return true; };
    checkpointer_ = std::make_unique<Checkpointer>(parts);
  }
  // The worker's part of the checkpoint that is asked for.
  void TakePart() {
    CheckpointControl* const control = checkpointer_->control();
    const int64_t epoch = control->requested();
    ASSERT_TRUE(control->Arrive(0, epoch).ok());
    control->HandIn(0, epoch, {});
  }

  MemoryStore blobs_;
  CheckpointStore store_{&blobs_, "aaaa"};
  ManualClock clock_;
  Random random_{1};
  PipelineMetrics metrics_;
  ThreadWaker worker_, own_thread_;
  std::unique_ptr<Checkpointer> checkpointer_;
  bool ready_at_end_ = false, announced_ = false;
  int ended_without_ = 0;
};

TEST_F(CheckpointerTest, AnInputThatEndsBeforeAnybodyCouldSayThatItIsReadHasItsLastCheckpoint) {
  ready_at_end_ = true;
  checkpointer_->control()->AtEnd(0);
  checkpointer_->Step();
  ASSERT_EQ(checkpointer_->control()->requested(), 1);
  TakePart();
  checkpointer_->Step();
  EXPECT_THAT(store_.Numbers().value(), ElementsAre(1));
  EXPECT_TRUE(store_.ReadManifest(1)->finished);
  EXPECT_EQ(ended_without_, 0);
  EXPECT_TRUE(checkpointer_->Idle());
}

TEST_F(CheckpointerTest, WhoIsAboutToSaySoIsWaitedFor) {
  announced_ = true;
  checkpointer_->control()->AtEnd(0);
  checkpointer_->Step();
  EXPECT_EQ(checkpointer_->control()->requested(), 0);
  checkpointer_->SourcesReady(/*at_once=*/false);
  checkpointer_->Step();
  EXPECT_EQ(checkpointer_->control()->requested(), 1);
  EXPECT_EQ(ended_without_, 0);
}

TEST_F(CheckpointerTest, AStopBeforeThePositionsAreFixedHasNoLastCheckpoint) {
  checkpointer_->control()->AtEnd(0);
  checkpointer_->Step();
  checkpointer_->Step();
  EXPECT_EQ(ended_without_, 1);
  EXPECT_EQ(checkpointer_->control()->requested(), 0);
  EXPECT_TRUE(checkpointer_->Idle());
  EXPECT_THAT(store_.Numbers().value(), IsEmpty());
}

}  // namespace
}  // namespace laminar
