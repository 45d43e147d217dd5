#include "formats/avro/avro_from_json.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "duckdb/common/types/vector.hpp"

#include "formats/avro/avro_columns.h"
#include "formats/avro/avro_match.h"
#include "formats/avro/avro_put.h"
#include "formats/format.h"
#include "formats/json/json_value_reader.h"

namespace laminar {

using duckdb::LogicalTypeId;
using duckdb::Vector;

struct AvroFromJson::Branch {
  int number = -1;  // in front of the datum; -1: it is of no union
  const AvroNode* node = nullptr;
  TypeRef type;  // of the column that the node would be
  std::unique_ptr<JsonValueReader> reader;
  std::unique_ptr<AvroValueWriter> writer;
  std::unique_ptr<Vector> values;  // nullptr: no row since Prepare
};

namespace {

// Whether a JSON value that begins so may be one of the type.
bool MayBe(char first, const AvroNode& node) {
  const bool is_text = node.logical != AvroLogical::kNone && node.logical != AvroLogical::kDecimal;
  switch (first) {
    case '{':
      return node.type == AvroType::kRecord || node.type == AvroType::kMap;
    case '[':
      return node.type == AvroType::kArray;
    case 't':
    case 'f':
      return node.type == AvroType::kBoolean;
    case '"':
      return node.type == AvroType::kString || node.type == AvroType::kEnum ||
             ((node.type == AvroType::kBytes || node.type == AvroType::kFixed) &&
              node.logical != AvroLogical::kDecimal) ||
             (IsWhole(node.type) && is_text);
    default:
      return (IsNumber(node.type) && !is_text) || node.logical == AvroLogical::kDecimal;
  }
}

bool IsWrittenWhole(std::string_view number) {
  return number.find_first_of(".eE") == std::string_view::npos;
}

}  // namespace

AvroFromJson::AvroFromJson() = default;
AvroFromJson::~AvroFromJson() = default;

Result<std::unique_ptr<AvroFromJson>> AvroFromJson::Make(const AvroNode& node) {
  std::unique_ptr<AvroFromJson> made(new AvroFromJson());
  if (node.type != AvroType::kUnion) {
    RETURN_IF_ERROR(made->AddBranch(node, -1));
    return made;
  }
  Status failure;
  for (size_t i = 0; i < node.children.size(); i++) {
    const AvroNode& branch = *node.children[i];
    if (branch.type == AvroType::kNull) continue;
    if (branch.type == AvroType::kString && branch.logical == AvroLogical::kNone)
      made->text_branch_ = static_cast<int>(i);
    const Status added = made->AddBranch(branch, static_cast<int>(i));
    if (failure.ok()) failure = added;
  }
  if (made->branches_.empty()) return failure;
  // Of two that take a number the one of whole numbers comes first: what is no whole number it does not take.
  std::stable_partition(made->branches_.begin(), made->branches_.end(),
                        [](const Branch& branch) { return IsWhole(branch.node->type); });
  return made;
}

Status AvroFromJson::AddBranch(const AvroNode& node, int number) {
  Branch branch;
  branch.number = number;
  branch.node = &node;
  branch.type = node.type == AvroType::kEnum ? MakeType("VARCHAR") : ColumnTypeOf(node);
  if (branch.type->IsJSONType())
    return Status::User("JSON cannot be written as the Avro type " + DescribeAvroType(node), "Change the schema");
  JsonOptions options;
  options.unknown_fields_are_bad = true;  // of two records the one that has the fields
  branch.reader = std::make_unique<JsonValueReader>(*branch.type, options);
  ASSIGN_OR_RETURN(branch.writer, AvroValueWriter::Make(node, *branch.type));
  branches_.push_back(std::move(branch));
  return Status::Ok();
}

void AvroFromJson::Prepare(const Vector& json, uint64_t count) {
  for (Branch& branch : branches_) branch.values.reset();
  chosen_.assign(count, kNull);
  texts_.assign(count, {});
  const auto* const values = duckdb::FlatVector::GetData<duckdb::string_t>(json);
  size_t bytes = 0;
  for (uint64_t row = 0; row < count; row++)
    bytes += duckdb::FlatVector::IsNull(json, row) ? 0 : values[row].GetSize() + 2;
  // A copy, within brackets: readers of JSON read ahead, and want a token behind the value.
  json_.clear();
  json_.reserve(bytes + kRecordPadding);
  for (uint64_t row = 0; row < count; row++) {
    if (duckdb::FlatVector::IsNull(json, row)) continue;
    json_.push_back('[');
    texts_[row] = {json_.data() + json_.size(), values[row].GetSize()};
    json_.append(values[row].GetData(), values[row].GetSize()).push_back(']');
  }
  for (uint64_t row = 0; row < count; row++) {
    if (texts_[row].data() != nullptr) chosen_[row] = Choose(texts_[row], row);
  }
  for (Branch& branch : branches_) {
    if (branch.values != nullptr) branch.writer->Prepare(*branch.values, count);
  }
}

int AvroFromJson::Choose(std::string_view json, uint64_t row) {
  const size_t begin = json.find_first_not_of(" \t\r\n");
  if (begin == json.npos) return kNone;
  if (json[begin] == 'n') return kNull;
  JsonCursor cursor;
  if (structure_.Index(json.data() - 1, json.size() + 2, &cursor) != nullptr || cursor.left() < 3) return kNone;
  cursor.next++;
  const bool is_number = MayBe(json[begin], AvroNode{.type = AvroType::kLong});
  for (size_t i = 0; i < branches_.size(); i++) {
    Branch& branch = branches_[i];
    if (!MayBe(json[begin], *branch.node)) continue;
    if (is_number && IsWhole(branch.node->type) && branches_.size() > 1 && !IsWrittenWhole(json)) continue;
    if (branch.node->type == AvroType::kEnum && branches_.size() > 1) {
      const std::string_view symbol = json.substr(begin + 1, json.find('"', begin + 1) - begin - 1);
      const auto& symbols = branch.node->symbols;
      if (std::find(symbols.begin(), symbols.end(), symbol) == symbols.end()) continue;
    }
    if (Read(&branch, cursor, row)) return static_cast<int>(i);
  }
  return text_branch_ >= 0 ? kText : kNone;
}

bool AvroFromJson::Read(Branch* branch, const JsonCursor& value, uint64_t row) {
  if (branch->values == nullptr) {
    branch->values = std::make_unique<Vector>(*branch->type, std::max<uint64_t>(chosen_.size(), STANDARD_VECTOR_SIZE));
    for (uint64_t i = 0; i < chosen_.size(); i++) branch->reader->SetNull(*branch->values, i);
  }
  JsonCursor cursor = value;
  JsonProblem problem;
  auto* const data = duckdb::FlatVector::GetData(*branch->values);
  if (branch->reader->Read(&cursor, *branch->values, data, row, &problem) == JsonRead::kValue && cursor.left() == 1)
    return true;
  branch->reader->SetNull(*branch->values, row);
  return false;
}

const char* AvroFromJson::Write(uint64_t row, JsonBuffer* out) {
  const int chosen = chosen_[row];
  if (chosen == kText) {
    PutAvroLong(text_branch_, out);
    PutAvroLong(static_cast<int64_t>(texts_[row].size()), out);
    out->Append(texts_[row]);
    return nullptr;
  }
  if (chosen < 0)
    return branches_.size() == 1 ? "it is no value of the Avro type" : "no branch of the Avro union takes it";
  Branch& branch = branches_[static_cast<size_t>(chosen)];
  if (branch.number >= 0) PutAvroLong(branch.number, out);
  return branch.writer->Write(row, out);
}

}  // namespace laminar
