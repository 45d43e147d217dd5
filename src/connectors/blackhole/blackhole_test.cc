#include <gtest/gtest.h>

#include "connectors/blackhole/blackhole_connector.h"
#include "connectors/line_format_for_test.h"

namespace laminar {
namespace {

TEST(Blackhole, CountsAndForgets) {
  const auto connector = MakeBlackholeConnector();
  PipelineMetrics metrics;
  const ManualClock clock;
  const ConnectorContext context{.clock = &clock, .metrics = &metrics};
  auto sink = connector->MakeSink(line_format::MakeTable(*connector, OptionUse::kSink, {}, nullptr), context);
  ASSERT_TRUE(sink.ok());
  ASSERT_TRUE((*sink)->Start({}).ok());
  const auto writer = (*sink)->CreateWriter(0);
  ASSERT_TRUE(writer->Push(line_format::MakeBatch({"a", "b", "c"})).ok());
  ASSERT_TRUE(writer->Push(line_format::MakeBatch({"d"})).ok());
  writer->Finish();
  EXPECT_TRUE(writer->Drained());
  EXPECT_EQ(metrics.rows_out.Get(), 4U);
  EXPECT_EQ(metrics.bytes_out.Get(), 0U);
}

}  // namespace
}  // namespace laminar
