// AvroValueWriter: which type of a column is written as which type of the schema.
#include <algorithm>

#include "duckdb/common/types.hpp"
#include "duckdb/common/types/vector.hpp"

#include "formats/avro/avro_columns.h"
#include "formats/avro/avro_default.h"
#include "formats/avro/avro_from_json.h"
#include "formats/avro/avro_value_writer.h"

namespace laminar {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

namespace {

bool IsDecimal(JsonKind kind) {
  return kind >= JsonKind::kDecimal16 && kind <= JsonKind::kDecimal128;
}
bool IsInteger(JsonKind kind) {
  return kind >= JsonKind::kInt8 && kind <= JsonKind::kUInt128;
}

// Bits that hold every value, of a signed integer.
int BitsOf(JsonKind kind) {
  switch (kind) {
    case JsonKind::kInt8:
      return 8;
    case JsonKind::kUInt8:
      return 9;
    case JsonKind::kInt16:
      return 16;
    case JsonKind::kUInt16:
      return 17;
    case JsonKind::kInt32:
      return 32;
    case JsonKind::kUInt32:
      return 33;
    case JsonKind::kInt64:
      return 64;
    case JsonKind::kUInt64:
      return 65;
    default:
      return 129;
  }
}

// A union of more than null and another type.
bool IsOfSeveral(const AvroNode& node) {
  return std::count_if(node.children.begin(), node.children.end(),
                       [](const AvroNode* branch) { return branch->type != AvroType::kNull; }) > 1;
}

// Units of the column in a second; 0: it is no time of day and no timestamp.
int64_t PerSecond(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::TIMESTAMP_SEC:
      return 1;
    case LogicalTypeId::TIMESTAMP_MS:
      return 1000;
    case LogicalTypeId::TIME:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
      return 1'000'000;
    case LogicalTypeId::TIMESTAMP_NS:
      return 1'000'000'000;
    default:
      return 0;
  }
}

}  // namespace

Result<std::unique_ptr<AvroValueWriter>> AvroValueWriter::Make(const AvroNode& node, const LogicalType& type) {
  std::unique_ptr<AvroValueWriter> writer;
  if (node.type != AvroType::kUnion || (type.IsJSONType() && IsOfSeveral(node))) {
    writer.reset(new AvroValueWriter(node, type));
    for (size_t i = 0; i < node.children.size() && node.type == AvroType::kUnion; i++) {
      if (node.children[i]->type == AvroType::kNull) writer->null_branch_ = static_cast<int>(i);
    }
    RETURN_IF_ERROR(writer->Choose());
    return writer;
  }
  // The first branch that takes the type.
  int null_branch = -1;
  Status failure;
  for (size_t i = 0; i < node.children.size(); i++) {
    if (node.children[i]->type == AvroType::kNull) {
      null_branch = static_cast<int>(i);
      continue;
    }
    if (writer != nullptr) continue;
    Result<std::unique_ptr<AvroValueWriter>> branch = Make(*node.children[i], type);
    if (branch.ok()) {
      writer = std::move(branch).value();
      writer->branch_ = static_cast<int>(i);
    } else if (failure.ok()) {
      failure = branch.status();
    }
  }
  if (writer == nullptr)
    return failure.ok() ? Status::User("an Avro union of null alone cannot be written", "Leave the field out")
                        : failure;
  writer->null_branch_ = null_branch;
  return writer;
}

Result<std::unique_ptr<AvroValueWriter>> AvroValueWriter::MakeRecord(const AvroNode& record,
                                                                     const std::vector<std::string>& names,
                                                                     const std::vector<LogicalType>& types) {
  std::unique_ptr<AvroValueWriter> writer(new AvroValueWriter(record, LogicalType::BOOLEAN));
  writer->action_ = Action::kRecord;
  RETURN_IF_ERROR(writer->ChooseFields(record, names, types));
  return writer;
}

Status AvroValueWriter::Cannot() const {
  return Status::User(TypeName(*type_) + " cannot be written as the Avro type " + DescribeAvroType(*node_),
                      "Declare it as " + TypeName(*ColumnTypeOf(*node_)) + ", or change the schema");
}

Status AvroValueWriter::If(bool can, Action action) {
  action_ = action;
  return can ? Status::Ok() : Cannot();
}

Status AvroValueWriter::Choose() {
  const bool is_text = node_->type == AvroType::kString || node_->type == AvroType::kBytes;
  if (shape_.kind == JsonKind::kJson && !is_text) {
    action_ = Action::kFromJson;
    ASSIGN_OR_RETURN(from_json_, AvroFromJson::Make(*node_));
    return Status::Ok();
  }
  switch (node_->type) {
    case AvroType::kBoolean:
      return If(shape_.kind == JsonKind::kBoolean, Action::kBoolean);
    case AvroType::kInt:
    case AvroType::kLong:
      return ChooseInteger();
    case AvroType::kFloat:
      return If(shape_.kind == JsonKind::kFloat || (IsInteger(shape_.kind) && BitsOf(shape_.kind) <= 24),
                Action::kFloat);
    case AvroType::kDouble:
      return If(shape_.kind == JsonKind::kFloat || shape_.kind == JsonKind::kDouble ||
                    (IsInteger(shape_.kind) && BitsOf(shape_.kind) <= 53),
                Action::kDouble);
    case AvroType::kBytes:
    case AvroType::kFixed:
      return ChooseBytes();
    case AvroType::kString:
      return ChooseText();
    case AvroType::kEnum:
      casts_ = type_->id() == LogicalTypeId::ENUM;
      return If(casts_ || shape_.kind == JsonKind::kVarchar, Action::kEnum);
    case AvroType::kArray:
    case AvroType::kMap:
    case AvroType::kRecord:
      return ChooseNested();
    default:
      return Cannot();
  }
}

Status AvroValueWriter::ChooseInteger() {
  switch (node_->logical) {
    case AvroLogical::kDate:
      return If(type_->id() == LogicalTypeId::DATE, Action::kTime);
    case AvroLogical::kTimeMillis:
    case AvroLogical::kTimeMicros:
      if (type_->id() != LogicalTypeId::TIME) break;
      return ChooseTime(node_->logical == AvroLogical::kTimeMillis ? 1000 : 1'000'000);
    case AvroLogical::kTimestampMillis:
    case AvroLogical::kLocalTimestampMillis:
      if (type_->id() == LogicalTypeId::TIME) return Cannot();
      return ChooseTime(1000);
    case AvroLogical::kTimestampMicros:
    case AvroLogical::kLocalTimestampMicros:
      if (type_->id() == LogicalTypeId::TIME) return Cannot();
      return ChooseTime(1'000'000);
    case AvroLogical::kTimestampNanos:
    case AvroLogical::kLocalTimestampNanos:
      if (type_->id() == LogicalTypeId::TIME) return Cannot();
      return ChooseTime(1'000'000'000);
    default:
      return If(IsInteger(shape_.kind) && BitsOf(shape_.kind) <= (node_->type == AvroType::kInt ? 32 : 64),
                Action::kWhole);
  }
  return Cannot();
}

Status AvroValueWriter::ChooseTime(int64_t per_second) {
  const int64_t column = PerSecond(*type_);
  if (column == 0) return Cannot();
  numerator_ = std::max<int64_t>(1, per_second / column);
  denominator_ = std::max<int64_t>(1, column / per_second);
  action_ = Action::kTime;
  return Status::Ok();
}

Status AvroValueWriter::ChooseText() {
  action_ = Action::kText;
  if (shape_.kind == JsonKind::kVarchar || shape_.kind == JsonKind::kJson) return Status::Ok();
  casts_ = true;
  const bool has_text =
      shape_.kind == JsonKind::kUInt128 || (shape_.kind == JsonKind::kOther && type_->id() != LogicalTypeId::UNION);
  return has_text ? Status::Ok() : Cannot();
}

Status AvroValueWriter::ChooseBytes() {
  const bool is_fixed = node_->type == AvroType::kFixed;
  if (node_->logical == AvroLogical::kDecimal) {
    // No digit behind the point is lost.
    return If((IsDecimal(shape_.kind) || IsInteger(shape_.kind)) && shape_.scale <= node_->scale, Action::kDecimal);
  }
  if (is_fixed && type_->id() == LogicalTypeId::UUID) return If(node_->size == 16, Action::kUuid);
  if (node_->logical == AvroLogical::kDuration && type_->id() == LogicalTypeId::INTERVAL)
    return If(true, Action::kDuration);
  if (shape_.kind == JsonKind::kBlob) return If(true, is_fixed ? Action::kFixed : Action::kText);
  return If(!is_fixed && (shape_.kind == JsonKind::kVarchar || shape_.kind == JsonKind::kJson), Action::kText);
}

Status AvroValueWriter::ChooseElement(const LogicalType& type) {
  Result<std::unique_ptr<AvroValueWriter>> element = Make(*node_->children[0], type);
  if (!element.ok()) return Status(element.status()).WithContext("its elements");
  element_ = std::move(element).value();
  return Status::Ok();
}

Status AvroValueWriter::ChooseNested() {
  if (node_->type == AvroType::kRecord) {
    if (shape_.kind != JsonKind::kStruct) return Cannot();
    action_ = Action::kRecord;
    return ChooseFields(*node_, shape_.names, shape_.children);
  }
  if (node_->type == AvroType::kArray && (shape_.kind == JsonKind::kList || shape_.kind == JsonKind::kArray)) {
    action_ = Action::kArray;
    return ChooseElement(shape_.children[0]);
  }
  if (shape_.kind != JsonKind::kMap) return Cannot();
  if (node_->type == AvroType::kArray) {
    if (node_->children[0]->type != AvroType::kRecord) return Cannot();
    action_ = Action::kRecordsMap;
    return ChooseFields(*node_->children[0], {"key", "value"}, shape_.children);
  }
  // A key is a string on the wire, without a branch in front.
  if (shape_.children[0].id() != LogicalTypeId::VARCHAR) return Cannot();
  action_ = Action::kMap;
  static const AvroNode kKey = [] {
    AvroNode node;
    node.type = AvroType::kString;
    return node;
  }();
  for (uint32_t i = 0; i < 2; i++) {
    Result<std::unique_ptr<AvroValueWriter>> writer = Make(i == 0 ? kKey : *node_->children[0], shape_.children[i]);
    if (!writer.ok()) return Status(writer.status()).WithContext("its values");
    parts_.push_back({std::move(writer).value(), i, ""});
  }
  return Status::Ok();
}

Status AvroValueWriter::ChooseFields(const AvroNode& record, const std::vector<std::string>& names,
                                     const std::vector<LogicalType>& types) {
  size_t used = 0;
  for (const AvroField& field : record.fields) {
    Part part;
    const auto found = std::find(names.begin(), names.end(), field.name);
    if (found == names.end()) {
      if (!field.default_json)
        return Status::User(
            "no column gives a value to the field " + field.name + " of the Avro schema, and it has no default",
            "Add the column " + field.name + " " + TypeName(*ColumnTypeOf(*field.type)) +
                ", or give the field a default");
      RETURN_IF_ERROR(EncodeAvroDefault(*field.type, *field.default_json, &part.bytes));
    } else {
      part.column = static_cast<uint32_t>(found - names.begin());
      Result<std::unique_ptr<AvroValueWriter>> writer = Make(*field.type, types[part.column]);
      if (!writer.ok()) return Status(writer.status()).WithContext("field " + field.name);
      part.writer = std::move(writer).value();
      used++;
    }
    parts_.push_back(std::move(part));
  }
  if (used == names.size()) return Status::Ok();
  for (const std::string& name : names) {
    const bool is_field = std::any_of(record.fields.begin(), record.fields.end(),
                                      [&](const AvroField& field) { return field.name == name; });
    if (!is_field)
      return Status::User("the Avro schema has no field for the column " + name,
                          "Add the field, or leave the column out of the table");
  }
  return Status::Ok();
}

}  // namespace laminar
