#include "formats/avro/avro_json_plan.h"

#include <map>
#include <utility>

#include "formats/avro/avro_default.h"
#include "formats/avro/avro_json.h"
#include "formats/avro/avro_match.h"
#include "formats/format.h"
#include "formats/json/json_string.h"

namespace laminar {

namespace {

std::string KeyOf(const std::string& name) {
  std::string key(MaxJsonStringSize(name.size()), '\0');
  key.resize(static_cast<size_t>(WriteJsonString(name, key.data()) - key.data()));
  return key + ":";
}

}  // namespace

class AvroJsonPlanner {
 public:
  Result<std::shared_ptr<const AvroJsonPlan>> Plan(const AvroNode& writer, const AvroNode* reader) {
    ASSIGN_OR_RETURN(plan_->root_, NodeFor(writer, reader));
    return std::shared_ptr<const AvroJsonPlan>(plan_);
  }

 private:
  using Pair = std::pair<const AvroNode*, const AvroNode*>;

  Result<const AvroJsonNode*> NodeFor(const AvroNode& wire, const AvroNode* reader) {
    if (wire.type != AvroType::kUnion && reader != nullptr) {
      const AvroNode* const branch = BranchFor(*reader, wire);
      if (branch == nullptr && wire.type != AvroType::kNull) return NoBranchFor(*reader, wire);
      reader = branch;
    }
    const Pair pair = {&wire, reader};
    if (const auto known = known_.find(pair); known != known_.end()) return known->second;
    plan_->nodes_.push_back({.wire = &wire, .logical = &wire});
    AvroJsonNode* const node = &plan_->nodes_.back();
    known_[pair] = node;  // before what is in it, which may be the same
    order_.push_back(pair);
    const size_t mark = order_.size() - 1;
    const Status filled = Fill(wire, reader, node);
    if (filled.ok()) return node;
    // What was planned meanwhile may hold this one: nobody may find it.
    for (; order_.size() > mark; order_.pop_back()) known_.erase(order_.back());
    return filled;
  }

  Status Fill(const AvroNode& wire, const AvroNode* reader, AvroJsonNode* node) {
    const AvroNode& meaning = reader != nullptr ? *reader : wire;
    if (wire.logical == AvroLogical::kNone && wire.type != AvroType::kUnion) node->logical = &meaning;
    node->is_text = meaning.type == AvroType::kString;
    switch (wire.type) {
      case AvroType::kEnum:
        node->symbols = SymbolsAsRead(wire, meaning);
        return Status::Ok();
      case AvroType::kArray:
      case AvroType::kMap: {
        ASSIGN_OR_RETURN(const AvroJsonNode* element,
                         NodeFor(*wire.children[0], reader ? reader->children[0] : nullptr));
        node->children.push_back(element);
        return Status::Ok();
      }
      case AvroType::kRecord:
        return FillRecord(wire, reader, node);
      case AvroType::kUnion:
        for (const AvroNode* branch : wire.children) {
          const auto child = NodeFor(*branch, reader);
          node->children.push_back(child.ok() ? *child : nullptr);
          node->refusals.push_back(child.status().message());
        }
        return Status::Ok();
      default:
        return Status::Ok();
    }
  }

  Status FillRecord(const AvroNode& wire, const AvroNode* reader, AvroJsonNode* node) {
    for (const AvroField& field : wire.fields) node->fields.push_back({.skip = field.type});
    FieldSources sources(wire, reader);
    for (const AvroField& field : reader != nullptr ? reader->fields : wire.fields) {
      const AvroField *from, *as;
      RETURN_IF_ERROR(sources.Find(field.name, &from, &as));
      if (from == nullptr) {
        RETURN_IF_ERROR(AddDefault(*as, node));
        continue;
      }
      const auto value = NodeFor(*from->type, as == nullptr ? nullptr : as->type);
      if (!value.ok()) return Status(value.status()).WithContext("field " + field.name);
      node->fields[static_cast<size_t>(from - wire.fields.data())] = {nullptr, *value, KeyOf(field.name)};
    }
    return Status::Ok();
  }

  Status AddDefault(const AvroField& field, AvroJsonNode* node) {
    std::string bytes;
    if (Status status = EncodeAvroDefault(*field.type, *field.default_json, &bytes); !status.ok())
      return std::move(status).WithContext("field " + field.name);
    const size_t size = bytes.size();
    bytes.resize(size + kRecordPadding);
    ASSIGN_OR_RETURN(const AvroJsonNode* value, NodeFor(*field.type, field.type));
    const auto* const begin = reinterpret_cast<const uint8_t*>(bytes.data());
    AvroCursor cursor = {begin, begin + size};
    JsonBuffer json;
    if (const char* wrong = WriteAvroJson(*value, /*quoted=*/true, &cursor, &json))
      return Status::User("the default of the field " + field.name + ": " + wrong);
    node->defaults += (node->defaults.empty() ? "" : ",") + KeyOf(field.name);
    node->defaults += json.text();
    return Status::Ok();
  }

  const std::shared_ptr<AvroJsonPlan> plan_ = std::make_shared<AvroJsonPlan>();
  std::map<Pair, const AvroJsonNode*> known_;
  std::vector<Pair> order_;  // of known_
};

Result<std::shared_ptr<const AvroJsonPlan>> PlanAvroJson(const AvroNode& writer, const AvroNode* reader) {
  return AvroJsonPlanner().Plan(writer, reader);
}

}  // namespace laminar
