// How datums of one writer's type become JSON text as a reader's schema says: schema resolution done once, for what a
// TEXT or JSON column holds.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "formats/avro/avro_schema.h"

namespace laminar {

struct AvroJsonNode;

// One field of a writer's record: an entry of the object or stepped over.
struct AvroJsonField {
  const AvroNode* skip = nullptr;  // to be stepped over; else
  const AvroJsonNode* value = nullptr;
  std::string key;  // JSON text: "name":
};

struct AvroJsonNode {
  const AvroNode* wire = nullptr;     // what is to be read
  const AvroNode* logical = nullptr;  // whose logical type counts: the writer's where it names one, else the reader's
  bool is_text = false;               // bytes, string: what is shown is text
  std::vector<AvroJsonField> fields;  // record: in the order of the wire
  std::string defaults;               // record: JSON text of the fields that the writer does not have, with commas
  std::vector<std::string> symbols;   // enum: by number; "" = none of the reader's
  // array, map: their elements; union: by branch, nullptr = the reader has no type for it.
  std::vector<const AvroJsonNode*> children;
  std::vector<std::string> refusals;  // union: by branch, the reason
};

// Immutable. Borrows the schemas.
class AvroJsonPlan {
 public:
  const AvroJsonNode& root() const { return *root_; }

 private:
  friend class AvroJsonPlanner;
  std::deque<AvroJsonNode> nodes_;  // a type may hold itself
  const AvroJsonNode* root_ = nullptr;
};

// reader: nullptr = the writer's own. Error (kUser): a field of the reader's is not there and has no default, or a type
// cannot be read as the reader's; within a union such a branch is refused when it comes.
Result<std::shared_ptr<const AvroJsonPlan>> PlanAvroJson(const AvroNode& writer, const AvroNode* reader);

}  // namespace laminar
