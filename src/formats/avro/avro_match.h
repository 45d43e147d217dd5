// Which of the reader's types and fields a writer's are for (specification 1.12, "Schema Resolution").
#pragma once

#include <string>
#include <vector>

#include "formats/avro/avro_schema.h"

namespace laminar {

inline bool IsNumber(AvroType type) {
  return type == AvroType::kInt || type == AvroType::kLong || type == AvroType::kFloat || type == AvroType::kDouble;
}
inline bool IsWhole(AvroType type) {
  return type == AvroType::kInt || type == AvroType::kLong;
}
inline bool IsBytes(AvroType type) {
  return type == AvroType::kBytes || type == AvroType::kString;
}

// The reader's branch for a writer's type, which is no union: the same type of the same name, the same type, one that
// takes it. A reader that is no union is its own only branch. nullptr: none.
const AvroNode* BranchFor(const AvroNode& reader, const AvroNode& writer);
// That there is none (kUser).
Status NoBranchFor(const AvroNode& reader, const AvroNode& writer);

// By its number: the symbol of the reader's that the writer's is, or becomes by the reader's default; "" = none.
std::vector<std::string> SymbolsAsRead(const AvroNode& wire, const AvroNode& reader);

// For the fields of a record, one after the other: a field of the writer's goes to one of the reader's.
class FieldSources {
 public:
  // Borrowed. reader: nullptr = none.
  FieldSources(const AvroNode& wire, const AvroNode* reader)
      : wire_(wire), reader_(reader), taken_(wire.fields.size()) {}

  // Where what is named `name` comes from: `from` is the writer's field, or nullptr and `as` the reader's, with a
  // default. Error (kUser): the reader has no such field, or the writer has none and there is no default.
  Status Find(const std::string& name, const AvroField** from, const AvroField** as);

 private:
  const AvroField* Take(const std::string& name);

  const AvroNode& wire_;
  const AvroNode* const reader_;
  std::vector<bool> taken_;
};

}  // namespace laminar
