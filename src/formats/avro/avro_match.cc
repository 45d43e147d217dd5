#include "formats/avro/avro_match.h"

#include <algorithm>
#include <string_view>

namespace laminar {

namespace {

// Whether the reader's type takes the writer's, as far as their kinds go: what they contain is looked at later.
bool Takes(const AvroNode& reader, const AvroNode& writer) {
  if (reader.type == writer.type) return reader.type != AvroType::kFixed || reader.size == writer.size;
  if (IsNumber(reader.type) && IsNumber(writer.type)) return writer.type < reader.type;
  return IsBytes(reader.type) && IsBytes(writer.type);
}

std::string_view Unqualified(std::string_view name) {
  return name.substr(name.rfind('.') + 1);
}

bool NamesMatch(const AvroNode& reader, const AvroNode& writer) {
  if (Unqualified(reader.name) == Unqualified(writer.name)) return true;
  return std::any_of(reader.aliases.begin(), reader.aliases.end(),
                     [&](const std::string& alias) { return Unqualified(alias) == Unqualified(writer.name); });
}

const AvroField* FindByName(const AvroNode& record, const std::string& name) {
  const auto found = std::find_if(record.fields.begin(), record.fields.end(),
                                  [&](const AvroField& field) { return field.name == name; });
  return found == record.fields.end() ? nullptr : &*found;
}

std::string NamesOf(const AvroNode& record) {
  std::string names;
  for (const AvroField& field : record.fields) names += (names.empty() ? "" : ", ") + field.name;
  return names.empty() ? "it has none" : names;
}

}  // namespace

const AvroNode* BranchFor(const AvroNode& reader, const AvroNode& writer) {
  if (reader.type != AvroType::kUnion) return Takes(reader, writer) ? &reader : nullptr;
  const AvroNode* best = nullptr;
  int best_rank = 0;
  for (const AvroNode* branch : reader.children) {
    if (!Takes(*branch, writer)) continue;
    const bool same = branch->type == writer.type;
    const int rank = same && NamesMatch(*branch, writer) ? 3 : same ? 2 : 1;
    if (rank > best_rank) best = branch;
    best_rank = std::max(best_rank, rank);
  }
  return best;
}

Status NoBranchFor(const AvroNode& reader, const AvroNode& writer) {
  return Status::User(
      "the writer's " + DescribeAvroType(writer) + " cannot be read as the reader's " + DescribeAvroType(reader),
      "Give the reader's schema a type that takes it");
}

std::vector<std::string> SymbolsAsRead(const AvroNode& wire, const AvroNode& reader) {
  std::vector<std::string> symbols = wire.symbols;
  for (std::string& symbol : symbols) {
    const auto& known = reader.symbols;
    if (std::find(known.begin(), known.end(), symbol) == known.end())
      symbol = reader.enum_default ? known[*reader.enum_default] : "";
  }
  return symbols;
}

Status FieldSources::Find(const std::string& name, const AvroField** from, const AvroField** as) {
  *from = *as = nullptr;
  if (reader_ != nullptr) {
    *as = FindByName(*reader_, name);
    if (*as == nullptr)
      return Status::User("the Avro schema has no field " + name,
                          "Name the column as one of its fields: " + NamesOf(*reader_));
  }
  *from = Take(name);
  if (*as == nullptr || *from != nullptr) return Status::Ok();
  for (const std::string& alias : (*as)->aliases) {
    *from = Take(alias);
    if (*from != nullptr) return Status::Ok();
  }
  if (!(*as)->default_json)
    return Status::User("the writer's schema has no field " + name + ", and the reader's gives it no default",
                        "Give the field a default, or an alias that is its name at the writer");
  return Status::Ok();
}

const AvroField* FieldSources::Take(const std::string& name) {
  const AvroField* field = FindByName(wire_, name);
  if (field == nullptr) return nullptr;
  const auto i = static_cast<size_t>(field - wire_.fields.data());
  if (taken_[i]) return nullptr;
  taken_[i] = true;
  return field;
}

}  // namespace laminar
