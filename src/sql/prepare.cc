// Rewritten for DuckDB's parser:
//   $name                        the variable's value as a string literal: comparisons and casts convert it as they
//   convert any literal BIGINT UNSIGNED              UBIGINT window, end (as names)       "window", "end" reserved
//   words as columns    quoted, at the head of a column definition
//   ... STORED                   dropped: a generated column is computed as it is read
// Taken out of CREATE TABLE and noted: WITH (...), WATERMARK FOR c [AS expr], METADATA FROM 'k'.
#include "sql/prepare.h"

#include <algorithm>
#include <array>
#include <set>

#include "duckdb/common/string_util.hpp"

namespace laminar::sql {
namespace {

class Preparer {
 public:
  Preparer(const std::string& script, const StatementTokens& statement,
           const std::map<std::string, std::string>& variables, Problems* problems)
      : script_(script),
        statement_(statement),
        tokens_(statement.tokens),
        variables_(variables),
        problems_(problems),
        edits_(tokens_.size()) {}

  PreparedStatement Run() {
    for (size_t i = 0; i < tokens_.size(); i++) EditAnywhere(i);
    PreparedStatement prepared;
    if (const auto name = TableName()) {
      prepared.table.emplace();
      table_ = &*prepared.table;
      ReadTable(*name);
    }
    prepared.sql = Apply(statement_.begin, statement_.end);
    return prepared;
  }

 private:
  bool Has(size_t i) const { return i < tokens_.size(); }
  bool Is(size_t i, std::string_view word) const { return Has(i) && tokens_[i].Is(word); }

  void Replace(size_t i, std::string text) { edits_[i] = Edit{tokens_[i].begin, tokens_[i].end, std::move(text)}; }
  // Takes out tokens [first, last].
  void Remove(size_t first, size_t last) {
    for (size_t i = first; i <= last; i++)
      edits_[i] = Edit{tokens_[i].begin, i < last ? tokens_[i + 1].begin : tokens_[i].end, ""};
  }
  EditedText Apply(size_t begin, size_t end) const {
    std::vector<Edit> edits;
    for (const auto& edit : edits_) {
      if (edit && edit->begin >= begin && edit->end <= end) edits.push_back(*edit);
    }
    return EditedText(script_, begin, end, edits);
  }

  std::optional<std::string> Variable(const Token& token) {
    const auto found = variables_.find(token.text);
    if (found != variables_.end()) return found->second;
    std::vector<std::string> names;
    for (const auto& [name, value] : variables_) names.push_back(name);
    std::string hint = DidYouMean(token.text, names);
    if (hint.empty()) hint = "give it on the command line: --set " + token.text + "=...";
    problems_->Add(token.begin, "variable $" + token.text + " has no value", hint);
    return std::nullopt;
  }

  void EditAnywhere(size_t i) {
    const Token& token = tokens_[i];
    if (token.kind == TokenKind::kVariable) {
      const auto value = Variable(token);
      Replace(i, value ? QuoteLiteral(*value) : "NULL");
    } else if (token.Is("unsigned") && i > 0) {
      static const std::set<std::string> kIntegers = {"tinyint", "smallint", "int", "integer", "bigint", "hugeint"};
      const Token& type = tokens_[i - 1];
      if (type.quoted || !kIntegers.contains(type.text)) return;
      Replace(i - 1, type.text == "int" ? "uinteger" : "u" + type.text);
      Remove(i, i);
    } else if (token.Is("window") && !IsWindowClause(i)) {
      Replace(i, "\"window\"");
    } else if (token.Is("end") && StandsForOperand(i)) {
      Replace(i, "\"end\"");
    }
  }

  // WINDOW w AS (
  bool IsWindowClause(size_t i) const {
    return Has(i + 1) && tokens_[i + 1].IsWord() && Is(i + 2, "as") && Is(i + 3, "(");
  }

  // `end` closes a CASE only after an operand. Where an operand is expected it is a name.
  bool StandsForOperand(size_t i) const {
    if (i == 0) return false;
    const Token& before = tokens_[i - 1];
    if (before.kind == TokenKind::kOperator) return before.text != ")" && before.text != "]" && before.text != ".";
    static const std::set<std::string> kExpectOperand = {
        "select", "distinct", "all",  "where", "by", "having",  "case", "when",  "then",    "else", "and",  "or",
        "not",    "in",       "like", "is",    "on", "between", "as",   "using", "exclude", "for",  "ilike"};
    return before.kind == TokenKind::kKeyword && kExpectOperand.contains(before.text);
  }

  // CREATE [OR REPLACE] [TEMP] TABLE [IF NOT EXISTS] name: the token of the name.
  std::optional<size_t> TableName() const {
    if (!Is(0, "create")) return std::nullopt;
    size_t i = 1;
    while (Is(i, "or") || Is(i, "replace") || Is(i, "temp") || Is(i, "temporary") || Is(i, "persistent")) i++;
    if (!Is(i, "table")) return std::nullopt;
    i++;
    if (Is(i, "if") && Is(i + 1, "not") && Is(i + 2, "exists")) i += 3;
    if (!Has(i) || !tokens_[i].IsWord()) return std::nullopt;
    return i;
  }

  void ReadTable(size_t name) {
    table_->name = {NameAsWritten(name), tokens_[name].begin};
    size_t i = name + 1;
    while (Is(i, ".") && Has(i + 1)) i += 2;
    if (Is(i, "(")) {
      i = ReadColumns(i);
    } else {
      table_->has_columns = !Is(i, "with");
    }
    if (Is(i, "with") && Is(i + 1, "(")) {
      const size_t close = ReadOptions(i + 1);
      if (Has(close)) Remove(i, close);
    }
  }

  // Reads the column list whose parenthesis is token `open`; returns the token after its end.
  size_t ReadColumns(size_t open) {
    size_t first = open + 1;
    while (Has(first)) {
      const size_t last = EndOfItem(first);  // the comma or parenthesis after the item
      ReadItem(open, first, last);
      if (!Is(last, ",")) return last + 1;
      first = last + 1;
    }
    return first;
  }

  // The first comma or closing parenthesis at the depth of token i.
  size_t EndOfItem(size_t i) const {
    for (int depth = 0; Has(i); i++) {
      if (Is(i, "(") || Is(i, "[") || Is(i, "{")) depth++;
      if (depth == 0 && (Is(i, ",") || Is(i, ")"))) break;
      if (Is(i, ")") || Is(i, "]") || Is(i, "}")) depth--;
    }
    return i;
  }

  // Whether an item of the list is no column, although its first word could be a column's name.
  bool IsConstraint(size_t first, size_t last) const {
    if (Is(first, "primary") || Is(first, "foreign")) return Is(first + 1, "key");
    if (Is(first, "unique") || Is(first, "check")) return Is(first + 1, "(");
    static const std::set<std::string> kKinds = {"primary", "unique", "check", "foreign"};
    return Is(first, "constraint") && first + 2 < last && kKinds.contains(tokens_[first + 2].text);
  }

  // WATERMARK ts AS ..., where FOR is missing: to SQL a column called watermark, whose type is called like a column.
  bool IsWatermarkWithoutFor(size_t first, size_t last) const {
    static const std::set<std::string> kTypes = {"date", "time", "timestamp"};
    if (!Is(first, "watermark") || !Is(first + 2, "as") || first + 3 >= last) return false;
    if (kTypes.contains(tokens_[first + 1].text) && Is(first + 3, "(")) return false;
    const std::string name = NameAsWritten(first + 1);
    const auto named = [&](const NamedOffset& column) { return duckdb::StringUtil::CIEquals(column.name, name); };
    return std::any_of(table_->columns.begin(), table_->columns.end(), named);
  }

  void ReadItem(size_t open, size_t first, size_t last) {
    if (first >= last) return;
    const bool without_for = IsWatermarkWithoutFor(first, last);
    if (without_for) {
      const std::string column = NameAsWritten(first + 1);
      problems_->Add(tokens_[first].begin, "expected FOR after WATERMARK", "write WATERMARK FOR " + column + " AS ...");
    }
    if (without_for || (Is(first, "watermark") && Is(first + 1, "for"))) {
      if (!without_for) ReadWatermark(first, last);
      // A comma goes with it: the one before, else the one after.
      if (first > open + 1) {
        Remove(first - 1, last - 1);
      } else {
        Remove(first, Is(last, ",") ? last : last - 1);
      }
      return;
    }
    const Token& head = tokens_[first];
    if (IsConstraint(first, last)) return;
    table_->columns.push_back({NameAsWritten(first), head.begin});
    if (!head.quoted && head.IsWord() && IsReserved(head.text)) Replace(first, QuoteName(NameAsWritten(first)));
    for (size_t i = first + 1; i < last; i++) {
      if (Is(i, "metadata") && Is(i + 1, "from") && i + 2 < last) {
        const Token& name = tokens_[i + 2];
        if (name.kind != TokenKind::kString)
          problems_->Add(name.begin, "METADATA FROM takes a name in quotes", "write METADATA FROM 'partition_key'");
        table_->metadata[table_->columns.size() - 1] = {name.text, name.begin};
        Remove(i, i + 2);
      } else if (Is(i, "metadata") && i > first + 1 && i + 1 == last) {
        problems_->Add(tokens_[i].begin, "METADATA does not say which", "write METADATA FROM 'partition_key'");
        Remove(i, i);
      } else if (Is(i, "stored") && Is(i - 1, ")")) {
        Remove(i, i);
      }
    }
  }

  void ReadWatermark(size_t first, size_t last) {
    WatermarkClause clause;
    clause.offset = tokens_[first].begin;
    if (first + 2 >= last || !tokens_[first + 2].IsWord()) {
      problems_->Add(clause.offset, "WATERMARK FOR names no column",
                     "write WATERMARK FOR column AS column - INTERVAL '5' SECOND");
      return;
    }
    clause.column = {NameAsWritten(first + 2), tokens_[first + 2].begin};
    if (Is(first + 3, "as") && first + 4 < last) {
      clause.expression = Apply(tokens_[first + 4].begin, tokens_[last - 1].end);
    } else if (first + 3 < last) {
      problems_->Add(tokens_[first + 3].begin,
                     "expected AS and an expression after WATERMARK FOR " + clause.column.name);
    }
    if (table_->watermark) problems_->Add(clause.offset, "a table has one WATERMARK only");
    table_->watermark = std::move(clause);
  }

  // Reads the options whose parenthesis is token `open`; returns the closing one.
  size_t ReadOptions(size_t open) {
    table_->has_options = true;
    size_t first = open + 1;
    while (Has(first) && !Is(first, ")")) {
      const size_t last = EndOfItem(first);
      ReadOption(first, last);
      if (!Is(last, ",")) return last;
      first = last + 1;
    }
    return first;
  }

  void ReadOption(size_t first, size_t last) {
    WrittenOption option;
    option.position = problems_->At(tokens_[std::min(first, tokens_.size() - 1)].begin);
    size_t i = first;
    // 'a.b', "a.b", a.b
    while (i < last && !Is(i, "=")) {
      const Token& part = tokens_[i];
      if (!part.IsWord() && part.kind != TokenKind::kString && !part.Is(".")) break;
      option.name += part.IsWord() && !part.quoted ? std::string(Written(part)) : part.text;
      i++;
    }
    if (option.name.empty() || !Is(i, "=")) {
      problems_->Add(tokens_[std::min(i, tokens_.size() - 1)].begin, "expected an option as name = 'value'");
      return;
    }
    i++;
    if (i >= last) {
      // Where the tokens end, the parser says why: a quote is not closed.
      if (Has(i)) problems_->Add(tokens_[i - 1].begin, "option '" + option.name + "' has no value");
      return;
    }
    const size_t value = i;
    if (Is(i, "-") || Is(i, "+")) option.value = tokens_[i++].text;
    size_t next = i + 1;  // an option that follows without a comma
    while (next < last && !Is(next, "=")) next++;
    if (next < last) {
      problems_->Add(tokens_[i + 1].begin, "a comma is missing before " + std::string(Written(tokens_[i + 1])),
                     "separate the options by commas");
    } else if (i + 1 != last) {
      problems_->Add(tokens_[value].begin, "the value of option '" + option.name + "' must be a literal",
                     "write " + option.name + " = 'value'");
      return;
    }
    const Token& token = tokens_[i];
    if (token.kind == TokenKind::kVariable) {
      const auto variable = variables_.find(token.text);  // an undefined one has been reported already
      if (variable == variables_.end()) return;
      option.value += variable->second;
    } else {
      option.value += token.IsWord() && !token.quoted ? std::string(Written(token)) : token.text;
    }
    table_->options.push_back(std::move(option));
    table_->value_offsets.push_back(tokens_[value].begin);
    if (next < last) ReadOption(i + 1, last);
  }

  std::string_view Written(const Token& token) const {
    return std::string_view(script_).substr(token.begin, token.end - token.begin);
  }
  std::string NameAsWritten(size_t i) const {
    return tokens_[i].quoted || !tokens_[i].IsWord() ? tokens_[i].text : std::string(Written(tokens_[i]));
  }

  const std::string& script_;
  const StatementTokens& statement_;
  const std::span<const Token> tokens_;
  const std::map<std::string, std::string>& variables_;
  Problems* const problems_;
  std::vector<std::optional<Edit>> edits_;  // one a token
  TableClauses* table_ = nullptr;
};

}  // namespace

PreparedStatement Prepare(const std::string& script, const StatementTokens& statement,
                          const std::map<std::string, std::string>& variables, Problems* problems) {
  return Preparer(script, statement, variables, problems).Run();
}

}  // namespace laminar::sql
