// Which action reads what: the writer's type says what is on the wire, the reader's what it means, the column's type
// what is stored. A logical type is the writer's where it names one, else the reader's, so that a change of unit or
// scale converts values rather than reads them wrong. Names of records, enums and fixed decide only between the
// branches of unions; elsewhere fields and symbols do.
#include "formats/avro/avro_plan.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/types.hpp"
#include "duckdb/common/types/string_type.hpp"
#include "duckdb/common/types/vector.hpp"

#include "formats/avro/avro_columns.h"
#include "formats/avro/avro_default.h"
#include "formats/avro/avro_json_plan.h"
#include "formats/avro/avro_match.h"
#include "formats/format.h"

namespace laminar {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

namespace {

bool IsTimestamp(AvroLogical logical) {
  return logical >= AvroLogical::kTimestampMillis && logical <= AvroLogical::kLocalTimestampNanos;
}

int64_t PerSecond(AvroLogical logical) {
  switch (logical) {
    case AvroLogical::kTimeMillis:
    case AvroLogical::kTimestampMillis:
    case AvroLogical::kLocalTimestampMillis:
      return 1000;
    case AvroLogical::kTimestampNanos:
    case AvroLogical::kLocalTimestampNanos:
      return 1'000'000'000;
    default:
      return 1'000'000;
  }
}

int64_t PerSecond(JsonKind kind) {
  switch (kind) {
    case JsonKind::kTimestampS:
      return 1;
    case JsonKind::kTimestampMs:
      return 1000;
    case JsonKind::kTimestampNs:
      return 1'000'000'000;
    default:
      return 1'000'000;
  }
}

using ReadResult = Result<std::unique_ptr<AvroRead>>;

// The reader's schema (nullptr: none) may be a union; `in_union`: the value is a branch of several.
ReadResult PlanValue(const AvroNode& wire, const AvroNode* reader, const LogicalType& type, bool in_union = false);

std::unique_ptr<AvroRead> NewRead(AvroAction action, const AvroNode& wire, const LogicalType& type) {
  auto read = std::make_unique<AvroRead>();
  const JsonShape shape = JsonShapeOf(type);
  read->action = action;
  read->wire = &wire;
  read->kind = shape.kind;
  read->width = shape.width;
  read->scale = shape.scale;
  read->array_size = shape.array_size;
  read->type = MakeType(type);
  return read;
}

ReadResult PlanDefault(const AvroField& field, const LogicalType& type) {
  std::unique_ptr<AvroRead> read = NewRead(AvroAction::kDefault, *field.type, type);
  RETURN_IF_ERROR(EncodeAvroDefault(*field.type, *field.default_json, &read->bytes));
  const size_t size = read->bytes.size();
  read->bytes.resize(size + kRecordPadding);
  read->bytes.resize(size);  // the padding stays readable
  ASSIGN_OR_RETURN(auto value, PlanValue(*field.type, field.type, type));
  read->children.push_back(std::move(value));
  return read;
}

Result<AvroRecordPlan> PlanFields(const AvroNode& wire, const AvroNode* reader, const std::vector<std::string>& names,
                                  const std::vector<LogicalType>& types) {
  AvroRecordPlan plan;
  FieldSources sources(wire, reader);
  std::vector<std::unique_ptr<AvroRead>> reads(wire.fields.size());
  std::vector<uint32_t> columns(wire.fields.size());
  std::vector<AvroStep> defaults;
  Status failure;
  std::vector<std::string> failed;
  for (uint32_t i = 0; i < names.size(); i++) {
    const AvroField *from, *as;
    RETURN_IF_ERROR(sources.Find(names[i], &from, &as));
    if (from == nullptr && as == nullptr) {
      plan.absent.push_back({i, JsonShapeOf(types[i]).kind});
      continue;
    }
    ReadResult read = from == nullptr ? PlanDefault(*as, types[i])
                                      : PlanValue(*from->type, as == nullptr ? nullptr : as->type, types[i]);
    if (!read.ok()) {
      if (failure.ok()) failure = Status(read.status()).WithContext("field " + names[i]);
      failed.push_back(names[i]);
      continue;
    }
    if (from == nullptr) {
      defaults.push_back({nullptr, i, std::move(read).value()});
      continue;
    }
    const auto field = static_cast<size_t>(from - wire.fields.data());
    reads[field] = std::move(read).value();
    columns[field] = i;
  }
  if (failed.size() > 1) {
    std::string others;
    for (size_t i = 1; i < failed.size(); i++) others += (i > 1 ? ", " : "") + failed[i];
    return Status::User(failure.message() + "; nor do these fit their columns: " + others, failure.hint());
  }
  RETURN_IF_ERROR(failure);
  for (size_t i = 0; i < wire.fields.size(); i++) {
    if (reads[i] != nullptr) {
      plan.steps.push_back({nullptr, columns[i], std::move(reads[i])});
    } else if (wire.fields[i].type->type != AvroType::kNull) {
      plan.steps.push_back({wire.fields[i].type, 0, nullptr});
    }
  }
  std::move(defaults.begin(), defaults.end(), std::back_inserter(plan.steps));
  return plan;
}

// What reads one value that is no union.
class ValuePlanner {
 public:
  ValuePlanner(const AvroNode& wire, const AvroNode* reader, const LogicalType& type, bool in_union)
      : wire_(wire),
        meaning_(reader != nullptr ? *reader : wire),
        logical_(wire.logical != AvroLogical::kNone || reader == nullptr ? wire : *reader),
        reader_(reader),
        type_(type),
        shape_(JsonShapeOf(type)),
        in_union_(in_union) {}

  ReadResult Plan() const {
    if (wire_.type == AvroType::kNull) return New(AvroAction::kNull);
    switch (shape_.kind) {
      case JsonKind::kVarchar:
      case JsonKind::kJson:
        return PlanText();
      case JsonKind::kBoolean:
        return If(wire_.type == AvroType::kBoolean, AvroAction::kBoolean);
      case JsonKind::kFloat:
      case JsonKind::kDouble:
        return PlanFloat();
      case JsonKind::kDecimal16:
      case JsonKind::kDecimal32:
      case JsonKind::kDecimal64:
      case JsonKind::kDecimal128:
        if (logical_.logical == AvroLogical::kDecimal) return PlanDecimal();
        return If(IsWhole(meaning_.type) && logical_.logical == AvroLogical::kNone, AvroAction::kLongToDecimal);
      case JsonKind::kTimestampS:
      case JsonKind::kTimestampMs:
      case JsonKind::kTimestampUs:
      case JsonKind::kTimestampNs:
        if (logical_.logical == AvroLogical::kDate) return Scaled(86'400 * PerSecond(shape_.kind), 1);
        if (IsTimestamp(logical_.logical)) return PlanTime(PerSecond(shape_.kind));
        return If(wire_.type == AvroType::kString, AvroAction::kCast);
      case JsonKind::kBlob:
        return If(IsBytes(meaning_.type) || wire_.type == AvroType::kFixed, AvroAction::kBlob);
      case JsonKind::kOther:
        return PlanOther();
      case JsonKind::kList:
      case JsonKind::kArray:
        return PlanList();
      case JsonKind::kMap:
        return PlanMap();
      case JsonKind::kStruct:
        return PlanStruct();
      default:
        if (logical_.logical == AvroLogical::kDecimal) return PlanDecimal();
        if (shape_.kind == JsonKind::kUInt128 && meaning_.type == AvroType::kString) return New(AvroAction::kCast);
        return If(IsWhole(meaning_.type), AvroAction::kInteger);
    }
  }

 private:
  std::unique_ptr<AvroRead> New(AvroAction action) const { return NewRead(action, wire_, type_); }

  ReadResult If(bool can, AvroAction action) const {
    if (can) return New(action);
    return Cannot();
  }

  Status Cannot() const {
    std::string types = DescribeAvroType(wire_);
    if (DescribeAvroType(meaning_) != types) types += ", read as " + DescribeAvroType(meaning_) + ",";
    const LogicalType natural = *ColumnTypeOf(logical_.logical != AvroLogical::kNone ? logical_ : meaning_);
    return Status::User(types + " cannot be read as " + TypeName(type_),
                        "Declare it as " + TypeName(natural) + ", which the query can cast, or as JSON");
  }

  ReadResult PlanText() const {
    const bool is_json = shape_.kind == JsonKind::kJson;
    if (meaning_.type == AvroType::kString && !(is_json && in_union_))
      return New(is_json ? AvroAction::kJsonText : AvroAction::kText);
    if (wire_.type == AvroType::kEnum && !is_json) return PlanEnum();
    std::unique_ptr<AvroRead> read = New(AvroAction::kJson);
    read->quoted = is_json;
    ASSIGN_OR_RETURN(read->json, PlanAvroJson(wire_, reader_));
    return read;
  }

  ReadResult PlanFloat() const {
    if (!IsNumber(meaning_.type)) return Cannot();
    if (IsWhole(wire_.type)) {
      std::unique_ptr<AvroRead> read = New(AvroAction::kLongToFloat);
      read->rounds_to_float = meaning_.type == AvroType::kFloat;
      return read;
    }
    if (wire_.type == AvroType::kFloat) return New(AvroAction::kFloat);
    return If(shape_.kind == JsonKind::kDouble, AvroAction::kDouble);
  }

  // DECIMAL, or an integer where the scale is 0.
  ReadResult PlanDecimal() const {
    if (shape_.width == 0 && logical_.scale != 0) return Cannot();
    std::unique_ptr<AvroRead> read = New(AvroAction::kDecimal);
    read->wire_scale = logical_.scale;
    return read;
  }

  ReadResult PlanTime(int64_t per_second) const {
    const int64_t wire = PerSecond(logical_.logical);
    return per_second >= wire ? Scaled(per_second / wire, 1) : Scaled(1, wire / per_second);
  }

  ReadResult Scaled(int64_t numerator, int64_t denominator) const {
    std::unique_ptr<AvroRead> read = New(AvroAction::kTime);
    read->numerator = numerator;
    read->denominator = denominator;
    return read;
  }

  ReadResult PlanOther() const {
    const bool is_string = meaning_.type == AvroType::kString;
    switch (type_.id()) {
      case LogicalTypeId::DATE:
        if (logical_.logical == AvroLogical::kDate) return Scaled(1, 1);
        return If(is_string, AvroAction::kCast);
      case LogicalTypeId::TIME:
        if (logical_.logical == AvroLogical::kTimeMillis || logical_.logical == AvroLogical::kTimeMicros)
          return PlanTime(1'000'000);
        return If(is_string, AvroAction::kCast);
      case LogicalTypeId::UUID:
        return If(is_string || (wire_.type == AvroType::kFixed && wire_.size == 16), AvroAction::kUuid);
      case LogicalTypeId::INTERVAL:
        if (logical_.logical == AvroLogical::kDuration) return New(AvroAction::kDuration);
        return If(is_string, AvroAction::kCast);
      case LogicalTypeId::ENUM:
        if (wire_.type == AvroType::kEnum) return PlanEnum();
        return If(is_string, AvroAction::kCast);
      default:
        return If(is_string, AvroAction::kCast);
    }
  }

  // A symbol that the reader's enum does not have becomes its default.
  ReadResult PlanEnum() const {
    const bool is_text = shape_.kind == JsonKind::kVarchar;
    std::unique_ptr<AvroRead> read = New(is_text ? AvroAction::kEnumText : AvroAction::kEnumPosition);
    for (const std::string& symbol : SymbolsAsRead(wire_, meaning_)) {
      if (is_text) {
        read->symbols.push_back(symbol);
      } else {
        read->positions.push_back(symbol.empty() ? -1 : duckdb::EnumType::GetPos(type_, duckdb::string_t(symbol)));
      }
    }
    return read;
  }

  ReadResult PlanList() const {
    if (wire_.type != AvroType::kArray) return Cannot();
    std::unique_ptr<AvroRead> read = New(shape_.kind == JsonKind::kList ? AvroAction::kList : AvroAction::kArray);
    return WithElement(std::move(read), shape_.children[0]);
  }

  ReadResult WithElement(std::unique_ptr<AvroRead> read, const LogicalType& type) const {
    ReadResult element = PlanValue(*wire_.children[0], reader_ ? reader_->children[0] : nullptr, type);
    if (!element.ok()) return Status(element.status()).WithContext("its elements");
    read->children.push_back(std::move(element).value());
    return read;
  }

  ReadResult PlanMap() const {
    if (wire_.type == AvroType::kMap && shape_.children[0].id() == LogicalTypeId::VARCHAR)
      return WithElement(New(AvroAction::kMap), shape_.children[1]);
    if (wire_.type != AvroType::kArray || wire_.children[0]->type != AvroType::kRecord) return Cannot();
    std::unique_ptr<AvroRead> read = New(AvroAction::kMapOfRecords);
    read->names = {"key", "value"};
    const AvroNode* reader = reader_ ? BranchFor(*reader_->children[0], *wire_.children[0]) : nullptr;
    ASSIGN_OR_RETURN(read->record, PlanFields(*wire_.children[0], reader, read->names, shape_.children));
    return read;
  }

  ReadResult PlanStruct() const {
    if (wire_.type != AvroType::kRecord) return Cannot();
    std::unique_ptr<AvroRead> read = New(AvroAction::kStruct);
    read->names = shape_.names;
    ASSIGN_OR_RETURN(read->record, PlanFields(wire_, reader_, shape_.names, shape_.children));
    return read;
  }

  const AvroNode& wire_;
  const AvroNode& meaning_;  // the reader's type
  const AvroNode& logical_;  // whose logical type counts
  const AvroNode* const reader_;
  const LogicalType& type_;
  const JsonShape shape_;
  const bool in_union_;
};

// A writer's union. One of null and another type is read as that type with a number in front; of more types each
// branch has its own plan, and those that do not fit the column are refused when they come.
ReadResult PlanUnion(const AvroNode& wire, const AvroNode* reader, const LogicalType& type) {
  const bool of_null = wire.children.size() == 2 &&
                       (wire.children[0]->type == AvroType::kNull) != (wire.children[1]->type == AvroType::kNull);
  if (of_null) {
    const int null_branch = wire.children[0]->type == AvroType::kNull ? 0 : 1;
    ASSIGN_OR_RETURN(auto read, PlanValue(*wire.children[static_cast<size_t>(1 - null_branch)], reader, type));
    read->null_branch = static_cast<int8_t>(null_branch);
    return read;
  }
  std::unique_ptr<AvroRead> read = NewRead(AvroAction::kUnion, wire, type);
  Status first_failure;
  bool can_some = false;
  for (const AvroNode* branch : wire.children) {
    ReadResult child = PlanValue(*branch, reader, type, true);
    if (child.ok()) {
      can_some |= branch->type != AvroType::kNull;
      read->children.push_back(std::move(child).value());
      continue;
    }
    if (first_failure.ok()) first_failure = child.status();
    read->children.push_back(NewRead(AvroAction::kRefuse, *branch, type));
    read->children.back()->bytes = child.status().message();
  }
  if (!can_some && !first_failure.ok()) return first_failure;
  return read;
}

ReadResult PlanValue(const AvroNode& wire, const AvroNode* reader, const LogicalType& type, bool in_union) {
  if (wire.type == AvroType::kUnion) return PlanUnion(wire, reader, type);
  const AvroNode* branch = reader == nullptr ? nullptr : BranchFor(*reader, wire);
  // A reader's null or not is the column's business.
  if (branch == nullptr && reader != nullptr && wire.type != AvroType::kNull) return NoBranchFor(*reader, wire);
  const bool reader_is_wide = reader != nullptr && reader->type == AvroType::kUnion && reader->children.size() > 2;
  return ValuePlanner(wire, branch, type, in_union || reader_is_wide).Plan();
}

}  // namespace

Result<AvroRecordPlan> PlanAvro(const AvroNode& writer, const AvroNode* reader, const Schema& columns) {
  std::vector<std::string> names;
  std::vector<LogicalType> types;
  for (const Column& column : columns) {
    names.push_back(column.name);
    types.push_back(*column.type);
  }
  return PlanFields(writer, reader, names, types);
}

}  // namespace laminar
