#include "infer/statement.h"

#include <gtest/gtest.h>

#include "duck/pch.h"

namespace laminar::infer {
namespace {

TEST(Statement, NamesTablesAfterStreamsAndFiles) {
  EXPECT_EQ(TableNameOf("orders-eu.v2", false), "orders_eu_v2");
  EXPECT_EQ(TableNameOf("arn:aws:kinesis:us-east-1:123456789012:stream/orders", false), "orders");
  EXPECT_EQ(TableNameOf("data.d/orders.json.gz", true), "orders");
  EXPECT_EQ(TableNameOf("./2026-01.csv", true), "t_2026_01");
  EXPECT_EQ(TableNameOf("./.hidden", true), "_hidden");
}

TEST(Statement, SaysWhatWasSeen) {
  InferredTable table;
  table.format = "csv";
  table.options = {{"csv.header", "first_line"}, {"compression", "gzip"}};
  table.columns = {{"id", MakeType("BIGINT"), 0, ""},
                   {"order", MakeType("VARCHAR"), 1200, "numbers in 3 rows, texts in 4"},
                   {"strange \"name\"", MakeType("STRUCT(a BIGINT[])"), 2, ""},
                   {"ts", MakeType("TIMESTAMP"), 0, ""}};
  table.event_time = 3;
  table.rows = 12'000;
  EXPECT_EQ(CreateTable(table, {"select",
                                "1,000 records of stream it's",
                                {{"connector", "kinesis"}, {"stream_name", "it's"}, {"source.offset", "earliest"}}}),
            R"(-- 1,000 records of stream it's: 12,000 rows
CREATE TABLE "select" (
    id BIGINT,
    "order" TEXT,  -- numbers in 3 rows, texts in 4; NULL or missing in 1,200 of 12,000 rows
    "strange ""name""" STRUCT(a BIGINT[]),  -- NULL or missing in 2 of 12,000 rows
    ts TIMESTAMP,
    WATERMARK FOR ts AS ts - INTERVAL '5' SECOND  -- a suggestion: its event time, of which rows come up to 5 seconds late
) WITH (
    connector = 'kinesis',
    stream_name = 'it''s',
    'source.offset' = 'earliest',
    format = 'csv',
    'csv.header' = 'first_line',
    compression = 'gzip'
);
-- To run it, add a query: SELECT * FROM "select";
)");
}

TEST(Statement, AddsWhatLeavesBadRowsOut) {
  InferredTable table;
  table.format = "json";
  table.columns = {{"n", MakeType("JSON"), 1, "only NULL was seen"}};
  table.rows = 1;
  table.bad_rows = 2;
  table.first_bad = "file x, line 3: it is\nno JSON";
  table.drops_bad = true;
  EXPECT_EQ(CreateTable(table, {"x", "file x", {{"connector", "single_file"}}}),
            R"(-- file x: 1 row
-- 2 rows that cannot be read, the first: file x, line 3: it is no JSON
CREATE TABLE x (
    n JSON  -- only NULL was seen
) WITH (
    connector = 'single_file',
    format = 'json',
    bad_data = 'drop'
);
-- To run it, add a query: SELECT * FROM x;
)");
}

TEST(Statement, SaysWhatBadRowsDo) {
  InferredTable table;
  table.format = "csv";
  table.columns = {{"n", MakeType("BIGINT"), 0, ""}};
  table.rows = table.bad_rows = 1;
  table.first_bad = "file x, line 3: the line has 2 fields";
  table.remarks = {"one", "two"};
  EXPECT_EQ(CreateTable(table, {"x", "file x", {{"connector", "single_file"}}}),
            R"(-- file x: 1 row
-- 1 row that cannot be read: file x, line 3: the line has 2 fields
-- A pipeline stops there, unless the table has bad_data = 'drop' or 'dead_letter'
-- one
-- two
CREATE TABLE x (
    n BIGINT
) WITH (
    connector = 'single_file',
    format = 'csv'
);
-- To run it, add a query: SELECT * FROM x;
)");
}

}  // namespace
}  // namespace laminar::infer
