#include "sql/statements.h"

#include <algorithm>
#include <optional>
#include <set>

#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "duckdb/parser/statement/create_statement.hpp"
#include "duckdb/parser/statement/insert_statement.hpp"
#include "duckdb/parser/tableref/basetableref.hpp"

#include "base/units.h"
#include "sql/column_names.h"
#include "sql/condition.h"
#include "sql/definitions.h"
#include "sql/event_time.h"
#include "sql/parse.h"
#include "sql/prepare.h"
#include "sql/query_check.h"
#include "sql/resolve.h"
#include "sql/tokens.h"
#include "sql/window_rewrite.h"

namespace laminar::sql {
namespace {

class StatementReader {
 public:
  StatementReader(const ScriptInput& input, const std::string& text, duckdb::ClientContext& context,
                  const Registry& registry, Script* script, Problems* problems)
      : input_(input), text_(text), context_(context), registry_(registry), script_(script), problems_(problems) {}

  void Read() {
    const std::vector<Token> tokens = Tokenize(text_);
    const std::vector<StatementTokens> statements = SplitStatements(text_, tokens);
    for (const StatementTokens& statement : statements) NoteTarget(statement.tokens);
    for (const StatementTokens& statement : statements) ReadStatement(statement);
    // A query may use what is defined after it.
    for (auto& [key, table] : script_->catalogue.tables()) CheckGenerated(*table);
    BindEventTimes(context_, &script_->catalogue, problems_);
    ResolveViews();
    for (PendingQuery& pending : pending_) ResolveQuery(pending);
  }

 private:
  struct PendingQuery {
    Query query;
    std::optional<NamedOffset> target;
    bool checked = true;  // nothing is wrong with it so far
  };

  // INSERT [OR ...] INTO [schema.]name, which tells a table that has no `type` what it is.
  void NoteTarget(std::span<const Token> tokens) {
    size_t i = 0;
    while (i < tokens.size() && !tokens[i].Is("insert")) i++;
    while (i < tokens.size() && !tokens[i].Is("into")) i++;
    if (++i >= tokens.size()) return;
    while (i + 2 < tokens.size() && tokens[i + 1].Is(".")) i += 2;
    targets_.insert(duckdb::StringUtil::Lower(tokens[i].text));
  }
  bool IsTarget(const PreparedStatement& prepared) const {
    return targets_.contains(duckdb::StringUtil::Lower(prepared.table->name.name));
  }

  void ReadStatement(const StatementTokens& statement) {
    if (!statement.tokens.empty() && statement.tokens[0].Is("set")) return ReadSet(statement);
    const size_t before = problems_->size();
    const PreparedStatement prepared = Prepare(text_, statement, input_.variables, problems_);
    if (prepared.table && !prepared.table->has_columns) {
      CheckTail(prepared, statement);
      DefineTable(context_, prepared, nullptr, IsTarget(prepared), registry_, &script_->catalogue, problems_);
      return;
    }
    // DuckDB's parser would complain of two columns of one name, too, but without saying where.
    const bool twice = prepared.table && ReportColumnsTwice(*prepared.table);
    auto parsed = twice ? nullptr : ParseStatement(context_, prepared.sql, problems_, [&](const std::string& name) {
      const auto& tables = script_->catalogue.tables();
      return std::any_of(tables.begin(), tables.end(),
                         [&](const auto& table) { return table.second->FindColumn(name) != nullptr; });
    });
    if (!parsed) {
      // Uses of a table whose definition cannot be read are no problems of their own.
      if (prepared.table) AddBroken(*prepared.table);
      return;
    }
    const size_t offset = statement.begin;
    switch (parsed->type) {
      case duckdb::StatementType::CREATE_STATEMENT:
        return ReadCreate(parsed->Cast<duckdb::CreateStatement>(), prepared, statement);
      case duckdb::StatementType::INSERT_STATEMENT:
        return ReadInsert(parsed->Cast<duckdb::InsertStatement>(), prepared.sql, statement, problems_->size() > before);
      case duckdb::StatementType::SELECT_STATEMENT: {
        Query query;
        query.offset = offset;
        query.select = duckdb::unique_ptr_cast<duckdb::SQLStatement, duckdb::SelectStatement>(std::move(parsed));
        return AddQuery(std::move(query), std::nullopt, prepared.sql, statement, problems_->size() > before);
      }
      default:
        Refuse(*parsed, statement);
    }
  }

  // CREATE TABLE x WITH (...) must end there: nothing of it goes to DuckDB's parser.
  void CheckTail(const PreparedStatement& prepared, const StatementTokens& statement) {
    const std::span<const Token> tokens = statement.tokens;
    size_t depth = 0;
    for (size_t i = 0; i < tokens.size(); i++) {
      if (tokens[i].Is("(")) depth++;
      if (!tokens[i].Is(")") || depth == 0 || --depth > 0) continue;
      if (i + 1 == tokens.size()) return;
      if (tokens[i + 1].Is("as")) {
        problems_->Add(tokens[i + 1].begin, "CREATE TABLE ... AS is not supported",
                       "use INSERT INTO " + prepared.table->name.name + " SELECT ...");
      } else {
        problems_->Add(tokens[i + 1].begin, "syntax error: nothing may follow WITH (...)",
                       "end the statement with a semicolon");
      }
      return;
    }
    problems_->Add(tokens.back().end, "syntax error: WITH (...) has no closing parenthesis");
  }

  bool ReportColumnsTwice(const TableClauses& clauses) {
    std::set<std::string> names;
    bool twice = false;
    for (const NamedOffset& column : clauses.columns) {
      if (names.insert(duckdb::StringUtil::Lower(column.name)).second) continue;
      problems_->Add(column.offset, "table " + clauses.name.name + " has two columns named " + column.name,
                     "rename one");
      twice = true;
    }
    return twice;
  }

  void AddBroken(const TableClauses& clauses) {
    Table table;
    table.name = clauses.name.name;
    table.offset = clauses.name.offset;
    table.broken = true;
    script_->catalogue.Add(std::move(table));
  }

  // SET name = '...': the lexer's tokens suffice.
  void ReadSet(const StatementTokens& statement) {
    std::string name;
    size_t i = 1;
    const auto tokens = statement.tokens;
    while (i < tokens.size() && !tokens[i].Is("=") && !tokens[i].Is("to")) name += tokens[i++].text;
    if (name != "pipeline.name" && name != "state.ttl") {
      problems_->Add(statement.begin, "SET " + name + " is not available in a script",
                     "there are SET pipeline.name = '...' and SET state.ttl = '...'");
      return;
    }
    if (i + 2 != tokens.size() || (tokens[i + 1].kind != TokenKind::kString && !tokens[i + 1].IsWord())) {
      problems_->Add(statement.begin, "SET " + name + " takes one text",
                     name == "state.ttl" ? "SET state.ttl = '7 days'" : "SET pipeline.name = 'orders'");
      return;
    }
    if (name == "pipeline.name") {
      script_->pipeline_name = tokens[i + 1].text;
      return;
    }
    const Result<int64_t> millis = ParseMillis(tokens[i + 1].text);
    if (!millis.ok() || *millis <= 0) {
      problems_->Add(tokens[i + 1].begin, "state.ttl is a length of time above zero, not '" + tokens[i + 1].text + "'",
                     "SET state.ttl = '7 days'");
      return;
    }
    script_->state_ttl_micros = *millis * kMicrosPerMilli;
  }

  void ReadCreate(duckdb::CreateStatement& statement, const PreparedStatement& prepared,
                  const StatementTokens& tokens) {
    const size_t offset = tokens.begin;
    if (statement.info->type == duckdb::CatalogType::TABLE_ENTRY && prepared.table) {
      DefineTable(context_, prepared, &statement, IsTarget(prepared), registry_, &script_->catalogue, problems_);
    } else if (statement.info->type == duckdb::CatalogType::VIEW_ENTRY) {
      auto& info = statement.info->Cast<duckdb::CreateViewInfo>();
      AdaptNode(*info.query->node, prepared.sql);
      const std::string name = info.view_name;
      const size_t before = problems_->size();
      RewriteWindows(context_, *info.query->node, tokens.tokens, problems_);
      CheckQuery(context_, *info.query->node, tokens.tokens, problems_);
      NameColumns(text_, tokens.tokens, *info.query->node);
      MarkConditions(*info.query->node);
      const bool good = problems_->size() == before;
      DefineView(statement, offset, &script_->catalogue, problems_);
      Table* view = script_->catalogue.Find(name);
      if (view && view->kind == TableKind::kView && view->offset == offset) view->broken = !good;
    } else {
      std::string what = tokens.tokens.size() > 1 ? duckdb::StringUtil::Upper(tokens.tokens[1].text) : "";
      problems_->Add(offset, "CREATE " + what + " is not available in a script",
                     "a script has CREATE TABLE, CREATE VIEW, INSERT INTO and SELECT");
    }
  }

  void Refuse(const duckdb::SQLStatement& statement, const StatementTokens& tokens) {
    const std::string what = duckdb::StringUtil::Upper(tokens.tokens.empty() ? "" : tokens.tokens[0].text);
    std::string hint = "a script has CREATE TABLE, CREATE VIEW, INSERT INTO and SELECT";
    switch (statement.type) {
      case duckdb::StatementType::MULTI_STATEMENT: {  // what DuckDB makes of PIVOT
        const auto pivot = std::find_if(tokens.tokens.begin(), tokens.tokens.end(), [](const Token& token) {
          return token.Is("pivot") || token.Is("pivot_wider");
        });
        problems_->Add(pivot == tokens.tokens.end() ? tokens.begin : pivot->begin,
                       "PIVOT and UNPIVOT are not supported on a stream", "write the columns out, with CASE");
        return;
      }
      case duckdb::StatementType::COPY_STATEMENT:
      case duckdb::StatementType::ATTACH_STATEMENT:
      case duckdb::StatementType::EXPORT_STATEMENT:
        hint = "data comes and goes through tables: CREATE TABLE t (...) WITH (connector = '...', ...)";
        break;
      case duckdb::StatementType::DELETE_STATEMENT:
      case duckdb::StatementType::UPDATE_STATEMENT:
      case duckdb::StatementType::DROP_STATEMENT:
      case duckdb::StatementType::ALTER_STATEMENT:
        hint = "a stream is only appended to, and a script defines each table once";
        break;
      case duckdb::StatementType::EXPLAIN_STATEMENT:
        hint = "laminar explain FILE shows the plan";
        break;
      default:
        break;
    }
    problems_->Add(tokens.begin, what + " is not available in a script", hint);
  }

  void ReadInsert(duckdb::InsertStatement& insert, const EditedText& sql, const StatementTokens& statement,
                  bool broken) {
    Query query;
    query.offset = statement.begin;
    query.by_name = insert.column_order == duckdb::InsertColumnOrder::INSERT_BY_NAME;
    NamedOffset target{insert.table, statement.begin};
    ReadTargetTokens(statement, insert, &target, &query);
    const size_t before = problems_->size();
    if (insert.on_conflict_info)
      problems_->Add(statement.begin, "ON CONFLICT and INSERT OR ... are not supported: a stream has no keys",
                     "remove it");
    if (!insert.returning_list.empty()) problems_->Add(statement.begin, "RETURNING is not supported", "remove it");
    if (insert.default_values)
      problems_->Add(statement.begin, "DEFAULT VALUES is not supported", "INSERT INTO " + insert.table + " SELECT ...");
    if (!insert.select_statement) {
      if (problems_->size() == before)
        problems_->Add(statement.begin, "INSERT without a query", "INSERT INTO " + insert.table + " SELECT ...");
      return;
    }
    query.select = std::move(insert.select_statement);
    // WITH before INSERT belongs to the query.
    for (auto& cte : insert.cte_map.map) {
      if (query.select->node->cte_map.map.find(cte.first) == query.select->node->cte_map.map.end()) {
        query.select->node->cte_map.map.insert(cte.first, std::move(cte.second));
      }
    }
    AddQuery(std::move(query), std::move(target), sql, statement, broken || problems_->size() > before);
  }

  // Where INSERT INTO's names stand; DuckDB keeps no places for them.
  static void ReadTargetTokens(const StatementTokens& statement, const duckdb::InsertStatement& insert,
                               NamedOffset* target, Query* query) {
    const auto tokens = statement.tokens;
    size_t i = 0;
    while (i < tokens.size() && !tokens[i].Is("into")) i++;
    if (++i >= tokens.size()) return;
    target->offset = tokens[i].begin;
    while (i + 2 < tokens.size() && tokens[i + 1].Is(".")) i += 2;
    i++;
    while (i < tokens.size() && !tokens[i].Is("(") && !insert.columns.empty()) i++;
    for (const std::string& column : insert.columns) {
      i++;  // after the parenthesis or comma
      const bool found = i < tokens.size();
      query->columns.push_back({column, found ? tokens[i].begin : target->offset});
      while (i < tokens.size() && !tokens[i].Is(",") && !tokens[i].Is(")")) i++;
    }
  }

  void AddQuery(Query query, std::optional<NamedOffset> target, const EditedText& sql, const StatementTokens& statement,
                bool broken) {
    AdaptNode(*query.select->node, sql);
    const size_t before = problems_->size();
    RewriteWindows(context_, *query.select->node, statement.tokens, problems_);
    CheckQuery(context_, *query.select->node, statement.tokens, problems_);
    NameColumns(text_, statement.tokens, *query.select->node);
    MarkConditions(*query.select->node);
    PendingQuery pending;
    pending.checked = !broken && problems_->size() == before;
    pending.query = std::move(query);
    pending.target = std::move(target);
    pending_.push_back(std::move(pending));
  }

  void CheckGenerated(Table& table) {
    for (TableColumn& column : table.columns) {
      if (!column.generated) continue;
      const size_t before = problems_->size();
      CheckExpression(context_, column.generated, {}, problems_);
      if (problems_->size() > before) table.broken = true;
    }
  }

  // A view that nobody uses is checked all the same.
  void ResolveViews() {
    for (auto& [key, table] : script_->catalogue.tables()) {
      if (table->kind != TableKind::kView || table->broken) continue;
      const size_t before = problems_->size();
      auto copy = table->view->node->Copy();
      ResolveTables(*copy, &script_->catalogue, problems_);
      if (problems_->size() > before) {
        broken_views_.push_back(table.get());
        continue;
      }
      Query check;
      check.select = duckdb::make_uniq<duckdb::SelectStatement>();
      check.select->node = std::move(copy);
      check.offset = table->offset;
      script_->views.push_back(std::move(check));
    }
    for (Table* view : broken_views_) view->broken = true;
  }

  void ResolveQuery(PendingQuery& pending) {
    Query& query = pending.query;
    bool good = pending.checked;
    if (pending.target) {
      query.target = FindTarget(*pending.target);
      query.target_offset = pending.target->offset;
      good = good && query.target && !query.target->broken;
    }
    const bool broken = ResolveTables(*query.select->node, &script_->catalogue, problems_).broken;
    if (good && !broken) script_->queries.push_back(std::move(query));
  }

  Table* FindTarget(const NamedOffset& target) {
    Table* table = script_->catalogue.Find(target.name);
    if (!table) {
      const std::vector<std::string> names = script_->catalogue.Names();
      std::string hint = DidYouMean(target.name, names);
      if (hint.empty())
        hint = "define it: CREATE TABLE " + target.name + " WITH (connector = '...', type = 'sink', ...)";
      problems_->Add(target.offset, "there is no table named " + target.name, hint);
      return nullptr;
    }
    table->is_written = true;
    if (table->kind == TableKind::kView) {
      problems_->Add(target.offset, target.name + " is a view: nothing can be inserted into it",
                     "leave out the view and insert into a table");
      return nullptr;
    }
    if (table->kind == TableKind::kConnector && table->declared_use == OptionUse::kSource) {
      problems_->Add(target.offset, "table " + table->name + " is a source: nothing can be inserted into it",
                     "define a second table with type = 'sink'");
      return nullptr;
    }
    return table;
  }

  const ScriptInput& input_;
  const std::string& text_;
  duckdb::ClientContext& context_;
  const Registry& registry_;
  Script* const script_;
  Problems* const problems_;
  std::set<std::string> targets_;  // of all INSERTs, in lower case
  std::vector<PendingQuery> pending_;
  std::vector<Table*> broken_views_;
};

}  // namespace

void ReadStatements(const ScriptInput& input, const std::string& text, duckdb::ClientContext& context,
                    const Registry& registry, Script* script, Problems* problems) {
  StatementReader(input, text, context, registry, script, problems).Read();
}

}  // namespace laminar::sql
