#include "stream/over/value_codec.h"

#include <numeric>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

namespace laminar {

namespace {

// What KeyCodec would change passes as an integer of the same width.
TypeRef StoredType(const TypeRef& type) {
  switch (type->InternalType()) {
    case duckdb::PhysicalType::FLOAT:
      return MakeType(duckdb::LogicalType::UINTEGER);
    case duckdb::PhysicalType::DOUBLE:
      return MakeType(duckdb::LogicalType::UBIGINT);
    case duckdb::PhysicalType::INTERVAL:
      return MakeType(duckdb::LogicalType::HUGEINT);
    default:
      return type;
  }
}

Schema StoredSchema(const std::vector<TypeRef>& types) {
  Schema schema;
  for (const TypeRef& type : types) schema.push_back({"", StoredType(type)});
  return schema;
}

std::vector<TypeRef> TypesOf(const Schema& schema) {
  std::vector<TypeRef> types;
  for (const Column& column : schema) types.push_back(column.type);
  return types;
}

void View(duckdb::Vector& to, duckdb::Vector& from) {
  if (to.GetType() == from.GetType()) {
    to.Reference(from);
  } else {
    to.Reinterpret(from);
  }
}

}  // namespace

ValueCodec::ValueCodec(const std::vector<TypeRef>& types) : ValueCodec(StoredSchema(types)) {}

ValueCodec::ValueCodec(Schema stored)
    : stored_(std::move(stored)), codec_(TypesOf(stored_)), all_(stored_.size()), decoded_(stored_) {
  std::iota(all_.begin(), all_.end(), size_t{0});
}

void ValueCodec::Encode(Batch* batch, const std::vector<size_t>& columns, EncodedKeys* values) {
  Batch view;
  duckdb::vector<duckdb::LogicalType> types;
  for (const Column& column : stored_) types.push_back(*column.type);
  view.chunk().InitializeEmpty(types);
  for (size_t i = 0; i < columns.size(); i++) View(view.chunk().data[i], batch->chunk().data[columns[i]]);
  view.chunk().SetCardinality(batch->rows());
  codec_.Encode(view, all_, values);
}

void ValueCodec::Decode(const std::vector<std::string_view>& values, Batch* out, const std::vector<size_t>& columns) {
  decoded_.Reset();
  codec_.Decode(values, &decoded_, 0);
  for (size_t i = 0; i < columns.size(); i++) View(out->chunk().data[columns[i]], decoded_.chunk().data[i]);
}

}  // namespace laminar
