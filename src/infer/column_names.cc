#include "infer/column_names.h"

#include <map>
#include <utility>
#include <vector>

#include "duck/pch.h"

namespace laminar::infer {

namespace {

constexpr size_t kNamesInRemark = 5;

class Names {
 public:
  // "" or why it can be no name beside those before it.
  std::string Add(const std::string& name) {
    if (name.empty()) return "a name is empty";
    if (name.find('\0') != name.npos) return "a name holds a zero byte";
    if (!duckdb::Value::StringIsValid(name.data(), name.size())) return "a name is not UTF-8";
    const auto [known, is_new] = known_.emplace(duckdb::StringUtil::Lower(name), name);
    if (is_new) return "";
    if (known->second == name) return "\"" + name + "\" is there twice";
    return "\"" + name + "\" differs from \"" + known->second + "\" in case only";
  }

 private:
  std::map<std::string, std::string> known_;  // by lower case
};

// The type with JSON instead of each structure that has a field without a name of its own. problem: of the last one.
duckdb::LogicalType Writable(const duckdb::LogicalType& type, std::string* problem) {
  switch (type.id()) {
    case duckdb::LogicalTypeId::STRUCT: {
      Names names;
      duckdb::child_list_t<duckdb::LogicalType> fields;
      for (const auto& [name, field] : duckdb::StructType::GetChildTypes(type)) {
        if (const std::string found = names.Add(name); !found.empty()) {
          *problem = found;
          return duckdb::LogicalType::JSON();
        }
        fields.emplace_back(name, Writable(field, problem));
      }
      return duckdb::LogicalType::STRUCT(std::move(fields));
    }
    case duckdb::LogicalTypeId::LIST:
      return duckdb::LogicalType::LIST(Writable(duckdb::ListType::GetChildType(type), problem));
    case duckdb::LogicalTypeId::ARRAY:
      return duckdb::LogicalType::ARRAY(Writable(duckdb::ArrayType::GetChildType(type), problem),
                                        duckdb::ArrayType::GetSize(type));
    case duckdb::LogicalTypeId::MAP:
      return duckdb::LogicalType::MAP(Writable(duckdb::MapType::KeyType(type), problem),
                                      Writable(duckdb::MapType::ValueType(type), problem));
    default:
      return type;
  }
}

std::string LeftOut(const std::vector<std::string>& problems) {
  std::string remark = std::to_string(problems.size()) + (problems.size() == 1 ? " field is" : " fields are") +
                       " left out, as no column can have the name: ";
  for (size_t i = 0; i < problems.size() && i < kNamesInRemark; i++) remark += (i > 0 ? "; " : "") + problems[i];
  return remark + (problems.size() > kNamesInRemark ? "; ..." : "");
}

}  // namespace

void AddNote(const std::string& more, std::string* note) {
  *note += (note->empty() || more.empty() ? "" : "; ") + more;
}

void KeepWritableNames(const std::string& format, ColumnGuess* guess) {
  Names names;
  std::vector<std::string> problems;
  ColumnGuess kept;
  for (size_t i = 0; i < guess->columns.size(); i++) {
    Column column = std::move(guess->columns[i]);
    std::string note = std::move(guess->notes[i]);
    if (const std::string problem = names.Add(column.name); !problem.empty()) {
      problems.push_back(problem);
      continue;
    }
    std::string within;
    const duckdb::LogicalType type = Writable(*column.type, &within);
    if (!within.empty()) {
      // Only JSON reads a part of a value as JSON.
      column.type = format == "json" ? MakeType(type) : MakeType("JSON");
      AddNote("JSON, as SQL cannot write its fields: " + within, &note);
    }
    kept.columns.push_back(std::move(column));
    kept.notes.push_back(std::move(note));
  }
  guess->columns = std::move(kept.columns);
  guess->notes = std::move(kept.notes);
  if (!problems.empty()) guess->remarks.push_back(LeftOut(problems));
}

}  // namespace laminar::infer
