#include "stream/runtime/metadata_columns.h"

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"

#include "base/check.h"

namespace laminar {

namespace {

Schema Given(const SourceNode& node) {
  Schema schema;
  for (const SourceNode::Metadata& one : node.metadata) schema.push_back({one.name, one.type});
  return schema;
}

}  // namespace

MetadataColumns::MetadataColumns(const SourceNode& node, const Schema& decoded, const Schema& columns)
    : metadata_(node.metadata), given_(Given(node)), cast_(columns) {
  CHECK(columns.size() == metadata_.size());
  duckdb::vector<duckdb::LogicalType> types;
  for (const Column& column : decoded) types.push_back(*column.type);
  for (const Column& column : columns) types.push_back(*column.type);
  all_.chunk().InitializeEmpty(types);
}

Batch* MetadataColumns::Add(Batch* rows) {
  const size_t count = rows->rows(), decoded = rows->columns();
  CHECK_MSG(count == 0 || rows->origins != nullptr, "a source with metadata knows where its rows come from");
  given_.Reset();
  cast_.Reset();
  for (size_t c = 0; c < decoded; c++) all_.chunk().data[c].Reference(rows->chunk().data[c]);
  origin_rows_.resize(count);
  for (size_t i = 0; i < count; i++) origin_rows_[i] = rows->OriginRow(i);
  for (size_t m = 0; m < metadata_.size(); m++) {
    duckdb::Vector& given = given_.chunk().data[m];
    duckdb::Vector& declared = cast_.chunk().data[m];
    if (count > 0) rows->origins->FillMetadata(metadata_[m].name, origin_rows_, &given);
    if (given.GetType() == declared.GetType()) {
      all_.chunk().data[decoded + m].Reference(given);
    } else {
      duckdb::VectorOperations::DefaultCast(given, declared, count);
      all_.chunk().data[decoded + m].Reference(declared);
    }
  }
  all_.chunk().SetCardinality(count);
  all_.TakeOrigins(*rows);
  all_.split = rows->split;
  all_.order_key = rows->order_key;
  return &all_;
}

}  // namespace laminar
