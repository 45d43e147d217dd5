#include "oracle.h"

#include <set>

#include "duckdb/main/appender.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/parser/statement/create_statement.hpp"
#include "duckdb/parser/statement/insert_statement.hpp"

#include "batch_sql.h"
#include "lines_connector.h"
#include "sql/parse.h"
#include "sql/tokens.h"

namespace laminar::sqltest {
namespace {

class DropBadRows final : public BadRowHandler {
 public:
  Status OnBadRow(const BadRow&) override { return Status::Ok(); }
};

// The starts of the windows of HOP(ts, slide, size) that a time falls into; neither in months.
constexpr const char* kHops =
    "CREATE MACRO hops(ts, slide, size) AS list_filter(list_transform(range(0, 1 + CAST(epoch_us(size) / "
    "epoch_us(slide) AS BIGINT)), lambda i: time_bucket(slide, ts, TIMESTAMP '1970-01-01') - slide * i), lambda w: w + "
    "size > ts)";

class Oracle {
 public:
  Oracle(const TestFile& test, const sql::CompiledScript& script, const Format& json, DuckSession* session)
      : test_(test),
        script_(script),
        json_(json),
        session_(session),
        batch_script_(AsBatchSql(test.script)),
        text_(batch_script_),
        problems_(&text_) {}

  Result<std::map<std::string, Rows>> Ask() {
    const auto made = session_->connection().Query(kHops);
    if (made->HasError()) return Status::Bug("DuckDB: " + made->GetError());
    const std::vector<sql::Token> tokens = sql::Tokenize(batch_script_);
    for (const sql::StatementTokens& statement : sql::SplitStatements(batch_script_, tokens)) {
      if (!statement.tokens.empty()) RETURN_IF_ERROR(Run(statement));
    }
    if (!test_.oracle_queries.empty()) return AskQueries();
    std::map<std::string, Rows> answers = std::move(answers_);
    for (const std::string& table : tables_) {
      const auto sink = script_.sinks.find(table);
      if (sink == script_.sinks.end()) continue;
      auto rows = session_->connection().Query("SELECT * FROM " + sql::QuoteName(table));
      RETURN_IF_ERROR(Encode(*rows, sink->second.spec, &answers[table]));
    }
    return answers;
  }

 private:
  Result<std::map<std::string, Rows>> AskQueries() {
    for (const auto& [sink, query] : test_.oracle_queries) {
      const auto found = script_.sinks.find(sink);
      if (found == script_.sinks.end())
        return Status::User("the test asks DuckDB for a sink that is not there: " + sink);
      auto rows = session_->connection().Query(AsBatchSql(query));
      RETURN_IF_ERROR(Encode(*rows, found->second.spec, &answers_[sink]));
    }
    return std::move(answers_);
  }

  Status Run(const sql::StatementTokens& statement) {
    const sql::PreparedStatement prepared = sql::Prepare(batch_script_, statement, {}, &problems_);
    if (prepared.table && !prepared.table->has_columns) {
      unknown_.insert(prepared.table->name.name);
      return Status::Ok();
    }
    if (!prepared.table && !test_.oracle_queries.empty()) return Status::Ok();
    auto parsed = sql::ParseStatement(session_->context(), prepared.sql, &problems_);
    if (!parsed) return Status::Bug("the oracle cannot parse what the compiler could");
    if (prepared.table) return CreateTable(*parsed, prepared);
    if (parsed->type == duckdb::StatementType::INSERT_STATEMENT) {
      auto& insert = parsed->Cast<duckdb::InsertStatement>();
      if (unknown_.contains(insert.table)) return Status::Ok();
      sql::AdaptNode(*insert.select_statement->node, prepared.sql);
    }
    const bool select = parsed->type == duckdb::StatementType::SELECT_STATEMENT;
    if (select) sql::AdaptNode(*parsed->Cast<duckdb::SelectStatement>().node, prepared.sql);
    auto result = session_->connection().Query(std::move(parsed));
    if (result->HasError()) return Status::Bug("DuckDB: " + result->GetError());
    if (!select) return Status::Ok();
    const std::string name = terminals_ == 0 ? "terminal" : "terminal_" + std::to_string(terminals_ + 1);
    terminals_++;
    return Encode(*result, script_.sinks.at(name).spec, &answers_[name]);
  }

  Status CreateTable(duckdb::SQLStatement& statement, const sql::PreparedStatement& prepared) {
    auto& info = statement.Cast<duckdb::CreateStatement>().info->Cast<duckdb::CreateTableInfo>();
    const std::string name = info.table;
    duckdb::ColumnList columns;
    for (const auto& column : info.columns.Logical()) {
      duckdb::ColumnDefinition copy = column.Copy();
      copy.SetType(sql::AdaptType(copy.Type(), prepared.sql));
      columns.AddColumn(std::move(copy));
    }
    info.columns = std::move(columns);
    const auto created = session_->connection().Query(statement.Copy());
    if (created->HasError()) return Status::Bug("DuckDB: " + created->GetError());
    tables_.push_back(name);
    const auto input = test_.inputs.find(name);
    if (input == test_.inputs.end()) return Status::Ok();
    for (const auto& shard : input->second) RETURN_IF_ERROR(Fill(name, shard.second.lines));
    return Status::Ok();
  }

  Status Fill(const std::string& name, const Rows& lines) {
    const auto table = script_.sources.find(name);
    if (table == script_.sources.end()) return Status::Ok();  // not read
    Schema schema;
    const auto info = session_->connection().TableInfo(name);
    for (const auto& column : info->columns) {
      if (column.Generated()) continue;
      bool not_null = false;
      for (const Column& used : table->second.spec.schema)
        not_null = not_null || (used.name == column.Name() && used.not_null);
      schema.push_back({column.Name(), MakeType(column.Type()), not_null});
    }
    ASSIGN_OR_RETURN(auto decoder, json_.MakeDecoder(schema, table->second.spec.options));
    RecordReader records(lines, std::move(decoder));
    duckdb::Appender appender(session_->connection(), name);
    DropBadRows bad_rows;
    while (true) {
      Batch batch(schema);
      ASSIGN_OR_RETURN(const bool more, records.Next(kBatchRows, lines.size(), &bad_rows, &batch));
      if (!more) break;
      appender.AppendDataChunk(batch.chunk());
    }
    appender.Close();
    return Status::Ok();
  }

  Status Encode(duckdb::MaterializedQueryResult& rows, const TableSpec& spec, Rows* lines) {
    if (rows.HasError()) return Status::Bug("DuckDB: " + rows.GetError());
    ASSIGN_OR_RETURN(const auto encoder, json_.MakeEncoder(spec.schema, spec.options));
    while (auto chunk = rows.Fetch()) {
      if (chunk->size() == 0) continue;
      Batch batch(spec.schema);
      for (duckdb::idx_t c = 0; c < chunk->ColumnCount(); c++) {
        for (duckdb::idx_t r = 0; r < chunk->size(); r++) batch.chunk().SetValue(c, r, chunk->GetValue(c, r));
      }
      batch.chunk().SetCardinality(chunk->size());
      EncodedRows encoded;
      RETURN_IF_ERROR(encoder->Encode(batch, &encoded));
      for (size_t i = 0; i < encoded.rows(); i++) lines->emplace_back(encoded.row(i));
    }
    return Status::Ok();
  }

  const TestFile& test_;
  const sql::CompiledScript& script_;
  const Format& json_;
  DuckSession* const session_;
  const std::string batch_script_;
  const sql::ScriptText text_;
  sql::Problems problems_;
  std::vector<std::string> tables_;
  std::set<std::string> unknown_;  // sinks without a column list
  int terminals_ = 0;
  std::map<std::string, Rows> answers_;
};

}  // namespace

Result<std::map<std::string, Rows>> Ask(const TestFile& test, const sql::CompiledScript& script, const Format& json,
                                        DuckSession* session) {
  try {
    return Oracle(test, script, json, session).Ask();
  } catch (const std::exception& exception) {
    return Status::Bug(std::string("DuckDB: ") + exception.what());
  }
}

}  // namespace laminar::sqltest
