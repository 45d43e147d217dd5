// The script, statement by statement, into a catalogue and a list of queries.
#pragma once

#include <string>
#include <vector>

#include "sql/bind.h"
#include "sql/catalogue.h"
#include "sql/compiler.h"
#include "sql/problems.h"

namespace laminar::sql {

struct Script {
  Catalogue catalogue;
  std::vector<Query> queries;  // checked and resolved
  std::vector<Query> views;    // the same of all views, used or not: to be bound, not to be run
  std::string pipeline_name;
  int64_t state_ttl_micros = 0;  // SET state.ttl = '...'; 0 = state is kept for ever
};

// Reads all statements; only CREATE TABLE, CREATE VIEW, INSERT, SELECT and SET of Laminar's own names are let through.
// Goes on after a problem with the next statement. Queries that use a broken table are left out.
void ReadStatements(const ScriptInput& input, const std::string& text, duckdb::ClientContext& context,
                    const Registry& registry, Script* script, Problems* problems);

}  // namespace laminar::sql
