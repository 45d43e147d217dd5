// What the tests of this folder share.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "formats/json/json_decoder.h"
#include "formats/json/json_encoder.h"
#include "formats/rows_for_test.h"

namespace laminar {

inline Decoded DecodeAll(const Schema& schema, const std::vector<std::string>& records,
                         const JsonOptions& options = {}) {
  const TestRecords memory(records);
  JsonDecoder decoder(schema, options);
  return DecodeAll(&decoder, memory.views());
}

// One value of a type; "bad: <reason>" if it is none.
inline std::string DecodeOne(const std::string& type, const std::string& json, const JsonOptions& options = {}) {
  const Decoded decoded = DecodeAll(TestSchema({{"v", type}}), {"{\"v\":" + json + "}"}, options);
  if (!decoded.bad.empty()) return "bad: " + decoded.bad[0].reason;
  EXPECT_EQ(decoded.rows.size(), 1u);
  return decoded.row(0);
}

inline std::vector<std::string> EncodeAll(const Schema& schema, const Batch& batch, const JsonOptions& options = {}) {
  JsonEncoder encoder(schema, options);
  EncodedRows rows;
  const Status status = encoder.Encode(batch, &rows);
  EXPECT_TRUE(status.ok()) << status.ToString();
  std::vector<std::string> lines;
  for (size_t i = 0; i < rows.rows(); i++) lines.emplace_back(rows.row(i));
  return lines;
}

}  // namespace laminar
